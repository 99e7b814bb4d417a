"""Lines and dots stand where their values are, whatever stands along x; what is left out is counted."""

import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from dataferry.server.display.marks import (
    HEIGHT,
    LEFT,
    MOST_MARKS,
    MOST_ROWS_SHOWN,
    RIGHT,
    WIDTH,
    Mark,
    MarkPanel,
    mark_panels,
)

DAY = datetime(2025, 1, 1, tzinfo=UTC)


def panel(xs: list[Any], kind: str = "dot", ys: list[float | None] | None = None) -> MarkPanel:
    marks = [Mark(x, y, "hong-kong", "µg/m³") for x, y in zip(xs, ys or range(len(xs)), strict=True)]
    (drawn,) = mark_panels({"a": marks}, kind, None, one_scale=True)
    return drawn


@pytest.mark.parametrize(
    "xs",
    [
        [3, 1, 2],
        [2.5, 0.5, 1.5],
        [DAY + timedelta(days=2), DAY, DAY + timedelta(days=1)],
        [datetime(2025, 1, 3), datetime(2025, 1, 1), datetime(2025, 1, 2)],  # noqa: DTZ001  local times have no zone
        [date(2025, 1, 3), date(2025, 1, 1), date(2025, 1, 2)],
        ["c", "a", "b"],
        [3, "1", math.inf],
    ],
    ids=lambda xs: type(xs[0]).__name__,
)
def test_marks_stand_in_the_order_of_their_values_inside_the_panel(xs: list[Any]) -> None:
    drawn = panel(xs)
    places = [x for x, _y in drawn.series[0].dots]
    assert all(one < other for one, other in pairwise(places))
    assert (places[0], places[-1]) == (LEFT, WIDTH - RIGHT)
    assert [tick.at for tick in drawn.x_ticks] == places
    assert all(0 <= y <= HEIGHT for _x, y in drawn.series[0].dots)


def test_times_have_days_for_ticks() -> None:
    assert [tick.text for tick in panel([DAY, DAY + timedelta(days=1)]).x_ticks] == ["2025-01-01", "2025-01-02"]


def test_a_mark_without_a_place_or_figure_is_not_drawn() -> None:
    drawn = panel([1, None, 3, 4], ys=[1.0, 2.0, None, 4.0])
    assert len(drawn.series[0].dots) == 2
    assert [row[0] for row in drawn.rows] == ["1", "3", "4"]
    assert panel([1, 2, 3, 4], "line", [1.0, None, 3.0, 4.0]).series[0].path.count("M") == 2


def test_one_mark_and_a_flat_line_have_a_place() -> None:
    assert panel([5], ys=[0.0]).series[0].dots[0][0] == LEFT
    assert len({y for _x, y in panel([1, 2], ys=[7.0, 7.0]).series[0].dots}) == 1


def test_measures_without_any_figure_are_left_out() -> None:
    none = [Mark(1, None, "", ""), Mark(2, None, "", "")]
    some = [Mark(1, 2.0, "", ""), Mark(2, 3.0, "", "")]
    assert mark_panels({"a": []}, "line", None, one_scale=True) == []
    assert mark_panels({"a": none}, "line", None, one_scale=True) == []
    (drawn,) = mark_panels({"a": none, "b": some}, "line", None, one_scale=False)
    assert (drawn.title, drawn.ink) == ("b", "both")


def test_rows_and_marks_beyond_what_can_be_shown_are_counted() -> None:
    drawn = panel(list(range(MOST_MARKS * 2)))
    assert len(drawn.series[0].dots) == MOST_MARKS
    assert (len(drawn.rows), drawn.left_out) == (MOST_ROWS_SHOWN, MOST_MARKS * 2 - MOST_ROWS_SHOWN)
