"""Appeals against a provisional result: filed in the window, decided by somebody who had no part in it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.entries import reinstate
from dataferry.server.challenge.calendar import phase_of, told
from dataferry.server.challenge.models import Appeal, Entry, Judge, Result
from dataferry.server.challenge.states import AppealState, EntryState, Life, ResultState, move
from dataferry.server.web.problems import ConflictError

LONGEST = 10_000
OPEN = (AppealState.FILED, AppealState.ADMITTED)


def file_appeal(user: Any, result: Result, entry: Entry, grounds: str, statement: str) -> Appeal:
    """A team appeals: procedure, eligibility or arithmetic, as the edition allows; never taste.

    Raises:
        RefusedError: not of the team; the result is not provisional; the entry was not judged in it; the window is
            shut. InputError: no such grounds, or no statement. ConflictError: an open appeal of the entry is there.
    """
    people.require(user, "challenge.file_appeal", entry)
    edition = result.round.edition
    allowed = edition.file.appeals.grounds or [code for code, _title in Appeal.GROUNDS]
    if grounds not in allowed:
        raise InputError("server.challenge.no_such_grounds", given=grounds[:40], allowed=", ".join(sorted(allowed)))
    text = _text(statement)
    with transaction.atomic():
        locked = Result.objects.select_for_update().get(pk=result.pk)
        if locked.state != ResultState.PROVISIONAL:
            raise RefusedError("server.challenge.not_provisional", state=locked.state)
        if entry.edition_id != edition.pk or not entry.sheets.filter(round=result.round).exists():
            raise RefusedError("server.challenge.entry_not_in_round", entry=entry.code, round=result.round.code)
        _require_window(result, entry)
        if Appeal.objects.filter(result__round=result.round, entry=entry, state__in=OPEN).exists():
            raise ConflictError("server.challenge.appeal_there", entry=entry.code)
        appeal = Appeal.objects.create(
            result=locked, entry=entry, grounds=grounds, statement=text, filed_by=user, filed_at=clock.now()
        )
        payload = {"entry": entry.code, "grounds": grounds, "round": result.round.code, "revision": result.revision}
        _append(user, "appeal_filed", appeal, payload)
    return appeal


def _require_window(result: Result, entry: Entry) -> None:
    """The edition's appeal phase; for a screening, or where there is none, as many days after the provisional result
    as the edition allows."""
    now, edition = clock.now(), result.round.edition
    phase = phase_of(edition, "appeals", entry.division) if result.round.stage == "final" else None
    days = edition.file.appeals.days
    if phase is not None and not phase.opens_at <= now < phase.closes_at:
        raise RefusedError("server.challenge.appeal_window_shut", until=told(phase.closes_at))
    if phase is None and days is not None and result.provisional_at is not None:
        over = (now - result.provisional_at).total_seconds() >= int(days) * 86_400
        if over:
            raise RefusedError("server.challenge.appeal_window_shut", until=str(days))


def admit(user: Any, appeal: Appeal) -> Appeal:
    """The appeal names something that can be looked into: it will be."""
    return _decide(user, appeal, AppealState.ADMITTED, "")


def refuse(user: Any, appeal: Appeal, reason: str) -> Appeal:
    """The appeal is not heard, and why."""
    return _decide(user, appeal, AppealState.REFUSED, _text(reason))


def decide(user: Any, appeal: Appeal, *, upheld: bool, reason: str, reinstated_to: str = "") -> Appeal:
    """The appeal is right or not, with the reason that the team reads. If right, the next revision of the result is
    computed by `results.compute_result`; an entry that was taken out may be set back to where it stood.

    Raises:
        RefusedError: whoever decides scored in the round or is in conflict with the team; a forbidden move.
    """
    with transaction.atomic():
        decided = _decide(user, appeal, AppealState.UPHELD if upheld else AppealState.DISMISSED, _text(reason))
        if upheld and reinstated_to:
            reinstate(user, decided.entry, EntryState(reinstated_to))
    return decided


def withdraw_appeal(user: Any, appeal: Appeal) -> Appeal:
    """The team takes its appeal back."""
    people.require(user, "challenge.file_appeal", appeal)
    return _move(user, appeal, AppealState.WITHDRAWN, appeal.decision)


def _decide(user: Any, appeal: Appeal, after: AppealState, reason: str) -> Appeal:
    people.require(user, "challenge.decide_appeal", appeal)
    require_independent(user, appeal)
    return _move(user, appeal, after, reason, by=user)


def require_independent(user: Any, appeal: Appeal) -> None:
    """Nobody decides on what they scored, or on a team that they are bound to.

    Raises:
        RefusedError: `server.challenge.not_independent`.
    """
    judges = Judge.objects.filter(user=user.pk, edition=appeal.entry.edition)
    scored = judges.filter(sheets__round=appeal.result.round).exists()
    bound = judges.filter(conflicts__team=appeal.entry.team, conflicts__withdrawn_at=None).exists()
    member = appeal.entry.team.members.filter(user=user.pk).exists()
    mentor = appeal.entry.team.mentorships.filter(mentor=user.pk).exists()
    if scored or bound or member or mentor:
        raise RefusedError("server.challenge.not_independent", entry=appeal.entry.code)


def _move(user: Any, appeal: Appeal, after: AppealState, reason: str, by: Any = None) -> Appeal:
    with transaction.atomic():
        locked = (
            Appeal.objects.select_for_update()
            .select_related("entry__edition", "entry__division", "entry__team", "result__round__edition")
            .get(pk=appeal.pk)
        )
        locked.decision, locked.decided_by = reason, by
        locked.decided_at = clock.now() if by is not None else None
        move(Life.APPEAL, locked, after, "decision", "decided_by", "decided_at")
        _append(user, f"appeal_{after.value}", locked, {"entry": locked.entry.code})
    return locked


def _append(user: Any, act: str, appeal: Appeal, payload: dict[str, Any]) -> None:
    journal.append(people.actor(user), f"challenge.{act}", f"appeal:{appeal.pk}", payload)


def _text(given: str) -> str:
    text = given.strip()
    if not text:
        raise InputError("server.challenge.reason_missing")
    if len(text) > LONGEST:
        raise InputError("server.challenge.reason_too_long", most=LONGEST)
    return text
