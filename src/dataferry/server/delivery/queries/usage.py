"""What was fetched, when and by which door: for the buyer, the supplier and whoever bills it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate, TruncMonth
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dataferry.server.delivery.metering import used_today
from dataferry.server.delivery.models import Entitlement, MeterEvent
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES

DAYS = 31
KINDS: dict[str, Promise] = {
    "query": _("Queries of the share"),
    "changes": _("Queries of changes"),
    "download": _("Downloads"),
    "rows": _("Pages of rows"),
    "answer": _("Answers to questions"),
}


@dataclass(frozen=True)
class Line:
    """One line of usage: calls, rows and bytes of a day, a month or a kind."""

    what: date | str
    calls: int
    rows: int
    bytes: int


@dataclass(frozen=True)
class Usage:
    """Usage of one entitlement: in all, by kind, by month, by each of the last days."""

    total: Line
    kinds: list[Line]
    months: list[Line]
    days: list[Line]
    today: dict[str, int]


def usage_of(entitlement: Entitlement) -> Usage:
    """Everything counted so far. Days and months are those of the two cities."""
    now = clock.now()
    events = MeterEvent.objects.filter(entitlement=entitlement)
    kinds = [Line(KINDS.get(row["kind"], row["kind"]), *_sums(row)) for row in _grouped(events, "kind")]
    by_month = events.annotate(what=TruncMonth("at", tzinfo=BOTH_CITIES))
    months = [Line(row["what"].date(), *_sums(row)) for row in _grouped(by_month, "what")]
    recent = events.filter(at__gt=now - timedelta(days=DAYS)).annotate(what=TruncDate("at", tzinfo=BOTH_CITIES))
    days = [Line(row["what"], *_sums(row)) for row in _grouped(recent, "what")]
    total = Line("", *(sum(getattr(line, name) for line in months) for name in ("calls", "rows", "bytes")))
    return Usage(total, kinds, months[::-1], days[::-1], used_today(entitlement, now))


def _grouped(events: Any, name: str) -> Any:
    # The model's own order would split the groups.
    return events.order_by(name).values(name).annotate(calls=Count("pk"), all_rows=Sum("rows"), all_bytes=Sum("bytes"))


def _sums(row: dict[str, Any]) -> tuple[int, int, int]:
    return (row["calls"], int(row["all_rows"]), int(row["all_bytes"]))


def last_use(entitlement: Entitlement) -> datetime | None:
    """When something was last fetched."""
    return MeterEvent.objects.filter(entitlement=entitlement).values_list("at", flat=True).first()
