"""Rounds and score sheets: who scores what by which rules, how far a round is, what stands in its way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet

from dataferry.messages import DataferryError, Finding, MissingError
from dataferry.server import people
from dataferry.server.challenge.models import Acceptance, Conflict, Edition, Entry, Judge, Round, ScoreSheet
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.round_rules import round_rules
from dataferry.server.challenge.states import EntryState, RoundState, SheetState

if TYPE_CHECKING:
    from dataferry import judging

LEAST_PER_CITY = 2
"""Unconflicted judges of each city that every entry of a joint round needs, where the edition says nothing else."""

JUDGED = {
    "screening": (EntryState.ELIGIBLE, EntryState.SCORED),
    "final": (EntryState.SHORTLISTED, EntryState.PRESENTED),
}
GONE = (EntryState.WITHDRAWN, EntryState.DISQUALIFIED)
OFF_THE_DESK = (SheetState.WITHDRAWN, SheetState.RECUSED)


def round_of(user: Any, slug: str, code: str) -> Round:
    """A round, for its organisers.

    Raises:
        MissingError: `server.challenge.no_round`.
    """
    round_ = Round.objects.filter(edition__slug=slug, code=code).select_related("edition", "division").first()
    if round_ is None or not people.can(user, "challenge.organise", round_):
        raise MissingError("server.challenge.no_round", round=code[:60])
    return round_


def reference(round_: Round) -> str:
    """How the journal names a round."""
    return f"round:{round_.edition.slug}/{round_.code}"


def places(sheet: ScoreSheet) -> dict[str, Any]:
    """Where a sheet belongs, for the journal."""
    return {
        "edition": sheet.round.edition.slug,
        "round": sheet.round.code,
        "entry": sheet.entry.code,
        "judge": str(sheet.judge_id),
        "panel": sheet.judge.city,
    }


def entries_of(round_: Round) -> QuerySet[Entry]:
    """The entries that a round judges."""
    found = Entry.objects.filter(edition=round_.edition, state__in=JUDGED[round_.stage])
    if round_.division_id is not None:
        found = found.filter(division=round_.division)
    return found.select_related("division", "team").order_by("code")


# Rules


def rules_for(round_: Round) -> dict[str, Any]:
    """The rules that a round is opened with, as the edition's file has them now: plain values, decimals as text."""
    return round_rules(round_.edition.file, round_.code)


def standing_rules(round_: Round) -> Mapping[str, Any]:
    """The rules a round was opened with; before that, those it would be opened with."""
    return round_.rules or rules_for(round_)


def rubric_of(round_: Round) -> judging.Rubric:
    """The rubric of a round, exact; without criteria where the edition names none yet."""
    # Not at the top: the library loads numpy, and the site starts by loading this file.
    from dataferry import judging

    return judging.Rubric.from_document((standing_rules(round_)["rubric"] or {"criteria": []})["criteria"])


def hidden_fields(round_: Round) -> list[str] | None:
    """What is hidden from the judges of a round: None where the edition does not say, and then it is everything."""
    hidden = getattr(round_.edition.file.anonymity, round_.stage)
    return None if hidden is None else list(hidden)


def is_anonymous(round_: Round) -> bool:
    """Whether judges of the round must not know who made an entry."""
    hidden = round_.rules["hidden"] if round_.rules else hidden_fields(round_)
    return hidden is None or bool(hidden)


def least_per_city(round_: Round, rules: Mapping[str, Any]) -> dict[str, int]:
    """How many unconflicted judges of each city an entry needs."""
    stated = {str(city): int(least) for city, least in rules["per_panel_minimum"].items()}
    if stated or round_.division_id is not None:
        return stated
    cities = round_.edition.divisions.values_list("city", flat=True)
    return dict.fromkeys(sorted(set(cities)), LEAST_PER_CITY)


