"""Numbers under which people and the journal know things: `L-2026-0007`, one series a kind and year, without gaps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F

from dataferry.server.journal.models import NumberSeries

BOTH_CITIES = ZoneInfo("Asia/Hong_Kong")
"""Hong Kong and Shanghai keep the same time: their year is the number's year."""


def next_in_series(series: str, at: datetime) -> tuple[int, int]:
    """Year and next number of a series, in the caller's transaction: rolled back with it, so no number is lost."""
    year = at.astimezone(BOTH_CITIES).year
    NumberSeries.objects.bulk_create([NumberSeries(series=series, year=year)], ignore_conflicts=True)
    NumberSeries.objects.filter(series=series, year=year).update(last=F("last") + 1)
    return year, NumberSeries.objects.get(series=series, year=year).last


def next_number(series: str, at: datetime) -> str:
    """The next number of a series as text, such as `L-2026-0007`."""
    year, number = next_in_series(series, at)
    return f"{series}-{year}-{number:04d}"
