"""Promise: counts against thresholds, counts by day and the course of a life are drawn as they are."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.server.display.count_frames import BOTTOM, HEIGHT, TOP, WIDTH
from dataferry.server.display.courses import Stage, Step, in_order
from dataferry.server.display.days import days_drawing
from dataferry.server.display.years import year_drawing

TODAY = date(2026, 11, 22)
GROUND = HEIGHT - BOTTOM


def test_the_next_threshold_is_in_the_picture_and_the_one_beyond_is_not() -> None:
    with translation.override("en"):
        drawn = year_drawing([(date(2026, 3, 1), 79_187)], TODAY, [100_000, 1_000_000], (date(2026, 12, 20), 100_000))
    assert [limit.text for limit in drawn.limits] == ["100,000"]
    assert drawn.limits[0].at == TOP
    assert "100,000" not in [tick.text for tick in drawn.y_ticks]
    assert drawn.ahead.startswith(f"M{drawn.end[0]} {drawn.end[1]}L")
    assert drawn.ahead.endswith(f" {TOP}")
    assert [tick.text for tick in drawn.x_ticks] == ["1 Jan 2026", "1 Jul 2026", "31 Dec 2026"]


def test_a_year_with_nobody_in_it_is_drawn_on_the_ground() -> None:
    drawn = year_drawing([], TODAY, [1, 10_000])
    assert drawn.end[1] == GROUND
    assert drawn.ahead == ""


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 364), st.integers(0, 10**8)), max_size=8))
def test_a_count_that_grows_never_leaves_the_frame(additions: list[tuple[int, int]]) -> None:
    found, count = {}, 0
    for index, people in sorted(additions):
        count += people
        found[date(2026, 1, 1) + timedelta(days=index)] = count
    drawn = year_drawing(sorted(found.items()), date(2026, 12, 31), [100_000, 1_000_000])
    heights = [float(each) for each in re.findall(r"V([\d.]+)", drawn.path)]
    assert heights == sorted(heights, reverse=True)
    assert all(TOP <= each <= GROUND for each in heights)
    assert all(0 <= tick.at <= HEIGHT for tick in (*drawn.limits, *drawn.y_ticks))


def test_a_day_without_a_figure_keeps_its_place() -> None:
    with translation.override("en"):
        drawn = days_drawing({TODAY: 8, TODAY - timedelta(days=30): 4, TODAY - timedelta(days=31): 99}, TODAY, 31)
    assert drawn is not None
    first, last = drawn.columns
    assert (last.height, last.text) == (2 * first.height, "22 Nov 2026: 8")
    assert first.x < WIDTH / 4 < last.x < WIDTH
    assert drawn.most == 8
    assert all("." not in tick.text for tick in drawn.y_ticks)
    assert days_drawing({TODAY: 0}, TODAY, 31) is None


def test_the_first_step_that_is_not_done_comes_next() -> None:
    steps = [Step("a", "", Stage.DONE), Step("b", "", Stage.AHEAD), Step("c", "", Stage.AHEAD)]
    assert [step.stage for step in in_order(steps)] == [Stage.DONE, Stage.NEXT, Stage.AHEAD]
    stopped = [Step("a", "", Stage.DONE), Step("b", "", Stage.STOPPED), Step("c", "", Stage.AHEAD)]
    assert in_order(stopped) == stopped
