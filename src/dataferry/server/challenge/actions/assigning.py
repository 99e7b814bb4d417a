"""A round of judging: anchors, calibration, opening, assignment, closing. Journalled, and replayable from there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from dataferry import judging
from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.conflicts import derive_conflicts, reason_of, withdraw_sheet
from dataferry.server.challenge.models import Anchor, Entry, Judge, Round, ScoreSheet
from dataferry.server.challenge.queries import assigning as queries
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets as sheet_queries
from dataferry.server.challenge.round_rules import rules_digest
from dataferry.server.challenge.states import EntryState, Life, RoundState, SheetState, move
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.web.api import ConflictError

MOST_SAMPLES = 12
NO_SAMPLE = (EntryState.DRAFT, EntryState.SUBMITTED, EntryState.DISQUALIFIED)


def set_anchors(user: Any, round_: Round, entries: Iterable[Entry]) -> list[Anchor]:
    """Choose the entries that every judge of the round scores.

    Raises:
        RefusedError: the round is open or closed; an entry that it does not judge.
    """
    people.require(user, "challenge.organise", round_)
    chosen = {entry.pk: entry for entry in entries}
    with transaction.atomic():
        row = _locked(round_)
        _require_state(row, RoundState.PLANNED)
        judged = set(sheet_queries.entries_of(row).values_list("pk", flat=True))
        strange = [entry.code for pk, entry in chosen.items() if pk not in judged]
        if strange:
            raise RefusedError("server.challenge.entry_not_judged", entries=", ".join(sorted(strange)))
        row.anchors.all().delete()
        anchors = [Anchor.objects.create(round=row, entry=entry) for entry in chosen.values()]
        codes = sorted(entry.code for entry in chosen.values())
        _append(user, "challenge.anchors_set", row, {"entries": codes[:200], "count": len(codes)})
    return anchors


def begin_calibration(user: Any, round_: Round, samples: Sequence[Entry]) -> list[ScoreSheet]:
    """Give every judge of a planned round the same sample entries to score. These sheets never count.

    Raises:
        RefusedError: the round is not planned. InputError: no samples, too many, or one that is not handed in.
    """
    people.require(user, "challenge.organise", round_)
    with transaction.atomic():
        row = _locked(round_)
        _require_state(row, RoundState.PLANNED)
        _check_samples(row, samples)
        derive_conflicts(row.edition)
        barred = _barred(row, samples)
        made = []
        for judge in judge_queries.panel_of(row):
            if judge.confirmed_at is not None:
                open_ones = [entry for entry in samples if (judge.pk, entry.team_id) not in barred]
                made += _give(row, judge, open_ones, calibration=True)
        codes = sorted(entry.code for entry in samples)
        _append(user, "challenge.calibration_begun", row, {"entries": codes, "sheets": len(made)})
    return made


def _check_samples(round_: Round, samples: Sequence[Entry]) -> None:
    if not 1 <= len(samples) <= MOST_SAMPLES:
        raise InputError("server.challenge.samples_count", field="samples", most=MOST_SAMPLES)
    for entry in samples:
        strange = entry.edition_id != round_.edition_id or entry.state in NO_SAMPLE
        if strange or (round_.division_id and entry.division_id != round_.division_id):
            raise InputError("server.challenge.no_sample", field="samples", entry=entry.code)


def _barred(round_: Round, samples: Sequence[Entry]) -> set[tuple[int, int]]:
    found = judge_queries.standing(round_.edition).filter(team__in=[entry.team_id for entry in samples])
    return set(found.values_list("judge_id", "team_id"))


def open_round(user: Any, round_: Round) -> Round:
    """Open a planned round: its rules are copied and never change from here. Calibration ends.

    Raises:
        RefusedError: `server.challenge.round_not_ready`, with `problems`: everything that stands in its way.
    """
    people.require(user, "challenge.organise", round_)
    with transaction.atomic():
        row = _locked(round_)
        _require_state(row, RoundState.PLANNED)
        derive_conflicts(row.edition)
        problems = sheet_queries.obstacles(row)
        if problems:
            raise RefusedError(
                "server.challenge.round_not_ready",
                round=row.code,
                count=len(problems),
                problems=[each.to_json() for each in problems],
            )
        _end_calibration(user, row)
        row.rules, row.opened_at = sheet_queries.rules_for(row), clock.now()
        move(Life.ROUND, row, RoundState.OPEN, "rules", "opened_at")
        _append(user, "challenge.round_opened", row, {"rules": rules_digest(row.rules)})
    return row


def _end_calibration(user: Any, round_: Round) -> None:
    rows = ScoreSheet.objects.select_for_update(of=("self",)).filter(round=round_, calibration=True)
    for sheet in rows.select_related("round__edition", "entry", "judge"):
        if sheet.state == SheetState.SIGNED:
            move(Life.SHEET, sheet, SheetState.LOCKED)
        elif sheet.state in judge_queries.UNSIGNED:
            withdraw_sheet(people.actor(user), sheet, "calibration_over")


def try_assignment(user: Any, round_: Round, relaxations: Sequence[Mapping[str, Any]] = ()) -> judging.Plan:
    """What an assignment would give now; nothing is written.

    Raises:
        RefusedError: `judging.infeasible`, with the demands that fail and what would help.
    """
    people.require(user, "challenge.organise", round_)
    return judging.assign(queries.problem_of(round_, relaxations))


def assign_round(user: Any, round_: Round, relaxations: Sequence[Mapping[str, Any]] = ()) -> judging.Plan:
    """Give the entries of an open round to its judges: no conflict, loads within one, whatever the edition demands.

    Args:
        relaxations: demands that the organisers agree to give up, as `judging.infeasible` offered them.

    Raises:
        RefusedError: the round is not open; `judging.infeasible`.
        ConflictError: it is assigned already: `reassign_round`.
    """
    people.require(user, "challenge.organise", round_)
    if ScoreSheet.objects.filter(round=round_, calibration=False).exists():
        raise ConflictError("server.challenge.assigned_already", round=round_.code)
    return _assign(user, round_, relaxations, "challenge.round_assigned")


def reassign_round(user: Any, round_: Round, relaxations: Sequence[Mapping[str, Any]] = ()) -> judging.Plan:
    """After a judge came or went, or a conflict was found: solve again with the fewest changes.

    What somebody has begun to score stays; a sheet that nobody has opened may go to another judge.

    Raises:
        RefusedError: the round is not open; `judging.infeasible`.
    """
    return _assign(user, round_, relaxations, "challenge.round_reassigned")


def _assign(user: Any, round_: Round, relaxations: Sequence[Mapping[str, Any]], act: str) -> judging.Plan:
    people.require(user, "challenge.organise", round_)
    with transaction.atomic():
        row = _locked(round_)
        _require_state(row, RoundState.OPEN)
        derive_conflicts(row.edition)
        plan = judging.assign(queries.problem_of(row, relaxations))
        taken, given = _write(user, row, plan)
        payload = {
            "pairs": len(plan.pairs),
            "given": given,
            "taken": taken,
            "relaxed": len(relaxations),
            "digest": f"sha256:{digest(canonical(sorted(map(list, plan.pairs))))}",
        }
        _append(user, act, row, payload)
    return plan


def _write(user: Any, round_: Round, plan: judging.Plan) -> tuple[int, int]:
    """Sheets as the plan has them. Returns how many were taken back and how many are new."""
    there = ScoreSheet.objects.select_for_update(of=("self",)).filter(round=round_, calibration=False)
    existing = {
        (str(sheet.judge_id), sheet.entry.code): sheet
        for sheet in there.exclude(state__in=sheet_queries.OFF_THE_DESK).select_related(
            "round__edition", "entry", "judge"
        )
    }
    wanted = set(plan.pairs)
    taken = [sheet for pair, sheet in existing.items() if pair not in wanted and sheet.state in queries.UNTOUCHED]
    for sheet in taken:
        withdraw_sheet(people.actor(user), sheet, "reassigned")
    entries = {entry.code: entry for entry in sheet_queries.entries_of(round_)}
    judges = {str(judge.pk): judge for judge in judge_queries.panel_of(round_)}
    given = 0
    for key, judge in judges.items():
        new = [entries[code] for mine, code in wanted - set(existing) if mine == key]
        given += len(_give(round_, judge, new))
    return len(taken), given


def _give(round_: Round, judge: Judge, entries: Sequence[Entry], *, calibration: bool = False) -> list[ScoreSheet]:
    """New sheets for a judge, in the judge's own order, after those that are there."""
    own = ScoreSheet.objects.filter(round=round_, judge=judge, calibration=calibration)
    held = set(own.exclude(state=SheetState.WITHDRAWN).values_list("entry", flat=True))
    last = own.aggregate(last=Max("position"))["last"] or 0
    new = [entry for entry in sheet_queries.in_own_order(round_, judge, entries) if entry.pk not in held]
    return [
        ScoreSheet.objects.create(
            round=round_,
            judge=judge,
            entry=entry,
            calibration=calibration,
            position=last + number,
            assigned_at=clock.now(),
        )
        for number, entry in enumerate(new, start=1)
    ]


