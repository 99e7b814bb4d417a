"""Teams: registered until the phase closes, renamed, withdrawn, frozen. Their people: see `memberships`."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.asking import ask_checks, drop_checks
from dataferry.server.challenge.actions.memberships import (
    answer_invitation,
    hand_over_lead,
    invite,
    leave_team,
    remove_member,
    take_back_invitation,
)
from dataferry.server.challenge.actions.team_guards import (
    join,
    locked_team,
    refuse_judge,
    require_registration,
    require_standing,
    steady_team_now,
)
from dataferry.server.challenge.models import Division, Edition, Entry, Team, TeamInvitation, TeamMember
from dataferry.server.challenge.states import EditionState, EntryState, InvitationState, Life, move
from dataferry.server.challenge.team_names import checked_name, folded_name
from dataferry.server.people.models import Organisation
from dataferry.server.people.predicates import organisations_of
from dataferry.server.web.problems import ConflictError

__all__ = [
    "answer_invitation",
    "change_team",
    "freeze_teams",
    "hand_over_lead",
    "invite",
    "leave_team",
    "register_team",
    "remove_member",
    "take_back_invitation",
    "withdraw_team",
]

KINDS = ("individual", "corporate")
MOST_LED = 20
ENTRIES_THAT_STAY = (EntryState.NOMINATED, EntryState.WITHDRAWN, EntryState.DISQUALIFIED)


def register_team(
    user: Any, edition: Edition, division: Division, *, name: str, kind: str, organisation: Organisation | None = None
) -> Team:
    """Register a team; who registers it leads it. Its eligibility checks are asked in the same transaction.

    Args:
        kind: `individual` or `corporate`; a corporate team names an organisation that the person belongs to.

    Raises:
        MissingError: no such edition for this person, or another edition's division.
        RefusedError: outside the registration phase (its last instant is late already); a judge of the edition.
        InputError: a name that cannot be shown, a kind that is not taken, no organisation.
        ConflictError: a team has a name like it; the person is in a team of this edition already.
    """
    people.require(user, "challenge.register_team")
    if edition.state == EditionState.DRAFTED or division.edition_id != edition.pk:
        raise MissingError("server.challenge.no_edition", name=edition.slug)
    shown = checked_name(name)
    _check_kind(edition, kind)
    _check_organisation(user, kind, organisation)
    with transaction.atomic():
        locked = Edition.objects.select_for_update().get(pk=edition.pk)
        now = steady_team_now(locked)
        require_registration(locked, division, now)
        refuse_judge(user, locked)
        _refuse_many(user, locked)
        last = Team.objects.filter(edition=locked).aggregate(last=Max("number"))["last"] or 0
        team = _named(
            Team(
                edition=locked,
                division=division,
                number=last + 1,
                name=shown,
                kind=kind,
                organisation=organisation,
                registered_at=now,
            )
        )
        join(team, user, now, leads=True)
        ask_checks(team)
        payload = {"division": division.code, "kind": kind, "number": team.number}
        journal.append(people.actor(user), "challenge.team_registered", f"team:{team.pk}", payload)
    return team


def change_team(user: Any, team: Team, *, name: str, kind: str, organisation: Organisation | None = None) -> Team:
    """Correct a team's name, kind or organisation while registration is open. Questions to a company that is no
    longer the team's are dropped with their papers; those to the new one are asked.

    Raises:
        RefusedError: not its leader; registration is over; frozen, withdrawn. InputError, ConflictError: as
            `register_team`.
    """
    people.require(user, "challenge.change_team", team)
    shown = checked_name(name)
    _check_kind(team.edition, kind)
    if organisation is None or organisation.pk != team.organisation_id:
        _check_organisation(user, kind, organisation)
    with transaction.atomic():
        locked = locked_team(team)
        require_standing(locked)
        require_registration(locked.edition, locked.division, steady_team_now(locked.edition))
        other_company = (locked.kind, locked.organisation_id) != (kind, organisation.pk if organisation else None)
        locked.name, locked.kind, locked.organisation = shown, kind, organisation
        _named(locked)
        if other_company:
            drop_checks(user, locked.checks.filter(member=None, rule="company-registered"), "company_changed")
            ask_checks(locked)
        payload = {"kind": kind, "company_changed": other_company}
        journal.append(people.actor(user), "challenge.team_changed", f"team:{team.pk}", payload)
    team.refresh_from_db()
    return locked


def withdraw_team(user: Any, team: Team) -> Team:
    """Take the team out, and its entry with it. Its people are free for another team; its name and number are too,
    its identity papers are destroyed.

    Raises:
        RefusedError: not its leader; withdrawn already; the entry can no longer be withdrawn.
    """
    people.require(user, "challenge.change_team", team)
    with transaction.atomic():
        locked = locked_team(team)
        require_standing(locked)
        _withdraw_entry(user, locked)
        close_team(user, locked)
        journal.append(people.actor(user), "challenge.team_withdrawn", f"team:{team.pk}", {})
    team.refresh_from_db()
    return locked


def close_team(user: Any, team: Team) -> None:
    """What the end of a team means for what hangs on it. In the caller's transaction, with the team locked."""
    team.withdrawn_at = max(clock.now(), team.registered_at)
    team.save(update_fields=["withdrawn_at"])
    for member in team.members.filter(left_at=None):
        # They still see what was theirs, and may join elsewhere.
        member.exclusive = False
        member.save(update_fields=["exclusive"])
    _take_back_all(team)
    drop_checks(user, team.checks.all(), "team_withdrawn")


