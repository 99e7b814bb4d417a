"""Who is in a team: invited by address, joining, leaving, removed, leading. After the freeze nobody comes or goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge.actions.asking import ask_checks, drop_checks
from dataferry.server.challenge.actions.team_guards import (
    freeze_instant,
    join,
    leave_now,
    locked_team,
    refuse_judge,
    require_not_frozen,
    require_room,
    require_standing,
    steady_team_now,
)
from dataferry.server.challenge.models import Team, TeamInvitation, TeamMember
from dataferry.server.challenge.states import InvitationState, Life, move
from dataferry.server.challenge.team_letters import post_invitation
from dataferry.server.web.problems import ConflictError

INVITATION_LASTS = timedelta(days=14)
MOST_OPEN = 30
MOST_EVER = 120


def invite(user: Any, team: Team, email: str) -> TeamInvitation:
    """Ask an address to join. The answer tells nothing about whether it has an account.

    An open invitation to the same address is answered with itself; one that has run out runs anew.

    Raises:
        RefusedError: not the leader; frozen; withdrawn; too many invitations.
        InputError: this is no e-mail address. ConflictError: who shows that address is in the team.
    """
    people.require(user, "challenge.change_team", team)
    address = _address(email)
    with transaction.atomic():
        locked = locked_team(team)
        require_not_frozen(locked)
        now = steady_team_now(locked.edition)
        owned = {"user__emailaddress__email__iexact": address, "user__emailaddress__verified": True}
        if locked.members.filter(left_at=None, **owned).exists():
            raise ConflictError("server.challenge.invited_is_member")
        row = locked.invitations.select_for_update().filter(email=address, state=InvitationState.SENT).first()
        if row is not None and row.until > now:
            return row
        _refuse_many(locked)
        row = row or TeamInvitation(team=locked, email=address)
        row.invited_by, row.sent_at, row.until = user, now, _until(locked, now)
        row.save()
        journal.append(people.actor(user), "challenge.invitation_sent", f"team:{team.pk}", {"invitation": row.pk})
        post_invitation(row)
    return row


def _address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InputError("server.people.bad_email", field="email") from None
    if len(address) > 254:
        raise InputError("server.people.bad_email", field="email")
    return address


def _refuse_many(team: Team) -> None:
    open_now = team.invitations.filter(state=InvitationState.SENT).count()
    if open_now >= MOST_OPEN or team.invitations.count() >= MOST_EVER:
        raise RefusedError("server.challenge.too_many_invitations", most=MOST_OPEN, ever=MOST_EVER)


def _until(team: Team, now: datetime) -> datetime:
    frozen = freeze_instant(team.edition, team.division)
    return min(now + INVITATION_LASTS, frozen) if frozen is not None else now + INVITATION_LASTS


def take_back_invitation(user: Any, invitation: TeamInvitation) -> TeamInvitation:
    """The leader takes an invitation back.

    Raises:
        RefusedError: not the leader; it was answered already.
    """
    people.require(user, "challenge.change_team", invitation.team)
    with transaction.atomic():
        locked_team(invitation.team)
        row = TeamInvitation.objects.select_for_update().get(pk=invitation.pk)
        move(Life.INVITATION, row, InvitationState.TAKEN_BACK)
        payload = {"invitation": row.pk}
        journal.append(people.actor(user), "challenge.invitation_taken_back", f"team:{row.team_id}", payload)
    return row


def answer_invitation(user: Any, invitation: TeamInvitation, accept: bool) -> TeamMember | None:
    """Join the team, or say no. Any verified address of the person counts, not only the main one.

    Raises:
        MissingError: there is no such invitation to this person.
        RefusedError: it has run out (its last instant is too late); the team is frozen, full or withdrawn; it was
            answered already; a judge of the edition.
        ConflictError: the person is in a team of this edition already; the invitation stays open.
    """
    if not people.can(user, "challenge.answer_invitation", invitation):
        people.require(user, "challenge.register_team")
        raise MissingError("server.challenge.no_invitation")
    with transaction.atomic():
        team = locked_team(invitation.team)
        row = TeamInvitation.objects.select_for_update().get(pk=invitation.pk)
        if not accept:
            move(Life.INVITATION, row, InvitationState.DECLINED)
            payload = {"invitation": row.pk}
            journal.append(people.actor(user), "challenge.invitation_declined", f"team:{team.pk}", payload)
            return None
        move(Life.INVITATION, row, InvitationState.ACCEPTED)
        require_not_frozen(team)
        now = steady_team_now(team.edition)
        if now >= row.until:
            raise RefusedError("server.challenge.invitation_over")
        refuse_judge(user, team.edition)
        require_room(team)
        member = join(team, user, now)
        ask_checks(team)
        joined = {"invitation": row.pk, "member": people.actor(user)}
        journal.append(people.actor(user), "challenge.member_joined", f"team:{team.pk}", joined)
    return member


def leave_team(user: Any, team: Team) -> None:
    """Leave. A leader hands over first; the last one withdraws the team instead.

    Raises:
        MissingError: not in the team. RefusedError: the leader; frozen; withdrawn.
    """
    people.require(user, "challenge.leave_team", team)
    with transaction.atomic():
        locked = locked_team(team)
        require_not_frozen(locked)
        member = _member(locked, user_id=user.pk)
        if member.is_leader:
            raise RefusedError("server.challenge.leader_leaves")
        _end(user, member, "left")
        journal.append(people.actor(user), "challenge.member_left", f"team:{team.pk}", {"member": people.actor(user)})


def remove_member(user: Any, team: Team, member: TeamMember) -> None:
    """The leader removes somebody else.

    Raises:
        RefusedError: not the leader; themselves; frozen; withdrawn. MissingError: not in the team (any more).
    """
    people.require(user, "challenge.change_team", team)
    with transaction.atomic():
        locked = locked_team(team)
        require_not_frozen(locked)
        row = _member(locked, pk=member.pk)
        if row.is_leader:
            raise RefusedError("server.challenge.leader_leaves")
        removed = f"person:{row.user_id}" if row.user_id else "system"
        _end(user, row, "removed")
        journal.append(people.actor(user), "challenge.member_removed", f"team:{team.pk}", {"member": removed})


def hand_over_lead(user: Any, team: Team, member: TeamMember) -> None:
    """Another member leads from now on, also after the freeze: nobody comes or goes by it.

    Raises:
        RefusedError: not the leader; withdrawn. MissingError: not in the team (any more).
    """
    people.require(user, "challenge.change_team", team)
    with transaction.atomic():
        locked = locked_team(team)
        require_standing(locked)
        new = _member(locked, pk=member.pk)
        _lead(locked, new)
        payload = {"leader": f"person:{new.user_id}"}
        journal.append(people.actor(user), "challenge.lead_handed_over", f"team:{team.pk}", payload)


def _lead(team: Team, new: TeamMember) -> None:
    for old in team.members.filter(is_leader=True, left_at=None).exclude(pk=new.pk):
        old.is_leader = False
        old.save(update_fields=["is_leader"])
    new.is_leader = True
    new.save(update_fields=["is_leader"])


def end_membership_of_account(user: Any, member: TeamMember) -> None:
    """The person ends their account: the longest-standing other member leads, and a frozen team is not silently
    another team afterwards, the journal and the organisers' list tell it. In the transaction that ends the account."""
    team = locked_team(member.team)
    others = team.members.filter(left_at=None).exclude(pk=member.pk).exclude(user=None).order_by("joined_at", "pk")
    heir = others.first()
    led = member.is_leader
    _end(user, member, "account_ended")
    payload = {"member": people.actor(user), "frozen": team.frozen_at is not None}
    journal.append(people.actor(user), "challenge.member_account_ended", f"team:{team.pk}", payload)
    if led and heir is not None:
        _lead(team, heir)
        journal.append("system", "challenge.lead_handed_over", f"team:{team.pk}", {"leader": f"person:{heir.user_id}"})


def _member(team: Team, **which: Any) -> TeamMember:
    row = team.members.select_for_update().filter(left_at=None, **which).first()
    if row is None:
        raise MissingError("server.challenge.no_member")
    return row


def _end(user: Any, member: TeamMember, because: str) -> None:
    leave_now(member, because)
    drop_checks(user, member.checks.all(), "account_ended" if because == "account_ended" else "left")
