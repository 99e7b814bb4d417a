"""Which kinds of jobs there are, what does them, how patient we are with each, and when the scheduled ones run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from dataferry.server.jobs.models import Job

Work = Callable[[Any], Mapping[str, Any] | None]
"""What a handler is: it takes the job as `running.Running`, a room above this one, and may answer with figures."""

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=2),
)
"""How long a job waits after its first, second, ... attempt before the next; the last holds for all later ones."""

LONGEST = timedelta(hours=1)


def back_off(attempts: int) -> timedelta:
    """The wait after so many attempts."""
    return BACK_OFF[min(max(attempts, 1), len(BACK_OFF)) - 1]


@dataclass(frozen=True)
class Handler:
    """What does one kind of job. `given_up` is told, in the same transaction, when a job ends without its effect."""

    kind: str
    work: Work
    attempts: int
    longest: timedelta
    title: str
    given_up: Callable[[Job], None] | None


@dataclass(frozen=True)
class Rhythm:
    """When a scheduled job runs: `every` so often, or each day `at` a time of the site's zone."""

    every: timedelta | None
    at: time | None

    @property
    def period(self) -> timedelta:
        """From one run to the next."""
        return self.every or timedelta(days=1)

    def first(self, now: datetime) -> datetime:
        """The first run of a job that never ran: at once, or at the time of day."""
        return now if self.every is not None else self.after(now, now)

    def after(self, last: datetime, now: datetime) -> datetime:
        """The next run later than `now`, on the grid that `last` lies on: what was missed meanwhile is left out."""
        if self.every is not None:
            return last + self.every * ((now - last) // self.every + 1)
        local = timezone.localtime(now, timezone.get_default_timezone())
        candidate = datetime.combine(local.date(), self.at or time(), tzinfo=local.tzinfo)
        return candidate if candidate > now else candidate + timedelta(days=1)


_handlers: dict[str, Handler] = {}
_rhythms: dict[str, Rhythm] = {}


def handler(
    kind: str,
    *,
    attempts: int = 3,
    longest: timedelta = LONGEST,
    title: str = "",
    given_up: Callable[[Job], None] | None = None,
) -> Callable[[Work], Work]:
    """The decorated function does jobs of this kind.

    Args:
        kind: room and name, such as `catalogue.read_upload`.
        attempts: how often it is tried when it is lost or fails in a way that another try may mend.
        longest: a job that runs longer than this counts as hung: its worker lets it go and ends.
        title: message code of what the job is called on pages; without one the kind is shown.
        given_up: called with the job, inside the transaction that closes it as failed or cancelled.
    """

    def register(work: Work) -> Work:
        known = _handlers.get(kind)
        if known is not None and known.work.__qualname__ != work.__qualname__:
            raise ValueError(f"two handlers for {kind}")
        if attempts < 1 or len(kind) > 80:
            raise ValueError(f"a handler needs an attempt and a short kind: {kind}")
        _handlers[kind] = Handler(kind, work, attempts, longest, title, given_up)
        return work

    return register


def scheduled(
    name: str,
    *,
    every: timedelta | None = None,
    at: time | None = None,
    attempts: int = 3,
    longest: timedelta = LONGEST,
    title: str = "",
) -> Callable[[Work], Work]:
    """The decorated function is a job that runs by itself: `every` so often, or each day `at` a time (site's zone).

    One tick runs once, whichever worker comes first; ticks missed while no worker ran are made up for by one run.
    """
    if (every is None) == (at is None) or (every is not None and every <= timedelta()):
        raise ValueError(f"{name} needs either a positive `every` or an `at`")

    def register(work: Work) -> Work:
        _rhythms[name] = Rhythm(every, at)
        return handler(name, attempts=attempts, longest=longest, title=title)(work)

    return register


def handler_of(kind: str) -> Handler | None:
    """What does this kind; None for a kind of another version of Dataferry."""
    return _handlers.get(kind)


def rhythms() -> Mapping[str, Rhythm]:
    """All scheduled jobs by name."""
    return _rhythms
