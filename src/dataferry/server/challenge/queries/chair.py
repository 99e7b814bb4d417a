"""What the chair of a round looks at: the matrix of conflicts, practice scores side by side, reports on judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dataferry import judging
from dataferry.messages import DataferryError, Finding
from dataferry.server.challenge.models import Conflict, Edition, Judge, Reopening, Round, ScoreSheet, Team
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets
from dataferry.server.challenge.states import SheetState
from dataferry.server.people.queries import display_names


@dataclass(frozen=True)
class Matrix:
    """Conflicts of an edition: a column per judge, a row per team that is in conflict with anybody."""

    judges: tuple[Judge, ...]
    rows: tuple[tuple[Team, tuple[tuple[Conflict, ...], ...]], ...]


def matrix(edition: Edition) -> Matrix:
    judges = tuple(Judge.objects.filter(edition=edition, dropped_at=None).order_by("city", "pk"))
    cells: dict[int, dict[int, list[Conflict]]] = defaultdict(lambda: defaultdict(list))
    teams: dict[int, Team] = {}
    for conflict in judge_queries.standing(edition).select_related("team__division"):
        cells[conflict.team_id][conflict.judge_id].append(conflict)
        teams[conflict.team_id] = conflict.team
    rows = tuple(
        (teams[team], tuple(tuple(found[judge.pk]) for judge in judges))
        for team, found in sorted(cells.items(), key=lambda item: teams[item[0]].number)
    )
    return Matrix(judges, rows)


def names_of(judges: Iterable[Judge]) -> dict[int, str]:
    """Names of judges by number, for organisers."""
    listed = list(judges)
    named = display_names(judge.user_id for judge in listed if judge.user_id)
    return {judge.pk: named.get(judge.user_id or 0, f"#{judge.pk}") for judge in listed}


@dataclass(frozen=True)
class Practice:
    """Practice scores of a round: entries across, judges down, each with how far the judge's mean is from all."""

    entries: tuple[str, ...]
    rows: tuple[tuple[int, tuple[Decimal | None, ...], Decimal | None, Decimal | None], ...]
    means: tuple[Decimal | None, ...]


def practice(round_: Round) -> Practice:
    """Signed practice sheets side by side. Nothing of it counts for a result."""
    scored = {
        (sheet.judge_id, sheet.entry.code): score.total
        for sheet, score in sheets.signed_scores(round_, calibration=True)
    }
    given = ScoreSheet.objects.filter(round=round_, calibration=True).exclude(state__in=sheets.OFF_THE_DESK)
    entries = tuple(sorted(set(given.values_list("entry__code", flat=True))))
    judges = sorted(set(given.values_list("judge_id", flat=True)))
    means = tuple(_mean(scored[judge, code] for judge in judges if (judge, code) in scored) for code in entries)
    rows = []
    for judge in judges:
        totals = tuple(scored.get((judge, code)) for code in entries)
        gaps = [own - mean for own, mean in zip(totals, means, strict=True) if own is not None and mean is not None]
        rows.append((judge, totals, _mean(own for own in totals if own is not None), _mean(gaps)))
    return Practice(entries, tuple(rows), means)


def _mean(values: Iterable[Decimal]) -> Decimal | None:
    listed = list(values)
    return round(sum(listed, Decimal(0)) / len(listed), 2) if listed else None


def reports(round_: Round) -> list[Any]:
    """Reports on every judge of a round: strictness, spread, agreement, drift. Empty while too little is signed."""
    signed = sheets.signed_scores(round_)
    if not signed:
        return []
    times = {(str(sheet.judge_id), sheet.entry.code): sheet.signed_at for sheet, _score in signed if sheet.signed_at}
    try:
        return list(judging.judge_reports([score for _sheet, score in signed], times))
    except DataferryError:
        return []


def findings_of(error: DataferryError) -> list[Finding]:
    """What an assignment that cannot be made fails on."""
    return [Finding.from_json(each) for each in error.data.get("findings", ()) or error.data.get("problems", ())]


def open_reopenings(round_: Round) -> list[Reopening]:
    """Proposals that wait for a second official."""
    waiting = Reopening.objects.filter(sheet__round=round_, confirmed_at=None)
    return list(waiting.select_related("sheet__judge", "sheet__entry", "proposed_by"))


def reopenable(round_: Round) -> list[ScoreSheet]:
    """Signed sheets of a round, by entry and judge."""
    signed = ScoreSheet.objects.filter(
        round=round_, calibration=False, state__in=(SheetState.SIGNED, SheetState.LOCKED, SheetState.REOPENED)
    )
    return list(signed.select_related("judge", "entry").order_by("entry__code", "judge"))