def deadline(round_: Round) -> datetime | None:
    """The instant at which the phase of a round closes; None where the calendar does not say."""
    file = round_.edition.file
    divisions = [round_.division.code] if round_.division else list(file.divisions)
    ends = []
    for code in divisions:
        try:
            ends.append(file.phase(code, "final" if round_.stage == "final" else "screening").closes)
        except DataferryError:
            continue
    known = [end for end in ends if end is not None]
    return max(known) if known else None


# What stands in a round's way


def obstacles(round_: Round) -> list[Finding]:
    """Everything that forbids a round to open, each with what to do."""
    accepted = list(Acceptance.objects.filter(edition=round_.edition).values_list("path", "value_digest"))
    file = round_.edition.file
    answered = [path for path, value in accepted if file.value_digest(path) == value]
    found = list(file.openable(round_.code, answered))
    if found:
        return found
    found += rubric_of(round_).findings()
    found += _judges_not_ready(round_)
    found += _too_few_judges(round_)
    return found


def _judges_not_ready(round_: Round) -> list[Finding]:
    panel = list(judge_queries.panel_of(round_))
    if not panel:
        return [Finding("server.challenge.no_judges", "blocked", {"round": round_.code})]
    unconfirmed = [judge.pk for judge in panel if judge.confirmed_at is None]
    undeclared = [judge.pk for judge in panel if judge.declared_at is None]
    found = []
    if unconfirmed:
        found.append(Finding("server.challenge.judges_unconfirmed", "blocked", _counted(unconfirmed)))
    if undeclared:
        found.append(Finding("server.challenge.judges_undeclared", "blocked", _counted(undeclared)))
    return found


def _counted(numbers: list[int]) -> dict[str, Any]:
    return {"count": len(numbers), "judges": ", ".join(map(str, numbers[:20]))}


def _too_few_judges(round_: Round) -> list[Finding]:
    """Entries that have lost too many judges of a city to conflicts."""
    entries = list(entries_of(round_))
    if not entries:
        return [Finding("server.challenge.no_entries", "blocked", {"round": round_.code})]
    least = least_per_city(round_, standing_rules(round_))
    panel = [judge for judge in judge_queries.panel_of(round_) if judge.confirmed_at]
    barred = conflicting_pairs(round_)
    found = []
    for city, needed in sorted(least.items()):
        sitting = [judge.pk for judge in panel if judge.city == city]
        for entry in entries:
            free = sum((judge, entry.pk) not in barred for judge in sitting)
            if free < needed:
                data = {"entry": entry.code, "city": city, "free": free, "needed": needed}
                found.append(Finding("server.challenge.too_few_judges", "blocked", data))
    return found


def conflicting_pairs(round_: Round) -> set[tuple[int, int]]:
    """Pairs of judge and entry that no assignment may hold: conflicts, and judges who recused themselves."""
    barred = set(
        Conflict.objects.filter(
            judge__rounds=round_, withdrawn_at=None, team__entry__edition=round_.edition
        ).values_list("judge_id", "team__entry__id")
    )
    recused = ScoreSheet.objects.filter(round=round_, state=SheetState.RECUSED)
    return barred | set(recused.values_list("judge_id", "entry_id"))


# Sheets


def own_sheets(user: Any) -> QuerySet[ScoreSheet]:
    """What lies on a judge's desk, in the judge's own order. Withdrawn sheets are gone."""
    return (
        ScoreSheet.objects.filter(
            judge__user_id=user.pk or 0, judge__dropped_at=None, judge__confirmed_at__isnull=False
        )
        .filter(Q(calibration=True, round__state=RoundState.PLANNED) | Q(calibration=False))
        .exclude(state=SheetState.WITHDRAWN)
        .exclude(calibration=False, entry__state__in=GONE)
        .select_related("round__edition", "round__division", "entry__division", "judge")
        .order_by("round__edition", "round", "-calibration", "position", "pk")
    )


def own_sheet(user: Any, number: int) -> ScoreSheet:
    """A sheet of this judge. Anybody else's is not there, and nor is one of a judge who left.

    Raises:
        MissingError: `server.challenge.no_sheet`.
    """
    sheet = own_sheets(user).filter(pk=number).first()
    if sheet is None:
        raise MissingError("server.challenge.no_sheet", sheet=number)
    return sheet


