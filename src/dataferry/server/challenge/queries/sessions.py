"""Sessions that teams can book: what everybody, a team and the organisers see of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Edition, Entry, SessionBooking, Team, TrainingSession
from dataferry.server.challenge.states import EntryState
from dataferry.server.display.words import city_name, day

FINALISTS = (EntryState.SHORTLISTED, EntryState.PRESENTED, EntryState.AWARDED, EntryState.NOMINATED)


@dataclass(frozen=True)
class Shown:
    """A session with its places; `booked` says which of the visitor's teams have one."""

    row: TrainingSession
    taken: int
    booked: tuple[Team, ...] = ()
    open_to: tuple[Team, ...] = ()

    @property
    def left(self) -> int | None:
        """Places that are left; None where there is no limit."""
        return None if self.row.capacity is None else max(0, self.row.capacity - self.taken)

    @property
    def is_over(self) -> bool:
        return self.row.starts_at <= clock.now()

    @property
    def when(self) -> str:
        return local_span(self.row)


def zone_of(session: TrainingSession) -> str:
    """The zone in which a session is told: its division's, else its edition's."""
    if session.division is not None:
        return session.division.time_zone
    return str(session.edition.document.get("time_zone") or "Asia/Hong_Kong")


def local_span(session: TrainingSession) -> str:
    """Day and times of a session where it takes place, with the place named."""
    zone = zone_of(session)
    begins, ends = (at.astimezone(ZoneInfo(zone)) for at in (session.starts_at, session.ends_at))
    place = city_name(session.division.city) if session.division else zone.rpartition("/")[2].replace("_", " ")
    last = f"{ends:%H:%M}" if ends.date() == begins.date() else f"{day(ends)}, {ends:%H:%M}"
    return _("%(day)s, %(begins)s to %(ends)s in %(city)s") % {
        "day": day(begins),
        "begins": f"{begins:%H:%M}",
        "ends": last,
        "city": place,
    }


def sessions_of(edition: Edition) -> QuerySet[TrainingSession]:
    """All sessions of an edition, with how many places are taken."""
    rows = TrainingSession.objects.filter(edition=edition).select_related("edition", "division")
    return rows.annotate(taken=Count("bookings")).order_by("starts_at", "pk")


def shown_to(user: Any, edition: Edition, teams: list[Team] | None = None) -> list[Shown]:
    """The sessions of an edition, and what the person's teams have booked or may book."""
    if teams is None:
        teams = list(Team.objects.filter(edition=edition, withdrawn_at=None, members__in=_memberships(user)))
    finalists = set(Entry.objects.filter(team__in=teams, state__in=FINALISTS).values_list("team", flat=True))
    pairs = set(SessionBooking.objects.filter(team__in=teams).values_list("session", "team"))
    shown = []
    for row in sessions_of(edition):
        booked = tuple(team for team in teams if (row.pk, team.pk) in pairs)
        fits = [team for team in teams if row.division_id in (None, team.division_id) and team not in booked]
        fits = [team for team in fits if not row.finalists_only or team.pk in finalists]
        shown.append(Shown(row, row.taken, booked, tuple(fits)))  # type: ignore[attr-defined]
    return shown


def _memberships(user: Any) -> Any:
    from dataferry.server.challenge.models import TeamMember

    return TeamMember.objects.filter(user=user.pk or 0, left_at=None)


def booked_by(team: Team) -> list[TrainingSession]:
    """What a team has booked and what is still to come, the next first; cancelled ones too."""
    rows = TrainingSession.objects.filter(bookings__team=team, ends_at__gt=clock.now())
    return list(rows.select_related("edition", "division").order_by("starts_at"))


def session_of(user: Any, edition: Edition, number: int) -> TrainingSession:
    """A session of an edition that the person may see.

    Raises:
        MissingError: `server.challenge.no_session`.
    """
    row = sessions_of(edition).filter(pk=number).first()
    if row is None:
        raise MissingError("server.challenge.no_session", session=number)
    return row


def organised_session(user: Any, edition: Edition, number: int) -> TrainingSession:
    """A session, for those who may change it.

    Raises:
        MissingError: `server.challenge.no_session`.
    """
    row = session_of(user, edition, number)
    if not people.can(user, "challenge.organise", row.division or row.edition):
        raise MissingError("server.challenge.no_session", session=number)
    return row


def booked_teams(session: TrainingSession) -> list[Team]:
    rows = Team.objects.filter(Q(bookings__session=session)).select_related("division").order_by("number")
    return list(rows)
