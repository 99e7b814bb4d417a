"""When a count of the year will reach a threshold, at the pace so far."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from dataferry.messages import InputError

RECENT_DAYS = 28
"""Besides the pace since 1 January, the pace of the last four weeks counts; the faster of the two is used."""


def forecast(points: Sequence[tuple[date, int]], threshold: int, until: date) -> date | None:
    """The first day on which the count will have reached `threshold`; None when not by `until`, or not in this year.

    Args:
        points: (day, people since 1 January at the end of that day), days ascending, counts never falling. Points of
            earlier years are left out: counts start again at zero on 1 January.
        threshold: people, at least 1.
        until: look no further than this day.

    Raises:
        InputError: the points are not in order, a count falls within a year, or the threshold is below 1.
    """
    _ordered(points, threshold)
    if not points:
        return None
    year = points[-1][0].year
    own = [point for point in points if point[0].year == year]
    reached = next((day for day, people in own if people >= threshold), None)
    if reached is None:
        day, people = own[-1]
        paces = [(before, at) for before, at in _anchors(own) if people > at and day > before]
        days = min((_days(threshold - people, people - at, (day - before).days) for before, at in paces), default=None)
        reached = None if days is None or days > (date.max - day).days else day + timedelta(days)
    return reached if reached is not None and reached <= min(until, date(year, 12, 31)) else None


def _anchors(own: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    """Where a pace is measured from: the eve of the year, and the last point that is at least four weeks back."""
    last = own[-1][0]
    start = (date(last.year - 1, 12, 31), 0) if last.year > 1 else own[0]
    recent = [point for point in own if (last - point[0]).days >= RECENT_DAYS]
    return [start, *recent[-1:]]


def _days(wanted: int, gained: int, days: int) -> int:
    """Days to gain `wanted` at `gained` in `days`, rounded up."""
    return -(-wanted * days // gained)


def _ordered(points: Sequence[tuple[date, int]], threshold: int) -> None:
    if threshold < 1:
        raise InputError("border.forecast_threshold")
    for (day, people), (next_day, next_people) in pairwise(points):
        if next_day <= day or (next_day.year == day.year and next_people < people):
            raise InputError("border.forecast_order", day=next_day.isoformat())
    if any(people < 0 for _, people in points):
        raise InputError("border.forecast_order", day=points[0][0].isoformat())
