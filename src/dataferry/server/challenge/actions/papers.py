"""Identity papers: handed in encrypted, read only under the journal's eye, destroyed on the day that was promised."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock, papers_store
from dataferry.server.challenge.calendar import phase_of
from dataferry.server.challenge.models import EligibilityCheck, IdentityPaper, Team

HOUSE_DAYS = 180
"""Where the edition does not say when papers are destroyed, or its calendar does not know that day yet."""
MOST_DAYS = 400
"""No paper is kept longer, whatever an edition says."""
AFTER_THE_END_DAYS = 30
STRAY_SECONDS = 3600
BECAUSE = frozenset(
    {
        "due",
        "decided",
        "replaced",
        "taken_back",
        "left",
        "account_ended",
        "team_withdrawn",
        "company_changed",
        "missing",
    }
)


class Handed(Protocol):
    """What `uploads.take` and `uploads.from_form` answer, as far as it matters here."""

    @property
    def path(self) -> Any: ...


def reference(paper: IdentityPaper) -> str:
    return f"paper:{paper.pk}"


def keep_paper(user: Any, check: EligibilityCheck, handed: Handed) -> IdentityPaper:
    """Encrypt what was handed in and forget the plain file. In the caller's transaction, with the check locked.

    An earlier paper to the same check is destroyed: one answer has one paper.

    Raises:
        InputError, LimitError: it is no PDF, JPEG or PNG of at most 10 MB.
    """
    content = handed.path.read_bytes()
    media_type = papers_store.media_type_of(content)
    for earlier in living(check):
        _destroy(people.actor(user), earlier, "replaced")
    now = clock.now()
    paper = IdentityPaper.objects.create(
        check_asked=check,
        digest="",
        bytes=len(content),
        media_type=media_type,
        received_at=now,
        destroy_at=destroy_at(check.team, now),
    )
    kept = papers_store.keep(paper.pk, media_type, content)
    paper.place, paper.wrapped_key, paper.key_id, paper.digest = kept.place, kept.wrapped_key, kept.key_id, kept.digest
    paper.save(update_fields=["place", "wrapped_key", "key_id", "digest"])
    payload = {
        "digest": f"sha256:{kept.digest}",
        "bytes": len(content),
        "rule": check.rule,
        "team": f"team:{check.team_id}",
    }
    journal.append(people.actor(user), "challenge.paper_received", reference(paper), payload)
    transaction.on_commit(partial(papers_store.wipe, handed.path))
    return paper


def destroy_at(team: Team, received: datetime) -> datetime:
    """The latest instant of destruction: so many days after the phase that the edition counts from, and never more
    than 400 days from now."""
    rule = team.edition.file.retention.identity_papers
    counted = rule.counted_from if rule is not None and rule.counted_from else "appeals"
    phase = phase_of(team.edition, counted, team.division) or phase_of(team.edition, "final", team.division)
    days = rule.destroyed_days if rule is not None and rule.destroyed_days is not None else AFTER_THE_END_DAYS
    if phase is None:
        return received + timedelta(days=HOUSE_DAYS)
    wanted = phase.closes_at + timedelta(days=days)
    # A paper that comes after that day is kept for a day, so that it can be looked at.
    return min(max(wanted, received + timedelta(days=1)), received + timedelta(days=MOST_DAYS))


def living(check: EligibilityCheck) -> list[IdentityPaper]:
    """Papers of a check that are not destroyed, locked."""
    return list(IdentityPaper.objects.select_for_update().filter(check_asked=check, destroyed_at=None))


def read_paper(user: Any, paper: IdentityPaper) -> bytes:
    """The paper itself, for an organiser of the division's city. Every reading stands in the journal before a byte
    is given out; a paper that was tampered with is found, and found stays in the journal.

    Raises:
        RefusedError: not theirs to read; their own team's. MissingError: destroyed.
        InputError: `server.challenge.paper_damaged`. UnavailableError: the file or the house key is not here.
    """
    check = paper.check_asked
    if check is None:
        raise MissingError("server.challenge.paper_destroyed", paper=paper.pk)
    people.require(user, "challenge.read_identity_paper", check)
    refuse_own_team(user, check.team)
    with transaction.atomic():
        row = IdentityPaper.objects.select_for_update().get(pk=paper.pk)
        if row.destroyed_at is not None or clock.now() >= row.destroy_at:
            raise MissingError("server.challenge.paper_destroyed", paper=row.pk)
        journal.append(people.actor(user), "challenge.paper_read", reference(row), {"team": f"team:{check.team_id}"})
        kept = _kept(row)
    try:
        return papers_store.read(row.pk, row.media_type, kept)
    except InputError:
        _mark_damaged(row.pk)
        raise


def _kept(row: IdentityPaper) -> papers_store.Kept:
    return papers_store.Kept(row.place, bytes(row.wrapped_key), row.key_id, row.digest)


def refuse_own_team(user: Any, team: Team) -> None:
    """
    Raises:
        RefusedError: `server.challenge.own_team`, nobody decides about a team they are or were in.
    """
    if team.members.filter(user_id=user.pk).exists():
        raise RefusedError("server.challenge.own_team")


def destroy_paper(user: Any, paper: IdentityPaper, because: str) -> IdentityPaper:
    """Destroy a paper before its day: an organiser who has decided, or the member who handed it in.

    The answer is the row, which stays as the receipt.

    Raises:
        RefusedError: not theirs. MissingError: destroyed already. InputError: an unknown reason.
    """
    check = paper.check_asked
    if check is None:
        raise MissingError("server.challenge.paper_destroyed", paper=paper.pk)
    own = check.member is not None and check.member.user_id == user.pk
    if own:
        people.require(user, "challenge.declare_eligibility", check.team)
    else:
        people.require(user, "challenge.decide_eligibility", check)
        refuse_own_team(user, check.team)
    if because not in BECAUSE:
        raise InputError("server.challenge.destroyed_because", field="because", allowed=", ".join(sorted(BECAUSE)))
    with transaction.atomic():
        row = IdentityPaper.objects.select_for_update().get(pk=paper.pk)
        if row.destroyed_at is not None:
            raise MissingError("server.challenge.paper_destroyed", paper=row.pk)
        _destroy(people.actor(user), row, because)
    return row


def destroy_papers_of(actor: str, check: EligibilityCheck, because: str) -> None:
    """Destroy every living paper of a check, in the caller's transaction."""
    for row in living(check):
        _destroy(actor, row, because)


