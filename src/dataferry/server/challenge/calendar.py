"""When something may be done: phases of an edition, to the second, and how late somebody came."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Max, Q

from dataferry.messages import RefusedError
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Division, Edition, Phase, Submission


def phase_of(edition: Edition, kind: str, division: Division | None = None) -> Phase | None:
    """The phase of this kind that holds for a division: its own, or else the common one. The last if there are more."""
    phases = Phase.objects.filter(edition=edition, kind=kind).filter(Q(division=division) | Q(division=None))
    own = [phase for phase in phases if phase.division_id is not None]
    return max(own or list(phases), key=lambda phase: phase.closes_at, default=None)


def require_phase(edition: Edition, kind: str, division: Division, at: datetime) -> Phase:
    """The phase, if this instant lies in it. It is open from its first instant; its last instant is late already.

    Raises:
        RefusedError: `server.challenge.no_phase`, `server.challenge.too_early`, `server.challenge.too_late` (with the
            deadline in the division's zone and how many seconds late).
    """
    phase = phase_of(edition, kind, division)
    if phase is None:
        raise RefusedError("server.challenge.no_phase", phase=kind, division=division.code)
    zone = ZoneInfo(division.time_zone)
    if at < phase.opens_at:
        opens = phase.opens_at.astimezone(zone)
        raise RefusedError("server.challenge.too_early", phase=kind, opens=told(opens), zone=division.time_zone)
    if at >= phase.closes_at:
        closes = phase.closes_at.astimezone(zone)
        late = int((at - phase.closes_at).total_seconds())
        raise RefusedError(
            "server.challenge.too_late",
            phase=kind,
            closes=told(closes),
            zone=division.time_zone,
            arrived=told(at.astimezone(zone)),
            seconds=late,
        )
    return phase


def told(moment: datetime) -> str:
    """An instant to the second, as it is told in refusals."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def steady_now(edition: Edition) -> datetime:
    """Now, but never before what this edition has already received: a clock that jumps back reopens no deadline."""
    newest = Submission.objects.filter(entry__edition=edition).aggregate(at=Max("submitted_at"))["at"]
    return max(clock.now(), newest) if newest else clock.now()
