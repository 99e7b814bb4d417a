"""What stands before every change of a team: the row locked, the calendar, the freeze, one person one team."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Max

from dataferry.messages import DataferryError, RefusedError
from dataferry.server.challenge import clock
from dataferry.server.challenge.calendar import phase_of, require_phase, steady_now, told
from dataferry.server.challenge.models import Division, Edition, Judge, Phase, Team, TeamMember
from dataferry.server.challenge.states import EditionState
from dataferry.server.web.problems import ConflictError

REGISTERING = (EditionState.ANNOUNCED, EditionState.OPEN)
OVER = (EditionState.FINAL, EditionState.NOMINATED, EditionState.ARCHIVED)


def locked_team(team: Team) -> Team:
    """The team's row, held until the transaction ends. Every change of a team or its people begins with it."""
    return Team.objects.select_for_update(of=("self",)).select_related("edition", "division").get(pk=team.pk)


def steady_team_now(edition: Edition) -> datetime:
    """Now, but never before what this edition has registered: a clock that jumps back reopens nothing."""
    newest = Team.objects.filter(edition=edition).aggregate(at=Max("registered_at"))["at"]
    now = steady_now(edition)
    return max(now, newest) if newest else now


def registration_phase(edition: Edition, division: Division) -> Phase | None:
    """The span in which teams register: the registration phase, or where the edition has none, the submission."""
    return phase_of(edition, "registration", division) or phase_of(edition, "submission", division)


def require_registration(edition: Edition, division: Division, at: datetime) -> None:
    """
    Raises:
        RefusedError: the edition takes no teams in this state, or the instant is not in its registration phase.
    """
    if edition.state not in REGISTERING:
        raise RefusedError("server.challenge.edition_takes_no_teams", state=str(edition.state))
    phase = registration_phase(edition, division)
    require_phase(edition, phase.kind if phase else "registration", division, at)


def freeze_instant(edition: Edition, division: Division) -> datetime | None:
    """When members are frozen, by the edition's rule; None where it has none or its day is not known."""
    rule = edition.file.eligibility.members_frozen
    if rule is None or rule.applies is False or rule.after is None:
        return None
    phase = phase_of(edition, rule.after, division)
    return phase.closes_at if phase is not None else None


def require_standing(team: Team) -> None:
    """
    Raises:
        RefusedError: the team is withdrawn, or its edition is over.
    """
    if team.withdrawn_at is not None:
        raise RefusedError("server.challenge.team_is_withdrawn")
    if team.edition.state in OVER:
        raise RefusedError("server.challenge.edition_is_over", edition=team.edition.slug)


def require_not_frozen(team: Team) -> None:
    """
    Raises:
        RefusedError: `server.challenge.members_frozen`, since when, in the division's zone.
    """
    require_standing(team)
    since = frozen_since(team)
    if since is not None:
        local = since.astimezone(ZoneInfo(team.division.time_zone))
        raise RefusedError("server.challenge.members_frozen", since=told(local), zone=team.division.time_zone)


def frozen_since(team: Team) -> datetime | None:
    """Since when nobody joins or leaves; None while people may. A frozen team stays frozen whatever the clock says."""
    if team.frozen_at is not None:
        return team.frozen_at
    instant = freeze_instant(team.edition, team.division)
    return instant if instant is not None and steady_team_now(team.edition) >= instant else None


def refuse_judge(user: Any, edition: Edition) -> None:
    """
    Raises:
        RefusedError: `server.challenge.judge_in_team`, who judges an edition does not take part in it.
    """
    if Judge.objects.filter(edition=edition, user=user, dropped_at=None).exists():
        raise RefusedError("server.challenge.judge_in_team")


def is_exclusive(edition: Edition) -> bool:
    """Whether the edition says that a person is in one team at most."""
    rule = edition.file.eligibility.one_team_per_person
    return rule is not None and rule.applies is True


def require_room(team: Team) -> None:
    """
    Raises:
        RefusedError: `server.challenge.team_is_full`.
    """
    size = team.edition.file.eligibility.team_size
    most = size.most if size is not None and size.applies is not False else None
    if most is not None and team.members.filter(left_at=None).count() >= most:
        raise RefusedError("server.challenge.team_is_full", most=most)


def join(team: Team, user: Any, now: datetime, *, leads: bool = False) -> TeamMember:
    """Make the person a member. Of two teams that take the same person at once, the database lets one.

    Raises:
        ConflictError: `server.challenge.in_a_team_already`, `server.challenge.in_this_team_already`.
    """
    row = TeamMember(
        team=team,
        edition=team.edition,
        user=user,
        is_leader=leads,
        exclusive=is_exclusive(team.edition),
        joined_at=max(now, team.registered_at),
    )
    if team.members.filter(user=user, left_at=None).exists():
        raise ConflictError("server.challenge.in_this_team_already")
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise ConflictError("server.challenge.in_a_team_already", edition=team.edition.slug) from None
    members_changed(team)
    return row


def members_changed(team: Team) -> None:
    """What follows from a change of a team's people: access that the team was lent."""
    from dataferry.server.challenge.actions import data_use

    data_use.members_changed(team)


def leave_now(member: TeamMember, because: str) -> None:
    """End a membership in the caller's transaction; its instant never lies before its beginning."""
    member.left_at = max(clock.now(), member.joined_at)
    member.left_because = because
    member.is_leader = False
    member.save(update_fields=["left_at", "left_because", "is_leader"])
    members_changed(member.team)


def is_registering(edition: Edition, division: Division) -> bool:
    """Whether a team could be registered at this instant."""
    try:
        require_registration(edition, division, steady_team_now(edition))
    except DataferryError:
        return False
    return True
