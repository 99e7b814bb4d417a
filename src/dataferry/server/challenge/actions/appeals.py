"""Appeals against a provisional result: filed in the window, decided by somebody who had no part in it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.entries import reinstate
from dataferry.server.challenge.actions.result_letters import post_appeal
from dataferry.server.challenge.calendar import told
from dataferry.server.challenge.models import Appeal, Entry, Judge, Result, Team
from dataferry.server.challenge.queries.appeals import OPEN, grounds_of, window_of
from dataferry.server.challenge.states import AppealState, EntryState, Life, ResultState, move
from dataferry.server.people.queries import verified_addresses
from dataferry.server.web.problems import ConflictError

LONGEST = 10_000


def file_appeal(user: Any, result: Result, entry: Entry, grounds: str, statement: str) -> Appeal:
    """A team appeals: procedure, eligibility or arithmetic, as the edition allows; never taste.

    Raises:
        RefusedError: not of the team; the result is not provisional; the entry was not judged in it; the window is
            shut. InputError: no such grounds, or no statement. ConflictError: an open appeal of the entry is there.
    """
    people.require(user, "challenge.file_appeal", entry)
    edition = result.round.edition
    if edition.file.appeals.applies is False:
        raise RefusedError("server.challenge.no_appeals", edition=edition.slug)
    allowed = grounds_of(edition)
    if grounds not in allowed:
        raise InputError(
            "server.challenge.no_such_grounds", given=grounds[:40], allowed=", ".join(allowed), field="grounds"
        )
    text = _text(statement)
    with transaction.atomic():
        locked = Result.objects.select_for_update().get(pk=result.pk)
        if locked.state != ResultState.PROVISIONAL:
            raise RefusedError("server.challenge.not_provisional", state=locked.state)
        judged = entry.sheets.filter(round=result.round, calibration=False).exists()
        if entry.edition_id != edition.pk or not judged:
            raise RefusedError("server.challenge.entry_not_in_round", entry=entry.code, round=result.round.code)
        _require_window(result, entry)
        if Appeal.objects.filter(result__round=result.round, entry=entry, state__in=OPEN).exists():
            raise ConflictError("server.challenge.appeal_there", entry=entry.code)
        appeal = Appeal.objects.create(
            result=locked, entry=entry, grounds=grounds, statement=text, filed_by=user, filed_at=clock.now()
        )
        payload = {"entry": entry.code, "grounds": grounds, "round": result.round.code, "revision": result.revision}
        journal.append(people.actor(user), "challenge.appeal_filed", f"appeal:{appeal.pk}", payload)
    return appeal


def _require_window(result: Result, entry: Entry) -> None:
    window, zone = window_of(result, entry.division), ZoneInfo(entry.division.time_zone)
    if window is None or not window.holds(clock.now()):
        end = window.closes or window.opens if window else None
        until = f"{told(end.astimezone(zone))} {zone.key}" if end else "-"
        raise RefusedError("server.challenge.appeal_window_shut", until=until)


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
        InputError: `server.challenge.no_such_state`.
    """
    if reinstated_to and reinstated_to not in EntryState.values:
        raise InputError("server.challenge.no_such_state", field="reinstated_to", value=reinstated_to[:40])
    with transaction.atomic():
        decided = _decide(user, appeal, AppealState.UPHELD if upheld else AppealState.DISMISSED, _text(reason))
        if upheld and reinstated_to:
            reinstate(user, decided.entry, EntryState(reinstated_to))
    return decided


def withdraw_appeal(user: Any, appeal: Appeal) -> Appeal:
    """The team takes its appeal back, while nobody has decided it."""
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
    if scored or bound or member or mentor or _is_named_by(user, appeal.entry.team):
        raise RefusedError("server.challenge.not_independent", entry=appeal.entry.code)


def _is_named_by(user: Any, team: Team) -> bool:
    """Whether the team has said that it is tied to this person."""
    addresses = [address.lower() for address in verified_addresses(user)]
    said = team.relations.filter(withdrawn_at=None).values_list("other", flat=True)
    return any(other.strip().lower() in addresses for other in said)


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
        act = {
            AppealState.ADMITTED: "challenge.appeal_admitted",
            AppealState.REFUSED: "challenge.appeal_refused",
            AppealState.UPHELD: "challenge.appeal_upheld",
            AppealState.DISMISSED: "challenge.appeal_dismissed",
            AppealState.WITHDRAWN: "challenge.appeal_withdrawn",
        }[after]
        journal.append(people.actor(user), act, f"appeal:{locked.pk}", {"entry": locked.entry.code})
        post_appeal(locked)
    return locked


def _text(given: str) -> str:
    text = given.strip()
    if not text:
        raise InputError("server.challenge.reason_missing")
    if len(text) > LONGEST:
        raise InputError("server.challenge.reason_too_long", most=LONGEST)
    return text
