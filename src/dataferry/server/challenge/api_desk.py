"""The organisers' desk over the API: sessions and their places, and mentors."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Schema, Status

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import mentoring as mentoring_actions
from dataferry.server.challenge.actions import sessions as session_actions
from dataferry.server.challenge.models import (
    Division,
    Edition,
    Mentorship,
    SessionBooking,
    Team,
    TrainingSession,
)
from dataferry.server.challenge.queries import mentoring as mentoring_queries
from dataferry.server.challenge.queries import sessions as session_queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.people.authentication import member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("challenge desk")
READ, WRITE = member("read"), member("write")
Texts = dict[Literal["en", "zh-Hant", "zh-Hans"], str]


class SessionIn(Schema):
    kind: Literal["training", "mentoring", "rehearsal"] = Field(description="What it is.")
    title: Texts = Field(description="Title per language; all three are needed.")
    starts_at: datetime = Field(description="When it begins, with its offset.")
    ends_at: datetime = Field(description="When it ends, with its offset.")
    location: str = Field("", description="A room, or the address of a call.", max_length=300)
    capacity: int | None = Field(None, description="Places, one for each team; null has no limit.")
    finalists_only: bool = Field(False, description="Whether only finalists may book.")
    division: str | None = Field(None, description="Code of the division; null is for all.")


class SessionChangeIn(SessionIn):
    revision: int = Field(description="The revision that was read.")


class SessionOut(Schema):
    id: int = Field(description="Number of the session.")
    edition: str = Field(description="Short name of the edition.")
    kind: str = Field(description="training, mentoring or rehearsal.")
    title: dict[str, str] = Field(description="Title per language.")
    starts_at: datetime = Field(description="When it begins.")
    ends_at: datetime = Field(description="When it ends.")
    location: str = Field(description="Where.")
    capacity: int | None = Field(description="Places; null has no limit.")
    taken: int = Field(description="Places that are taken.")
    finalists_only: bool = Field(description="Whether only finalists may book.")
    division: str | None = Field(description="Code of the division; null is for all.")
    revision: int = Field(description="Grows with every change.")
    cancelled_at: datetime | None = Field(description="When it was cancelled; null where it was not.")


class BookingIn(Schema):
    team: int = Field(description="Number of the team in this house.")


class BookingOut(Schema):
    session: int = Field(description="Number of the session.")
    team: int = Field(description="Number of the team in this house.")
    booked_at: datetime = Field(description="When the place was taken.")


def session_out(row: TrainingSession) -> SessionOut:
    return SessionOut(
        id=row.pk,
        edition=row.edition.slug,
        kind=row.kind,
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        location=row.location,
        capacity=row.capacity,
        taken=row.bookings.count() if not hasattr(row, "taken") else row.taken,
        finalists_only=row.finalists_only,
        division=row.division.code if row.division else None,
        revision=row.revision,
        cancelled_at=row.cancelled_at,
    )


def division_named(edition: Edition, code: str | None) -> Division | None:
    return None if code is None else team_queries.division_in(edition, code)


def _plan(edition: Edition, body: SessionIn) -> session_actions.Plan:
    return session_actions.Plan(
        kind=body.kind,
        title={str(language): text for language, text in body.title.items()},
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        location=body.location,
        capacity=body.capacity,
        finalists_only=body.finalists_only,
        division=division_named(edition, body.division),
    )


@router.get(
    "/editions/{slug}/sessions",
    response=Page[SessionOut],
    auth=READ,
    operation_id="list_sessions",
    summary="List trainings and sessions",
)
def list_sessions(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """For everybody who may see the edition."""
    edition = team_queries.edition_of(signed_in_person(request), slug)
    rows = session_queries.sessions_of(edition).order_by("starts_at", "pk")
    return keyset_page(rows, ("starts_at", "pk"), cursor, limit, scope=slug).map(session_out)


@router.post(
    "/editions/{slug}/sessions",
    response={201: SessionOut},
    auth=WRITE,
    operation_id="create_session",
    summary="Plan a session",
)
def create_session(request: HttpRequest, slug: str, body: SessionIn) -> Any:
    """By an organiser of the division, or of both cities."""
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    return Status(201, session_out(session_actions.create_session(user, edition, _plan(edition, body))))


@router.put(
    "/editions/{slug}/sessions/{session}",
    response=SessionOut,
    auth=WRITE,
    operation_id="change_session",
    summary="Change a session",
)
def change_session(request: HttpRequest, slug: str, session: int, body: SessionChangeIn) -> Any:
    """Booked teams get a letter."""
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    row = session_queries.organised_session(user, edition, session)
    return session_out(session_actions.change_session(user, row, body.revision, _plan(edition, body)))


@router.post(
    "/editions/{slug}/sessions/{session}/cancellation",
    response=SessionOut,
    auth=WRITE,
    operation_id="cancel_session",
    summary="Cancel a session",
)
def cancel_session(request: HttpRequest, slug: str, session: int) -> Any:
    """Booked teams get a letter."""
    user = signed_in_person(request)
    row = session_queries.organised_session(user, team_queries.edition_of(user, slug), session)
    return session_out(session_actions.cancel_session(user, row))


def _own_team(user: Any, number: int) -> Team:
    team = team_queries.team_of(user, number)
    if not people.can(user, "challenge.book_session", team):
        raise MissingError("server.challenge.no_team", number=number)
    return team


@router.post(
    "/editions/{slug}/sessions/{session}/bookings",
    response={201: BookingOut},
    auth=WRITE,
    operation_id="book_session",
    summary="Book a place for a team",
)
def book_session(request: HttpRequest, slug: str, session: int, body: BookingIn) -> Any:
    """By a member of the team. Asking again keeps the place."""
    user = signed_in_person(request)
    row = session_queries.session_of(user, team_queries.edition_of(user, slug), session)
    return Status(201, _booking_out(session_actions.book(user, row, _own_team(user, body.team))))


def _booking_out(row: SessionBooking) -> BookingOut:
    return BookingOut(session=row.session_id, team=row.team_id, booked_at=row.booked_at)


@router.delete(
    "/editions/{slug}/sessions/{session}/bookings/{team}",
    response={204: None},
    auth=WRITE,
    operation_id="give_back_place",
    summary="Give a team's place back",
)
def give_back_place(request: HttpRequest, slug: str, session: int, team: int) -> Any:
    """Before the session begins."""
    user = signed_in_person(request)
    row = session_queries.session_of(user, team_queries.edition_of(user, slug), session)
    session_actions.give_back(user, row, _own_team(user, team))
    return Status(204, None)


# --- mentors


class MentorIn(Schema):
    team: int = Field(description="Number of the team in this house.")
    email: str = Field(description="A confirmed address of the mentor's account.", max_length=254)
    until: datetime | None = Field(None, description="When it ends by itself; null: when somebody ends it.")


class MentorshipOut(Schema):
    id: int = Field(description="Number of the mentorship.")
    team: int = Field(description="Number of the team in this house.")
    mentor: int | None = Field(description="Number of the mentor's account; null where it has ended.")
    since: datetime = Field(description="When it began.")
    until: datetime | None = Field(description="When it ends by itself.")
    ended_at: datetime | None = Field(description="When somebody ended it.")


def mentorship_out(row: Mentorship) -> MentorshipOut:
    return MentorshipOut(
        id=row.pk, team=row.team_id, mentor=row.mentor_id, since=row.since, until=row.until, ended_at=row.ended_at
    )


def edition_for_organisers(request: HttpRequest, slug: str) -> tuple[Any, Edition]:
    """An edition, for the organisers of at least one of its cities."""
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    if not any(people.can(user, "challenge.organise", each) for each in (edition, *edition.divisions.all())):
        people.require(user, "challenge.organise", edition)
    return user, edition


@router.get(
    "/editions/{slug}/mentorships",
    response=Page[MentorshipOut],
    auth=READ,
    operation_id="list_mentorships",
    summary="List mentorships",
)
def list_mentorships(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """For organisers: those of their cities."""
    user, edition = edition_for_organisers(request, slug)
    rows = mentoring_queries.mentorships_for(user, edition).order_by("pk")
    return keyset_page(rows, ("pk",), cursor, limit, scope=slug).map(mentorship_out)


@router.post(
    "/editions/{slug}/mentorships",
    response={201: MentorshipOut},
    auth=WRITE,
    operation_id="attach_mentor",
    summary="Attach a mentor to a team",
)
def attach_mentor(request: HttpRequest, slug: str, body: MentorIn) -> Any:
    """By an organiser of the team's city. Both sides get a letter."""
    user, edition = edition_for_organisers(request, slug)
    team = edition.teams.filter(pk=body.team).select_related("division").first()
    if team is None or not people.can(user, "challenge.organise", team):
        raise MissingError("server.challenge.no_team", number=body.team)
    person = mentoring_queries.person_at(body.email)
    if person is None:
        raise MissingError("server.challenge.no_account_there", field="email")
    return Status(201, mentorship_out(mentoring_actions.attach_mentor(user, team, person, body.until)))


@router.post(
    "/mentorships/{mentorship}/end",
    response=MentorshipOut,
    auth=WRITE,
    operation_id="end_mentorship",
    summary="End a mentorship",
)
def end_mentorship(request: HttpRequest, mentorship: int) -> Any:
    """By an organiser of the team's city, or by the mentor."""
    user = signed_in_person(request)
    return mentorship_out(mentoring_actions.end_mentorship(user, mentoring_queries.mentorship_of(user, mentorship)))
