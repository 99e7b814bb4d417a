"""Appeals: when one may be filed, who sees which, and whether a result may be sealed over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.calendar import phase_of
from dataferry.server.challenge.models import Appeal, Division, Edition, Entry, Result
from dataferry.server.challenge.states import AppealState, ResultState

OPEN = (AppealState.FILED, AppealState.ADMITTED)


@dataclass(frozen=True)
class Window:
    """When appeals are taken. Without an end: until the result is sealed."""

    opens: datetime
    closes: datetime | None

    def holds(self, at: datetime) -> bool:
        return self.opens <= at and (self.closes is None or at < self.closes)


def window_of(result: Result, division: Division) -> Window | None:
    """The time in which a division's teams may appeal against a provisional result: for the final the phase of the
    calendar, otherwise so many days from the provisional result on as the edition allows. None where nobody may."""
    edition = result.round.edition
    if edition.file.appeals.applies is False:
        return None
    phase = phase_of(edition, "appeals", division) if result.round.stage == "final" else None
    if phase is not None:
        return Window(phase.opens_at, phase.closes_at)
    if result.provisional_at is None:
        return None
    days = edition.file.appeals.days
    return Window(result.provisional_at, result.provisional_at + timedelta(days=int(days)) if days else None)


def grounds_of(edition: Edition) -> list[str]:
    """On what a team may appeal in this edition, in the order of the house."""
    allowed = edition.file.appeals.grounds
    return [code for code, _title in Appeal.GROUNDS if allowed is None or code in allowed]


def unanswered(result: Result) -> int:
    """How many appeals in the round are not decided, whatever revision they were filed against."""
    return Appeal.objects.filter(result__round=result.round, state__in=OPEN).count()


def uncorrected(result: Result) -> bool:
    """Whether an appeal was upheld and this revision does not answer it: upheld means a new revision."""
    upheld = Appeal.objects.filter(result__round=result.round, state=AppealState.UPHELD)
    return upheld.filter(Q(result=result) | Q(decided_at__gt=result.computed_at)).exists()


def _with_all(rows: QuerySet[Appeal]) -> QuerySet[Appeal]:
    return rows.select_related("entry__edition", "entry__division", "entry__team", "result__round__edition")


def appeals_of(entry: Entry) -> QuerySet[Appeal]:
    """A team's own appeals, the newest first."""
    return _with_all(Appeal.objects.filter(entry=entry))


def queue(user: Any, edition: Edition) -> QuerySet[Appeal]:
    """The appeals that this person may decide by the cities of their office, the newest first."""
    cities = [each.city for each in edition.divisions.all() if people.can(user, "challenge.decide_appeal", each)]
    rows = Appeal.objects.filter(entry__edition=edition, entry__division__city__in=cities)
    return _with_all(rows).order_by("-filed_at", "-pk")


def appeal_of(user: Any, number: int) -> Appeal:
    """An appeal, for the team that filed it and the organisers of its city.

    Raises:
        MissingError: it is not there, or not for this person.
    """
    appeal = _with_all(Appeal.objects.filter(pk=number)).first()
    may = appeal is not None and (
        people.can(user, "challenge.file_appeal", appeal) or people.can(user, "challenge.decide_appeal", appeal)
    )
    if appeal is None or not may:
        raise MissingError("server.challenge.no_appeal", number=number)
    return appeal


def open_to(entry: Entry) -> list[Result]:
    """The provisional results in which the entry was judged, and against which its team may appeal."""
    rows = Result.objects.filter(round__sheets__entry=entry, state=ResultState.PROVISIONAL)
    return list(rows.select_related("round__edition", "round__division").distinct().order_by("pk"))
