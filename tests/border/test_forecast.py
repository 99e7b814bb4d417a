"""Promise: the day on which a threshold is reached is told at the faster of two paces, and never beyond the year."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.border import forecast
from dataferry.messages import InputError

END = date(2026, 12, 31)


def test_at_an_even_pace() -> None:
    assert forecast([(date(2026, 4, 10), 1_000)], 1_010, END) == date(2026, 4, 11), "10 a day since 1 January"
    assert forecast([(date(2026, 4, 10), 1_000)], 1_011, END) == date(2026, 4, 12), "a part of a day is a day"


def test_the_faster_pace_counts() -> None:
    points = [(date(2026, 7, 1), 10_000), (date(2026, 7, 29), 66_000)]
    assert forecast(points, 100_000, END) == date(2026, 8, 15), "2,000 a day in the last four weeks: 17 days"


def test_reached_not_yet_and_never() -> None:
    points = [(date(2026, 3, 1), 50), (date(2026, 4, 1), 100)]
    assert forecast(points, 75, END) == date(2026, 4, 1)
    assert forecast(points, 10_000, END) is None, "the count starts again on 1 January"
    assert forecast(points, 101, date(2026, 4, 1)) is None, "after the day asked for"
    assert forecast([], 1, END) is None
    assert forecast([(date(2026, 4, 1), 0)], 1, END) is None, "no pace at all"
    assert forecast([(date(2025, 12, 31), 99_999), (date(2026, 1, 10), 10)], 100_000, END) is None, "another year"


@given(
    st.lists(st.integers(1, 3_000), min_size=1, max_size=12),
    st.integers(1, 50_000),
    st.integers(1, 50_000),
)
def test_a_higher_threshold_is_never_reached_sooner(gains: list[int], one: int, other: int) -> None:
    points, people = [], 0
    for week, gain in enumerate(gains):
        people += gain
        points.append((date(2026, 1, 7) + timedelta(7 * week), people))
    sooner, later = (forecast(points, threshold, END) or END for threshold in sorted((one, other)))
    assert sooner <= later


@pytest.mark.parametrize(
    ("points", "threshold"),
    [
        ([(date(2026, 2, 1), 5), (date(2026, 2, 1), 6)], 9),
        ([(date(2026, 2, 1), 5), (date(2026, 1, 1), 6)], 9),
        ([(date(2026, 2, 1), 5), (date(2026, 2, 2), 4)], 9),
        ([(date(2026, 2, 1), -1)], 9),
        ([(date(2026, 2, 1), 1)], 0),
    ],
)
def test_points_out_of_order_are_refused(points: list[tuple[date, int]], threshold: int) -> None:
    with pytest.raises(InputError):
        forecast(points, threshold, END)
