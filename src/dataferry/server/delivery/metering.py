"""The meter: what was handed out to whom, counted once however often a client asks again.

The rule of the request key: the same question (key, door, version of the table, what was asked) asked again within
`WINDOW` is the same act: that is longer than any client goes on repeating itself. A client that sends `Idempotency-Key`
has a day (`NAMED_WINDOW`) for its retries, and with another value of it the same question is another act. The value
alone names nothing: otherwise one value would pay for everything.

An empty answer is a call as every other. Where rows are the unit it costs nothing, and would be a free way to ask
whether something is in the table: so conditions are answered only until `MOST_EMPTY` answers of a day were empty. After
that they are refused before anything is read: a refusal that depended on the answer would be an answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Sum

from dataferry.messages import InputError, RefusedError
from dataferry.server.delivery.gate import Admission
from dataferry.server.delivery.models import Entitlement, MeterEvent
from dataferry.server.delivery.standing import own_obstacle, refusal
from dataferry.server.exchange.models import PlanKind
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES

WINDOW = timedelta(minutes=15)
NAMED_WINDOW = timedelta(hours=24)
LONGEST_KEY = 200
MOST_EMPTY = 1000
HEADER = "Idempotency-Key"
BY_ROW = frozenset({PlanKind.PER_ROW, PlanKind.TIERS})
"""Plans whose unit is the row."""


def request_key(admission: Admission, asked: Mapping[str, Any], given: str = "") -> str:
    """What names this act: see the rule above.

    Args:
        asked: plain JSON of the question, without what differs between two tries of the same.
        given: value of the `Idempotency-Key` header.

    Raises:
        InputError: `server.delivery.bad_idempotency_key`.
    """
    holder = admission.key.pk if admission.key is not None else 0
    if given:
        if len(given) > LONGEST_KEY or not given.isascii() or not given.isprintable():
            raise InputError("server.delivery.bad_idempotency_key", most=LONGEST_KEY)
        return "i:" + _digest([holder, admission.door, admission.version.number, asked, given])
    return "q:" + _digest([holder, admission.door, admission.version.number, asked])


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def record(admission: Admission, key: str, kind: str, *, rows: int, bytes: int = 0) -> tuple[MeterEvent, bool]:  # noqa: A002
    """Count one act, once, if the day's caps have room for it. Call it before the first byte is handed out.

    Args:
        key: from `request_key`.
        kind: query, changes, download, rows or answer.

    Returns:
        the event, and whether it is new.

    Raises:
        RefusedError: `server.delivery.calls_used_up` or `server.delivery.rows_used_up` (403); the entitlement was
            stopped since the gate looked.
    """
    with transaction.atomic():
        # The lock makes the count and the caps exact: of two tries at once the second finds the first's event.
        row = Entitlement.objects.select_for_update().get(pk=admission.entitlement.pk)
        # Read under the lock: what is counted later than a bill was made must not bear an earlier instant.
        now = clock.now()
        if own_obstacle(row):
            raise refusal(own_obstacle(row))
        known = _same_act(admission.entitlement, key, now)
        if known is not None:
            return known, False
        _check_caps(admission, rows, now)
        event = MeterEvent.objects.create(
            entitlement=admission.entitlement,
            key=f"{key}:{int(now.timestamp() * 1000)}",
            kind=kind,
            release_digest=admission.release.digest,
            rows=rows,
            bytes=bytes,
            at=now,
        )
    return event, True


def _same_act(entitlement: Entitlement, key: str, now: datetime) -> MeterEvent | None:
    begin = now - (NAMED_WINDOW if key.startswith("i:") else WINDOW)
    events = MeterEvent.objects.filter(entitlement=entitlement, key__startswith=f"{key}:", at__gt=begin)
    return events.order_by("-pk").first()


def _check_caps(admission: Admission, rows: int, now: datetime) -> None:
    limits = admission.limits
    if limits.calls_a_day is None and limits.rows_a_day is None:
        return
    used = used_today(admission.entitlement, now)
    if limits.calls_a_day is not None and used["calls"] + 1 > limits.calls_a_day:
        raise RefusedError("server.delivery.calls_used_up", most=limits.calls_a_day)
    if limits.rows_a_day is not None and used["rows"] + rows > limits.rows_a_day:
        left = max(0, limits.rows_a_day - used["rows"])
        raise RefusedError("server.delivery.rows_used_up", most=limits.rows_a_day, left=left)


def check_probing(admission: Admission, key: str) -> None:
    """For questions with conditions, before the table is read; one that was answered already is answered again.

    Raises:
        RefusedError: `server.delivery.empty_used_up`: rows are the unit of price, and today's empty answers are used up
            (403); `server.delivery.rows_used_up`: no row is left today, so that every answer but an empty one would be
            refused.
    """
    entitlement, now = admission.entitlement, clock.now()
    if _same_act(entitlement, key, now) is not None:
        return
    most = admission.limits.rows_a_day
    if most is not None and used_today(entitlement, now)["rows"] >= most:
        raise RefusedError("server.delivery.rows_used_up", most=most, left=0)
    if entitlement.agreement.terms.get("plan", {}).get("kind") not in BY_ROW:
        return
    empty = MeterEvent.objects.filter(entitlement=entitlement, kind="rows", rows=0, at__gte=_midnight(now))
    if empty.count() >= MOST_EMPTY:
        raise RefusedError("server.delivery.empty_used_up", most=MOST_EMPTY)


def rows_allowed(admission: Admission, key: str, limit: int) -> int:
    """How many rows a page may have: those asked for, or what is left of the day; of a retry what it had before.

    A page that ends earlier says no more than that it does. To refuse one that has too many rows would tell that there
    are so many, and cost nothing.

    Raises:
        RefusedError: `server.delivery.rows_used_up` (403): none is left.
    """
    now, most = clock.now(), admission.limits.rows_a_day
    known = _same_act(admission.entitlement, key, now)
    if known is not None:
        return min(limit, known.rows) or limit
    if most is None:
        return limit
    left = most - used_today(admission.entitlement, now)["rows"]
    if left <= 0:
        raise RefusedError("server.delivery.rows_used_up", most=most, left=0)
    return min(limit, left)


def used_today(entitlement: Entitlement, now: datetime) -> dict[str, int]:
    """Calls and rows since midnight in the two cities."""
    return counted(entitlement, _midnight(now), now + timedelta(seconds=1))


def _midnight(now: datetime) -> datetime:
    return now.astimezone(BOTH_CITIES).replace(hour=0, minute=0, second=0, microsecond=0)


def counted(entitlement: Entitlement, begin: datetime, end: datetime) -> dict[str, int]:
    """Calls, rows and bytes from one instant until (not on) another."""
    events = MeterEvent.objects.filter(entitlement=entitlement, at__gte=begin, at__lt=end)
    sums = events.aggregate(calls=Count("pk"), rows=Sum("rows"), bytes=Sum("bytes"))
    return {name: int(value or 0) for name, value in sums.items()}