def close_round(user: Any, round_: Round, reason: str = "") -> Round:
    """Close an open round: signed sheets are locked. Sheets that nobody signed are withdrawn, with a reason.

    Raises:
        RefusedError: `server.challenge.sheets_unsigned` where sheets are left and no reason is given; no sheet at all.
    """
    people.require(user, "challenge.organise", round_)
    with transaction.atomic():
        row = _locked(round_)
        _require_state(row, RoundState.OPEN)
        left = list(
            sheet_queries.unsigned(row)
            .select_for_update(of=("self",))
            .select_related("round__edition", "entry", "judge")
        )
        text = reason_of(reason, needed=False)
        waiting = sheet_queries.left_unsigned(row).count()
        if waiting and not text:
            raise RefusedError("server.challenge.sheets_unsigned", round=row.code, count=waiting)
        signed = ScoreSheet.objects.select_for_update().filter(round=row, calibration=False, state=SheetState.SIGNED)
        locked = list(signed)
        if not locked and not row.sheets.filter(state=SheetState.LOCKED).exists():
            raise RefusedError("server.challenge.nothing_signed", round=row.code)
        for sheet in left:
            withdraw_sheet(people.actor(user), sheet, "round_closed", text)
        for sheet in locked:
            move(Life.SHEET, sheet, SheetState.LOCKED)
        row.closed_at = clock.now()
        move(Life.ROUND, row, RoundState.CLOSED, "closed_at")
        _append(user, "challenge.round_closed", row, {"locked": len(locked), "withdrawn": len(left)})
    return row


def _locked(round_: Round) -> Round:
    rows = Round.objects.select_for_update(of=("self",)).select_related("edition", "division")
    return rows.get(pk=round_.pk)


def _require_state(round_: Round, state: RoundState) -> None:
    if round_.state != state:
        raise RefusedError("server.challenge.round_state", round=round_.code, state=round_.state, needed=str(state))


def _append(user: Any, act: str, round_: Round, payload: dict[str, Any]) -> None:
    journal.append(people.actor(user), act, sheet_queries.reference(round_), payload)
