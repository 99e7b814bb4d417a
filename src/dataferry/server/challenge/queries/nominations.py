"""Nominations as organisers and teams see them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.models import Edition, Entry, Nomination
from dataferry.server.challenge.states import EntryState


def nominations_of(edition: Edition) -> QuerySet[Nomination]:
    """Every nomination of an edition, by entry."""
    rows = Nomination.objects.filter(edition=edition)
    return rows.select_related("edition", "entry__team", "entry__division").order_by("entry__code")


def nomination_in(edition: Edition, number: int) -> Nomination:
    """
    Raises:
        MissingError: no such nomination in this edition.
    """
    found = nominations_of(edition).filter(pk=number).first()
    if found is None:
        raise MissingError("server.challenge.no_nomination_here", number=number)
    return found


def nomination_of(user: Any, number: int) -> Nomination:
    """A nomination, for the team's members.

    Raises:
        MissingError: it is not there, or not for this person.
    """
    rows = Nomination.objects.select_related("edition", "entry__team", "entry__division")
    found = rows.filter(pk=number).first()
    if found is None or not people.can(user, "challenge.see_nomination", found):
        raise MissingError("server.challenge.no_nomination_here", number=number)
    return found


def to_nominate(edition: Edition) -> list[Entry]:
    """Entries of the final that are not nominated yet and may be by the edition's rule."""
    awarded_only = edition.file.nomination.who == "awarded"
    in_final = (EntryState.AWARDED,) if awarded_only else (EntryState.PRESENTED, EntryState.AWARDED)
    rows = Entry.objects.filter(edition=edition, state__in=in_final, nomination=None)
    return list(rows.select_related("team", "division").order_by("code"))
