"""What the head-count ledger says: how many people of one exporter and year, and when a threshold would be crossed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dataferry.server.compliance.models import HeadEntry, HeadLedger
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant


@dataclass(frozen=True)
class Counts:
    """People whose data went out of the Mainland since 1 January: the upper bounds that decisions use."""

    general: int
    sensitive: int


def year_of(at: datetime) -> int:
    """The calendar year of both cities at an instant."""
    return at.astimezone(BOTH_CITIES).year


def counts_of(exporter: Merchant, year: int) -> Counts:
    """The ledger of an exporter and year; an empty one counts nobody."""
    high = dict(HeadLedger.objects.filter(exporter=exporter, year=year).values_list("sensitive", "high"))
    return Counts(general=high.get(False, 0), sensitive=high.get(True, 0))


def is_counted(exporter: Merchant, year: int, release_digest: str, cause: str = "") -> bool:
    """Whether the people of a release are in this year's ledger already; with `cause`, for this one."""
    rows = HeadEntry.objects.filter(ledger__exporter=exporter, ledger__year=year, release_digest=release_digest)
    return (rows.filter(cause=cause) if cause else rows).exists()


def points_of(exporter: Merchant, year: int, sensitive: bool) -> list[tuple[date, int]]:
    """How the ledger grew: the day and the count after every addition, oldest first."""
    rows = HeadEntry.objects.filter(ledger__exporter=exporter, ledger__year=year, ledger__sensitive=sensitive)
    seen: dict[date, int] = {}
    for at, high in rows.order_by("pk").values_list("counted_at", "high_after"):
        seen[at.astimezone(BOTH_CITIES).date()] = high
    return sorted(seen.items())
