"""News travels up the trip: a later room subscribes to acts of an earlier one, and misses or doubles none.

Each subscriber has a cursor. An event is handed over in one transaction with the step of the cursor, so what the
subscriber writes to the database happens once; after a crash, `catch_up` goes on where the cursor stands.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from dataferry.server.journal.models import Cursor, Event
from dataferry.server.journal.queries import selected

logger = logging.getLogger(__name__)

Handler = Callable[[Event], None]
_HERE = threading.local()


@dataclass(frozen=True)
class Subscriber:
    """A handler, the acts it hears of, and the name that its cursor goes by."""

    name: str
    acts: tuple[str, ...]
    handler: Handler


_subscribers: dict[str, Subscriber] = {}


def subscribe(*acts: str, name: str = "") -> Callable[[Handler], Handler]:
    """Call the decorated function once for every event of these acts, past ones included, in order.

    It runs inside a transaction and may write to the database and append to the journal; anything outside the database
    belongs into a job that it enqueues. When it raises, nothing of it stays and the event is tried again.

    Args:
        name: what its cursor is called; the function's module and name when absent. Never change it later.
    """

    def register(handler: Handler) -> Handler:
        key = name or f"{handler.__module__}.{handler.__qualname__}".removeprefix("dataferry.server.")
        known = _subscribers.get(key)
        if known is not None and known.handler.__qualname__ != handler.__qualname__:
            raise ValueError(f"two subscribers are called {key}")
        _subscribers[key] = Subscriber(key, tuple(acts), handler)
        return handler

    return register


def subscribers() -> tuple[Subscriber, ...]:
    return tuple(_subscribers.values())


def heard(event: Event) -> None:
    """After the commit of `event`, hand it to whom it concerns."""
    if any(event.act in subscriber.acts for subscriber in _subscribers.values()):
        transaction.on_commit(_catch_up_quietly, robust=True)


def catch_up() -> int:
    """Hand over every event that a subscriber has not dealt with. Returns how many were handed over.

    One that its subscriber cannot deal with is logged and holds up only that subscriber.
    """
    return sum(_deliver(subscriber) for subscriber in subscribers())


def _catch_up_quietly() -> None:
    # A handler that appends to the journal would start a second round inside this one.
    if getattr(_HERE, "busy", False):
        return
    _HERE.busy = True
    try:
        while catch_up():
            pass
    finally:
        _HERE.busy = False


def _deliver(subscriber: Subscriber) -> int:
    count = 0
    while _waiting(subscriber):
        try:
            with transaction.atomic():
                event = _hand_over(subscriber)
        except Exception:
            logger.exception("subscriber %s could not deal with an event", subscriber.name)
            _remember_failure(subscriber)
            return count
        count += event is not None
    return count


def _waiting(subscriber: Subscriber) -> bool:
    """Is there anything to do? Asked without a lock, so that an idle subscriber costs one read."""
    reached = Cursor.objects.filter(pk=subscriber.name).values_list("sequence", flat=True).first()
    return selected(acts=subscriber.acts, after=reached or 0).exists()


def _hand_over(subscriber: Subscriber) -> Event | None:
    """The next event for this subscriber and the step of its cursor, in the caller's transaction."""
    cursor = _cursor(subscriber)
    event = selected(acts=subscriber.acts, after=cursor.sequence).first()
    if event is None:
        return None
    subscriber.handler(event)
    Cursor.objects.filter(pk=cursor.pk).update(sequence=event.sequence, failed_at=None, failures=0)
    return event


def _cursor(subscriber: Subscriber) -> Cursor:
    locked = Cursor.objects.select_for_update()
    found = locked.filter(pk=subscriber.name).first()
    if found is None:
        Cursor.objects.bulk_create([Cursor(subscriber=subscriber.name)], ignore_conflicts=True)
        found = locked.get(pk=subscriber.name)
    return found


def _remember_failure(subscriber: Subscriber) -> None:
    with transaction.atomic():
        cursor = _cursor(subscriber)
        event = selected(acts=subscriber.acts, after=cursor.sequence).first()
        cursor.failed_at = event.sequence if event else None
        cursor.failures += 1
        cursor.save(update_fields=["failed_at", "failures", "updated_at"])