def freeze_teams(user: Any | None, division: Division) -> int:
    """Freeze the members of every team of a division: from now on nobody joins, leaves or is replaced.

    Args:
        user: an organiser of the division's city; None for the edition's calendar.

    Returns:
        how many teams were not frozen yet.
    """
    if user is not None:
        people.require(user, "challenge.decide_eligibility", division)
    with transaction.atomic():
        # As `locked_team` does for one: sorted, so that two freezes cannot wait for each other.
        rows = division.teams.select_for_update(of=("self",)).filter(frozen_at=None, withdrawn_at=None).order_by("pk")
        teams = list(rows)
        for team in teams:
            team.frozen_at = max(clock.now(), team.registered_at)
            team.save(update_fields=["frozen_at"])
            _take_back_all(team)
        if teams:
            actor = people.actor(user) if user is not None else "system"
            reference = f"division:{division.edition.slug}/{division.code}"
            journal.append(actor, "challenge.teams_frozen", reference, {"teams": len(teams)})
    return len(teams)


def _take_back_all(team: Team) -> None:
    for invitation in TeamInvitation.objects.select_for_update().filter(team=team, state=InvitationState.SENT):
        move(Life.INVITATION, invitation, InvitationState.TAKEN_BACK)


def _withdraw_entry(user: Any, team: Team) -> None:
    from dataferry.server.challenge.actions.entries import withdraw_entry

    entry = Entry.objects.filter(team=team).first()
    if entry is not None and entry.state not in ENTRIES_THAT_STAY:
        withdraw_entry(user, entry)


def _check_kind(edition: Edition, kind: str) -> None:
    taken = edition.file.eligibility.participants or KINDS
    if kind not in KINDS or kind not in taken:
        raise InputError("server.challenge.team_kind", field="kind", allowed=", ".join(sorted(taken)))


def _check_organisation(user: Any, kind: str, organisation: Organisation | None) -> None:
    if kind == "individual" and organisation is not None:
        raise InputError("server.challenge.team_no_organisation", field="organisation")
    if kind == "corporate" and organisation is None:
        raise InputError("server.challenge.team_needs_organisation", field="organisation")
    if organisation is not None and organisation.pk not in organisations_of(user):
        raise InputError("server.challenge.team_other_organisation", field="organisation")


def _refuse_many(user: Any, edition: Edition) -> None:
    led = TeamMember.objects.filter(edition=edition, user=user, is_leader=True, left_at=None, team__withdrawn_at=None)
    if led.count() >= MOST_LED:
        raise RefusedError("server.challenge.too_many_teams", most=MOST_LED)


def _named(team: Team) -> Team:
    """Save a team under its name; of two that fold to the same, the database takes one."""
    team.name_folded = folded_name(team.name)
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError:
        raise ConflictError("server.challenge.team_name_taken", field="name") from None
    return team
