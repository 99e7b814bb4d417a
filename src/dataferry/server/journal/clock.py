"""The clock of binding acts. Every act that depends on the time asks here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_standing: ContextVar[datetime | None] = ContextVar("clock", default=None)


def now() -> datetime:
    """This instant, in UTC; in a rehearsal the instant that it plays."""
    return _standing.get() or timezone.now()


@contextmanager
def standing_at(instant: datetime) -> Iterator[None]:
    """Inside the block the clock stands: for tests and for rehearsals in a throw-away house, never for real trade."""
    token = _standing.set(instant)
    try:
        yield
    finally:
        _standing.reset(token)
