"""Trainings, mentors' hours and rehearsals: organisers plan them, teams book a place and give it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, letters, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.letter_words import in_own, in_tongues, site_address
from dataferry.server.challenge.models import Division, Edition, Entry, SessionBooking, Team, TrainingSession
from dataferry.server.challenge.queries.sessions import FINALISTS, local_span
from dataferry.server.web.problems import ConflictError

KINDS = ("training", "mentoring", "rehearsal")
LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LONGEST_TITLE = 200
LONGEST_LOCATION = 300
MOST_PLACES = 10_000


@dataclass(frozen=True)
class Plan:
    """What organisers say of a session. `division` is empty for one that is for all; `capacity` None has no limit."""

    kind: str
    title: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    location: str = ""
    capacity: int | None = None
    finalists_only: bool = False
    division: Division | None = None


def create_session(user: Any, edition: Edition, plan: Plan) -> TrainingSession:
    """Plan a session.

    Raises:
        InputError: the field that is wrong. RefusedError: another city's division.
    """
    people.require(user, "challenge.organise", plan.division or edition)
    with transaction.atomic():
        row = TrainingSession(edition=edition, **_checked(edition, plan))
        row.save()
        _tell(user, "challenge.session_created", row)
    return row


def change_session(user: Any, session: TrainingSession, revision: int, plan: Plan) -> TrainingSession:
    """Change a session that is not cancelled and not over; booked teams are written to where time or place changed.

    Raises:
        InputError: the field that is wrong; `server.challenge.capacity_below_booked`.
        ConflictError: `server.challenge.session_changed`, somebody else has changed it. RefusedError: see there.
    """
    people.require(user, "challenge.organise", session.division or session.edition)
    people.require(user, "challenge.organise", plan.division or session.edition)
    with transaction.atomic():
        row = _locked(session)
        _require_ahead(row)
        if row.revision != revision:
            raise ConflictError("server.challenge.session_changed", session=row.pk)
        values = _checked(row.edition, plan)
        _require_bookings_fit(row, values)
        if all(getattr(row, name) == value for name, value in values.items()):
            return row
        for name, value in values.items():
            setattr(row, name, value)
        row.revision += 1
        row.save()
        _tell(user, "challenge.session_changed", row)
        _write_to_booked(row, cancelled=False)
    return row


def _require_bookings_fit(row: TrainingSession, values: Mapping[str, Any]) -> None:
    booked = row.bookings.count()
    if values["capacity"] is not None and values["capacity"] < booked:
        raise InputError("server.challenge.capacity_below_booked", field="capacity", booked=booked)
    division = values["division"]
    if division is not None and row.bookings.exclude(team__division=division).exists():
        raise InputError("server.challenge.booked_by_others", field="division")


def cancel_session(user: Any, session: TrainingSession) -> TrainingSession:
    """Cancel a session; booked teams are written to.

    Raises:
        RefusedError: it is cancelled, or over.
    """
    people.require(user, "challenge.organise", session.division or session.edition)
    with transaction.atomic():
        row = _locked(session)
        _require_ahead(row)
        row.cancelled_at = clock.now()
        row.revision += 1
        row.save(update_fields=["cancelled_at", "revision"])
        _tell(user, "challenge.session_cancelled", row)
        _write_to_booked(row, cancelled=True)
    return row


def book(user: Any, session: TrainingSession, team: Team) -> SessionBooking:
    """Take a place for a team; a team that has one keeps it.

    Raises:
        RefusedError: not for this team, begun, cancelled. ConflictError: `server.challenge.session_full`.
    """
    people.require(user, "challenge.book_session", team)
    with transaction.atomic():
        row = _locked(session)
        team = Team.objects.select_for_update(of=("self",)).get(pk=team.pk)
        there = row.bookings.filter(team=team).first()
        if there is not None:
            return there
        _require_for(row, team)
        if row.capacity is not None and row.bookings.count() >= row.capacity:
            raise ConflictError("server.challenge.session_full", session=row.pk, capacity=row.capacity)
        booking = SessionBooking.objects.create(session=row, team=team, booked_at=clock.now())
        _tell(user, "challenge.session_booked", row, team)
    return booking


def give_back(user: Any, session: TrainingSession, team: Team) -> None:
    """Give a place back before the session begins; without a place nothing happens.

    Raises:
        RefusedError: it has begun.
    """
    people.require(user, "challenge.book_session", team)
    with transaction.atomic():
        row = _locked(session)
        if row.starts_at <= clock.now():
            raise RefusedError("server.challenge.session_begun", session=row.pk)
        gone, _rows = row.bookings.filter(team=team).delete()
        if gone:
            _tell(user, "challenge.session_given_back", row, team)


def _locked(session: TrainingSession) -> TrainingSession:
    """Those who want the last place wait for each other here."""
    rows = TrainingSession.objects.select_for_update(of=("self",)).select_related("edition", "division")
    return rows.get(pk=session.pk)


def _require_ahead(row: TrainingSession) -> None:
    if row.cancelled_at is not None:
        raise RefusedError("server.challenge.session_cancelled_already", session=row.pk)
    if row.ends_at <= clock.now():
        raise RefusedError("server.challenge.session_over", session=row.pk)


def _require_for(row: TrainingSession, team: Team) -> None:
    if row.cancelled_at is not None:
        raise RefusedError("server.challenge.session_cancelled_already", session=row.pk)
    if row.starts_at <= clock.now():
        raise RefusedError("server.challenge.session_begun", session=row.pk)
    elsewhere = row.division_id is not None and row.division_id != team.division_id
    if team.edition_id != row.edition_id or team.withdrawn_at is not None or elsewhere:
        raise RefusedError("server.challenge.session_not_theirs", team=team.number)
    if row.finalists_only and not Entry.objects.filter(team=team, state__in=FINALISTS).exists():
        raise RefusedError("server.challenge.session_for_finalists")


def _checked(edition: Edition, plan: Plan) -> dict[str, Any]:
    if plan.kind not in KINDS:
        raise InputError("server.challenge.no_such_session_kind", field="kind", known=", ".join(KINDS))
    if plan.division is not None and plan.division.edition_id != edition.pk:
        raise InputError("server.challenge.no_division", field="division", name=plan.division.code)
    if plan.capacity is not None and not 1 <= plan.capacity <= MOST_PLACES:
        raise InputError("server.challenge.no_such_capacity", field="capacity", most=MOST_PLACES)
    if plan.starts_at.tzinfo is None or plan.ends_at.tzinfo is None or plan.ends_at <= plan.starts_at:
        raise InputError("server.challenge.session_backwards", field="ends_at")
    if plan.starts_at <= clock.now():
        raise InputError("server.challenge.session_in_past", field="starts_at")
    return {
        "kind": plan.kind,
        "title": {each: _line(plan.title.get(each, ""), f"title_{each}", LONGEST_TITLE) for each in LANGUAGES},
        "starts_at": plan.starts_at,
        "ends_at": plan.ends_at,
        "location": _line(plan.location, "location", LONGEST_LOCATION, needed=False),
        "capacity": plan.capacity,
        "finalists_only": plan.finalists_only,
        "division": plan.division,
    }


def _line(text: str, field: str, most: int, *, needed: bool = True) -> str:
    """One line of text.

    Raises:
        InputError: `server.challenge.line_needed`, `server.challenge.text_too_long`.
    """
    line = " ".join("".join(sign if sign.isprintable() or sign in "\u200d\u200c" else " " for sign in text).split())
    if needed and not line:
        raise InputError("server.challenge.line_needed", field=field)
    if len(line) > most:
        raise InputError("server.challenge.text_too_long", field=field, most=most, found=len(line))
    return line


def _tell(user: Any, act: str, row: TrainingSession, team: Team | None = None) -> None:
    payload: dict[str, Any] = {"edition": row.edition.slug, "revision": row.revision}
    if team is not None:
        payload["team"] = f"team:{team.pk}"
    journal.append(people.actor(user), act, f"session:{row.pk}", payload)


def _write_to_booked(row: TrainingSession, *, cancelled: bool) -> None:
    """A letter to everybody in the booked teams, once for each revision of the session."""
    bookings = row.bookings.select_related("team").prefetch_related("team__members__user")
    members = [each for booking in bookings for each in booking.team.members.all()]
    persons = [each.user for each in members if each.left_at is None and each.user is not None]
    if not persons:
        return
    subject = in_tongues(lambda: (_("Cancelled: %s") if cancelled else _("Changed: %s")) % in_own(row.title))
    body = in_tongues(lambda: _body(row, cancelled=cancelled))
    template = letters.Template(subject=_plain(subject), body=_plain(body))
    letters.post_many(
        [(person, {}) for person in persons],
        campaign=f"challenge.session:{row.pk}:{row.revision}",
        template=template,
        asked_by=None,
        about=f"session:{row.pk}",
    )


def _plain(texts: Mapping[str, str]) -> dict[str, str]:
    """Texts without placeholders: braces in a title are braces."""
    return {language: text.replace("{", "{{").replace("}", "}}") for language, text in texts.items()}


def _body(row: TrainingSession, *, cancelled: bool) -> str:
    first = (
        _("A session that your team has booked does not take place.")
        if cancelled
        else _("A session that your team has booked has changed. This is how it stands now; your place is kept.")
    )
    place = site_address() + reverse("challenge-sessions", args=[row.edition.slug])
    return "\n\n".join(part for part in (first, in_own(row.title), local_span(row), row.location, place) if part)
