"""The calendar of every division: spans that run forwards, steps in their order, no hole between first and last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from dataferry.messages import Finding
from dataferry.server.challenge.edition_file.calendar import Kind, Phase
from dataferry.server.challenge.edition_file.document import EditionDocument

_AFTER: tuple[tuple[Kind, Kind], ...] = (
    ("submission", "screening"),
    ("registration", "screening"),
    ("eligibility", "final"),
    ("screening", "shortlist"),
    ("screening", "coaching"),
    ("screening", "final"),
    ("shortlist", "final"),
    ("coaching", "final"),
    ("final", "appeals"),
    ("appeals", "nomination"),
    ("final", "nomination"),
)
"""Of each pair the second may begin only when the first is over."""


def phases_of(edition: EditionDocument, division: str | None) -> dict[str, Phase]:
    """The phases that a division lives by: its own, and the joint ones."""
    return {code: phase for code, phase in edition.phases.items() if phase.division in (None, division)}


def calendar_problems(edition: EditionDocument) -> Iterator[Finding]:
    """What is wrong in any division's calendar; each problem once."""
    yield from _spans(edition)
    seen: set[tuple[str, str, str]] = set()
    for division in edition.divisions:
        calendar = phases_of(edition, division)
        for finding in (*_twice(calendar), *_order(calendar), *_holes(calendar)):
            key = (finding.code, finding.data["field"], str(finding.data.get("first")))
            if key not in seen:
                seen.add(key)
                yield finding


def _spans(edition: EditionDocument) -> Iterator[Finding]:
    for code, phase in edition.phases.items():
        if phase.opens and phase.closes and phase.closes <= phase.opens:
            data = {"field": f"phases.{code}.closes", "opens": _shown(phase.opens), "closes": _shown(phase.closes)}
            yield Finding("server.challenge.edition_closes_before_opening", "blocked", data)


def _twice(calendar: dict[str, Phase]) -> Iterator[Finding]:
    """Two phases of one kind in one calendar: nobody could say which deadline counts."""
    count = Counter(phase.kind for phase in calendar.values())
    for kind in (kind for kind, number in count.items() if number > 1):
        first, *others = (code for code, phase in calendar.items() if phase.kind == kind)
        for code in others:
            data = {"field": f"phases.{code}", "first": first, "kind": kind}
            yield Finding("server.challenge.edition_phase_twice", "blocked", data)


def _order(calendar: dict[str, Phase]) -> Iterator[Finding]:
    kinds = {phase.kind: (code, phase) for code, phase in calendar.items()}
    for earlier, later in _AFTER:
        if earlier not in kinds or later not in kinds:
            continue
        (first, before), (code, after) = kinds[earlier], kinds[later]
        if before.closes and after.opens and after.opens < before.closes:
            data = {
                "field": f"phases.{code}.opens",
                "first": first,
                "opens": _shown(after.opens),
                "closes": _shown(before.closes),
            }
            yield Finding("server.challenge.edition_phases_overlap", "blocked", data)


def _holes(calendar: dict[str, Phase]) -> Iterator[Finding]:
    """Spans in which no phase runs: allowed, and said, because a missed second between two phases looks the same."""
    known = [(phase.opens, phase.closes, code) for code, phase in calendar.items() if phase.opens and phase.closes]
    known.sort()
    reached, last = (known[0][1], known[0][2]) if known else (None, "")
    for opens, closes, code in known[1:]:
        assert reached is not None  # noqa: S101 - set from the first of those looped over
        if opens > reached:
            data = {"field": f"phases.{code}.opens", "first": last, "opens": _shown(opens), "closes": _shown(reached)}
            yield Finding("server.challenge.edition_hole", "attention", data)
        if closes > reached:
            reached, last = closes, code


def _shown(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
