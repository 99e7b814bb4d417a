"""Recompute every result of an edition from the journal, and hold it against what the tables say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataferry.messages import DataferryError, Finding
from dataferry.server.challenge.models import Edition, Result, Round, ScoreSheet, SheetRevision
from dataferry.server.challenge.results.computing import ComputedResult, compute
from dataferry.server.challenge.results.events import Computed, EventLike, Season
from dataferry.server.challenge.results.inputs import SignedSheet
from dataferry.server.challenge.round_rules import rules_digest
from dataferry.server.journal.canonical import digest

ACTS = tuple(
    f"challenge.{act}"
    for act in (
        "award_decided",
        "ballot_cast",
        "entry_decided",
        "entry_disqualified",
        "entry_reinstated",
        "entry_submitted",
        "entry_withdrawn",
        "finalist_replaced",
        "result_computed",
        "result_sealed",
        "round_opened",
        "sheet_left_out",
        "sheet_recused",
        "sheet_reopened",
        "sheet_signed",
        "sheet_withdrawn",
        "tie_decided",
    )
)


@dataclass(frozen=True)
class ReplayedStage:
    """One result, recomputed. `matches` when its bytes are those that were sealed."""

    round: str
    revision: int
    digest: str
    recomputed: str
    matches: bool


@dataclass(frozen=True)
class Replay:
    """What a replay of an edition found: every stage, and findings for whatever differs."""

    edition: str
    stages: tuple[ReplayedStage, ...]
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return not self.findings


def kept_rules(edition: Edition) -> Mapping[str, Mapping[str, Any]]:
    """The rules of every round that was opened, by round code."""
    return {round_.code: round_.rules for round_ in Round.objects.filter(edition=edition) if round_.rules}


def season_of(edition: Edition) -> Season:
    """An empty season of the edition, which knows the rules that its rounds were opened with."""
    rules = kept_rules(edition)

    def known(code: str, stated: str) -> Mapping[str, Any] | None:
        kept = rules.get(code)
        return kept if kept is not None and rules_digest(kept) == stated else None

    return Season(edition.slug, known)


def replay(edition: Edition, events: Iterable[EventLike]) -> Replay:
    """Recompute every result from the events, and compare with the stored results and score rows.

    Args:
        events: the journal's, in order.
    """
    season = season_of(edition)
    stages: list[ReplayedStage] = []
    findings: list[Finding] = []
    stored = {
        (result.round.code, result.revision): result
        for result in Result.objects.filter(round__edition=edition).select_related("round")
    }
    for stated in season.computed(events):
        again, problem = _again(stated)
        row = stored.pop((stated.round, stated.revision), None)
        findings += _differences(edition, stated, again, row, problem)
        if again is not None:
            matches = again.digest == stated.digest and row is not None and row.document == again.text
            stages.append(ReplayedStage(stated.round, stated.revision, stated.digest, again.digest, matches))
            season.keep(stated.round, stated.revision, json.loads(again.text))
    for code, revision in sorted(stored):
        findings.append(_found("replay_without_event", edition, f"{code}/{revision}"))
    findings += sheets_against_events(edition, season)
    return Replay(edition.slug, tuple(stages), tuple(findings))


def sheets_against_events(edition: Edition, season: Season) -> Iterator[Finding]:
    """Every signed sheet of the tables that is not, to the digit, the one that the journal holds, and the reverse."""
    journalled = {number: sheet for each in season.rounds.values() for number, sheet in each.sheets.items()}
    rows = ScoreSheet.objects.filter(round__edition=edition, calibration=False, state__in=("signed", "locked"))
    newest: dict[int, SheetRevision] = {}
    for revision in SheetRevision.objects.filter(sheet__in=rows).order_by("sheet", "number"):
        newest[revision.sheet_id] = revision
    for sheet in rows.select_related("judge", "entry"):
        said, kept = journalled.pop(sheet.pk, None), newest.get(sheet.pk)
        if said is None or kept is None:
            yield _found("replay_sheet_unknown", edition, f"sheet:{sheet.pk}")
        elif said != _as_signed(sheet, kept) or not dict(said.scores) == dict(kept.scores) == dict(sheet.scores):
            yield _found("replay_sheet_differs", edition, f"sheet:{sheet.pk}")
    for number in sorted(journalled):
        yield _found("replay_sheet_missing", edition, f"sheet:{number}")


def _as_signed(sheet: ScoreSheet, revision: SheetRevision) -> SignedSheet:
    judge = sheet.judge
    return SignedSheet(str(judge.pk), sheet.entry.code, judge.city, revision.number, revision.scores)


def _again(stated: Computed) -> tuple[ComputedResult | None, str]:
    try:
        return compute(stated.inputs), ""
    except DataferryError as error:
        return None, error.code
    except (KeyError, ValueError):
        return None, "rules"


def _differences(
    edition: Edition, stated: Computed, again: ComputedResult | None, row: Result | None, problem: str
) -> Iterator[Finding]:
    place = f"{stated.round}/{stated.revision}"
    if again is None:
        yield _found("replay_impossible", edition, place, problem=problem)
    elif again.digest != stated.digest:
        yield _found("replay_differs", edition, place, stated=stated.digest, found=again.digest)
    if row is None:
        yield _found("replay_result_missing", edition, place)
    elif f"sha256:{digest(row.document)}" != stated.digest:
        yield _found("replay_result_changed", edition, place)


def _found(code: str, edition: Edition, place: str, **data: Any) -> Finding:
    return Finding(f"server.challenge.{code}", "blocked", {"edition": edition.slug, "place": place, **data})