def locked_sheet(number: int) -> ScoreSheet:
    """A sheet for changing it, in the caller's transaction.

    Raises:
        MissingError: `server.challenge.no_sheet`.
    """
    rows = ScoreSheet.objects.select_for_update(of=("self",)).select_related(
        "round__edition", "round__division", "judge", "entry__team"
    )
    sheet = rows.filter(pk=number).first()
    if sheet is None:
        raise MissingError("server.challenge.no_sheet", sheet=number)
    return sheet


def position_of(round_: Round, judge: Judge, entry: Entry) -> str:
    """Where an entry stands in a judge's own order: random to look at, the same whenever it is asked."""
    return hashlib.sha256(f"{round_.edition.slug}/{round_.code}/{judge.pk}/{entry.code}".encode()).hexdigest()


def in_own_order(round_: Round, judge: Judge, entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: position_of(round_, judge, entry))


# How far a round is


@dataclass(frozen=True)
class Progress:
    """How far one judge is in a round."""

    judge: Judge
    left: int
    begun: int
    signed: int
    recused: int
    last: datetime | None

    @property
    def given(self) -> int:
        return self.left + self.begun + self.signed


def progress(round_: Round) -> list[Progress]:
    """Every judge of a round with what they have done, those with most left first."""
    sheets: dict[int, list[ScoreSheet]] = {}
    rows = ScoreSheet.objects.filter(round=round_, calibration=False).select_related("judge__user__profile")
    for sheet in rows:
        sheets.setdefault(sheet.judge_id, []).append(sheet)
    found = []
    for own in sheets.values():
        saved = [sheet.saved_at for sheet in own if sheet.saved_at]
        found.append(
            Progress(
                judge=own[0].judge,
                left=_count(own, SheetState.ASSIGNED, SheetState.OPENED),
                begun=_count(own, SheetState.SAVED, SheetState.REOPENED),
                signed=_count(own, SheetState.SIGNED, SheetState.LOCKED),
                recused=_count(own, SheetState.RECUSED),
                last=max(saved) if saved else None,
            )
        )
    return sorted(found, key=lambda each: (-(each.left + each.begun), each.judge.pk))


def _count(sheets: list[ScoreSheet], *states: str) -> int:
    return sum(sheet.state in states for sheet in sheets)


def signed_scores(round_: Round, *, calibration: bool = False) -> list[tuple[ScoreSheet, judging.Score]]:
    """The signed sheets of a round as the judging library takes them."""
    rubric = rubric_of(round_)
    rows = ScoreSheet.objects.filter(
        round=round_, calibration=calibration, state__in=(SheetState.SIGNED, SheetState.LOCKED)
    ).select_related("judge__user__profile", "entry__division")
    return [(sheet, score_of(sheet, rubric)) for sheet in rows.order_by("pk")]


def score_of(sheet: ScoreSheet, rubric: judging.Rubric) -> judging.Score:
    from dataferry import judging

    values = {code: Decimal(text) for code, text in sheet.scores.items()}
    return judging.Score(
        entry=sheet.entry.code,
        judge=str(sheet.judge_id),
        panel=sheet.judge.city,
        division=sheet.entry.division.code,
        values=values,
        total=rubric.total(values),
    )


def unsigned(round_: Round) -> QuerySet[ScoreSheet]:
    """Sheets that are not signed yet, and not taken away."""
    return ScoreSheet.objects.filter(round=round_, calibration=False, state__in=judge_queries.TO_SIGN)


def left_unsigned(round_: Round) -> QuerySet[ScoreSheet]:
    """Unsigned sheets of entries that still take part."""
    return unsigned(round_).exclude(entry__state__in=GONE)


def rounds_of(edition: Edition) -> QuerySet[Round]:
    return edition.rounds.select_related("division").order_by("pk")
