"""What the pages of editions show: the calendar in its zones, and the rules as sentences with where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dataferry.server.challenge import clock
from dataferry.server.challenge import edition_words as words
from dataferry.server.challenge.edition_file import EditionFile, Phase, Provenance
from dataferry.server.challenge.models import Edition
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, day, spoken


@dataclass(frozen=True)
class Moment:
    """An instant as it is told: in its own zone by the server, and for the script that adds the visitor's."""

    text: str
    zone: str
    instant: str


@dataclass(frozen=True)
class Span:
    """One phase of the calendar."""

    code: str
    title: str
    division: str
    city: str
    opens: Moment | None
    closes: Moment | None
    days: str
    state: str


@dataclass(frozen=True)
class Origin:
    """Where a value comes from, in words."""

    mark: str
    word: str
    source: str
    note: str
    verified: str

    @property
    def is_firm(self) -> bool:
        return self.mark in ("organiser", "seen", "measured")


def title_of(words_given: Any, fallback: str) -> Spoken:
    """A text of the file in the page's language, or the code that stands for it."""
    found = spoken(words_given.to_json() if words_given is not None else None, page_language())
    return found if found.text else Spoken(fallback)


def edition_title(edition: Edition) -> Spoken:
    return spoken(edition.document.get("title"), page_language())


def origin_of(row: Provenance) -> Origin:
    verified = row.verified
    told = ""
    if not isinstance(verified, bool):
        told = _("verified by %(who)s on %(day)s") % {"who": verified.by, "day": day(verified.on)}
    elif verified and row.mark != "organiser":
        told = _("verified")
    return Origin(row.mark, words.mark_word(row.mark), row.source or "", row.note or "", told)


def moment(instant: datetime | None, zone: ZoneInfo, *, ends: bool = False) -> Moment | None:
    if instant is None:
        return None
    return Moment(
        words.local_moment(instant, zone, ends=ends), words.zone_word(zone.key), instant.astimezone(zone).isoformat()
    )


def calendar(file: EditionFile) -> list[Span]:
    """Every phase in the order of its beginning; those that are not known yet come last, as the file has them."""
    now = clock.now()
    order = sorted(
        enumerate(file.phases.values()),
        key=lambda each: (each[1].opens.timestamp() if each[1].opens else float("inf"), each[0]),
    )
    return [_span(file, phase, now) for _position, phase in order]


def _span(file: EditionFile, phase: Phase, now: datetime) -> Span:
    zone = file.zone(phase.division, phase)
    division = file.divisions.get(phase.division or "")
    return Span(
        code=phase.code,
        title=words.kind_word(phase.kind),
        division=title_of(division.title, division.code).text if division else "",
        city=division.city if division else "",
        opens=moment(phase.opens, zone),
        closes=moment(phase.closes, zone, ends=True),
        days=_days(phase),
        state=_state(phase, now),
    )


def _state(phase: Phase, now: datetime) -> str:
    if phase.opens is None or phase.closes is None:
        return "unknown"
    return "running" if phase.holds(now) else "over" if phase.closes <= now else "ahead"


def _days(phase: Phase) -> str:
    """Days that a source gives, as they stand there."""
    given = [each for each in (phase.days.opens, phase.days.closes) if each]
    return " – ".join(dict.fromkeys(given))


def next_deadlines(file: EditionFile) -> list[Span]:
    """What ends next in each division, if anybody can still hand something in."""
    spans = [span for span in calendar(file) if span.state in ("running", "ahead")]
    wanted = (words.kind_word("registration"), words.kind_word("submission"))
    return [span for span in spans if span.title in wanted]


@dataclass(frozen=True)
class Part:
    """One criterion, or one rule, with where its value comes from."""

    title: Spoken
    value: str
    origin: Origin
    points: tuple[Spoken, ...] = ()
    detail: str = ""


@dataclass(frozen=True)
class RubricShown:
    code: str
    title: Spoken
    parts: tuple[Part, ...]
    total: str
    is_complete: bool


def rubrics(file: EditionFile) -> Iterable[RubricShown]:
    """Every rubric with its criteria: weight, scale, floor and source."""
    from dataferry.server.challenge.edition_file import weight_total

    origins = file.origins()
    for code, rubric in file.rubrics.items():
        parts = tuple(
            Part(
                title=title_of(each.title, _("Criterion %(number)s") % {"number": number}),
                value="" if each.weight is None else f"{each.weight:f}",
                origin=origin_of(origins.of(f"rubrics.{code}.criteria.{name}.weight")),
                points=tuple(title_of(point.title, point.code) for point in each.points.values()),
                detail=_criterion_detail(each),
            )
            for number, (name, each) in enumerate(rubric.criteria.items(), start=1)
        )
        total = weight_total(rubric)
        complete = total == 100 and all(each.weight is not None for each in rubric.criteria.values())
        yield RubricShown(code, title_of(rubric.title, code), parts, f"{total:f}", complete)


def _criterion_detail(each: Any) -> str:
    told = [
        _("marks from %(lowest)s to %(highest)s in steps of %(step)s")
        % {"lowest": f"{each.lowest:f}", "highest": f"{each.highest:f}", "step": f"{each.step:f}"}
    ]
    if each.floor is not None:
        told.append(_("at least %(share)s%% of the highest mark") % {"share": f"{(each.floor * 100).normalize():f}"})
    if each.bonus:
        told.append(_("a bonus outside the 100"))
    return " · ".join(told)
