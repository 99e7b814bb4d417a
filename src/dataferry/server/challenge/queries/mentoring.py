"""Mentors and their teams: what a mentor sees, and what organisers and teams see of mentors."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Edition, Mentorship, Team


def standing() -> Q:
    """Mentorships that hold now."""
    return Q(ended_at=None) & (Q(until=None) | Q(until__gt=clock.now()))


def own_mentorships(user: Any) -> QuerySet[Mentorship]:
    """The teams that a person helps now."""
    rows = Mentorship.objects.filter(standing(), mentor=user.pk or 0, team__withdrawn_at=None)
    return rows.select_related("team__edition", "team__division", "team__entry").order_by("-since", "-pk")


def mentors_of(team: Team) -> QuerySet[Mentorship]:
    """Those who help a team now."""
    return Mentorship.objects.filter(standing(), team=team).exclude(mentor=None).select_related("mentor__profile")


def mentorships_for(user: Any, edition: Edition) -> QuerySet[Mentorship]:
    """All mentorships of an edition that this organiser looks after, those that hold first."""
    cities = [each.city for each in edition.divisions.all() if people.can(user, "challenge.organise", each)]
    rows = Mentorship.objects.filter(team__edition=edition, team__division__city__in=cities)
    return rows.select_related("team__division", "mentor__profile").order_by("team__number", "-since", "-pk")


def mentorship_of(user: Any, number: int) -> Mentorship:
    """A mentorship, for its mentor and the organisers of the team's city.

    Raises:
        MissingError: `server.challenge.no_mentorship`.
    """
    row = Mentorship.objects.select_related("team__edition", "team__division", "mentor").filter(pk=number).first()
    mine = row is not None and row.mentor_id is not None and row.mentor_id == user.pk
    if row is None or not (mine or people.can(user, "challenge.organise", row.team)):
        raise MissingError("server.challenge.no_mentorship", number=number)
    return row


def mentored_team(user: Any, number: int) -> Team:
    """A team that this person helps now.

    Raises:
        MissingError: `server.challenge.no_team`.
    """
    row = own_mentorships(user).filter(team=number).first()
    if row is None:
        raise MissingError("server.challenge.no_team", number=number)
    return row.team


def person_at(address: str) -> Any:
    """The account that has shown this address to be its own; None where there is none."""
    rows = EmailAddress.objects.filter(email__iexact=address.strip(), verified=True, user__is_active=True)
    found = rows.select_related("user").first()
    return found.user if found else None