def _destroy(actor: str, row: IdentityPaper, because: str) -> None:
    """The wrapped key goes with the row's change, which ends the paper; the file follows when that is certain."""
    place = row.place
    row.place, row.wrapped_key, row.key_id = "", b"", ""
    row.destroyed_at, row.destroyed_because = max(clock.now(), row.received_at), because
    row.save(update_fields=["place", "wrapped_key", "key_id", "destroyed_at", "destroyed_because"])
    payload = {
        "digest": f"sha256:{row.digest}",
        "at": row.destroyed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "because": because,
    }
    journal.append(actor, "challenge.paper_destroyed", reference(row), payload)
    if place:
        transaction.on_commit(partial(papers_store.destroy, place))


def destroy_due_papers() -> dict[str, int]:
    """Destroy what is due, files that no row speaks of, and look whether the others are as they were written."""
    return {"destroyed": _destroy_due(), "strays": _destroy_strays(), "damaged": _find_damaged()}


def _destroy_due() -> int:
    count = 0
    due = IdentityPaper.objects.filter(destroyed_at=None, destroy_at__lte=clock.now())
    for number in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            row = due.select_for_update().filter(pk=number).first()
            if row is not None:
                _destroy("system", row, "due")
                count += 1
    return count


def _destroy_strays() -> int:
    """Files whose row was destroyed or never came to be. A hand-over takes seconds, an hour is long past it."""
    before = time.time() - STRAY_SECONDS
    old = [place for place, written in papers_store.places() if written < before]
    spoken_of = set(IdentityPaper.objects.filter(destroyed_at=None).values_list("place", flat=True))
    return sum(papers_store.destroy(place) for place in old if place not in spoken_of)


def _find_damaged() -> int:
    found = 0
    for row in IdentityPaper.objects.filter(destroyed_at=None, damaged_at=None).order_by("pk").iterator():
        if not papers_store.is_whole(_kept(row)):
            found += _mark_damaged(row.pk)
    return found


def _mark_damaged(number: int) -> int:
    """Write down that a paper's file is gone or is not what was written. Once."""
    with transaction.atomic():
        row = IdentityPaper.objects.select_for_update().filter(pk=number, destroyed_at=None, damaged_at=None).first()
        if row is None:
            return 0
        row.damaged_at = clock.now()
        row.save(update_fields=["damaged_at"])
        payload = {"digest": f"sha256:{row.digest}"}
        journal.append("system", "challenge.paper_damaged", reference(row), payload)
    return 1
