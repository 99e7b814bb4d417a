"""A figure a day as columns: every day has its place, also one without a figure; the scale starts at zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from dataferry.server.display.count_frames import BOTTOM, HEIGHT, LEFT, RIGHT, WIDTH, scale_to, x
from dataferry.server.display.marks import Tick
from dataferry.server.display.words import day, number

GAP = 0.25
"""Part of a day's width that stays white."""


@dataclass(frozen=True)
class Column:
    """One day: a rectangle in the view box, and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class DaysDrawing:
    """Columns in a view box of `count_frames.WIDTH` by `HEIGHT`."""

    columns: tuple[Column, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    most: int


def days_drawing(figures: Mapping[date, int], until: date, length: int) -> DaysDrawing | None:
    """The `length` days that end with `until`; None where none of them has a figure above zero.

    Args:
        figures: whole numbers, none below zero; days outside are left out.
    """
    days = [until - timedelta(days=back) for back in range(length - 1, -1, -1)]
    most = max((figures.get(each, 0) for each in days), default=0)
    if most <= 0:
        return None
    scale, wide = scale_to(most), (WIDTH - LEFT - RIGHT) / length
    columns = []
    for index, each in enumerate(days):
        if count := figures.get(each, 0):
            top, text = scale.y(count), f"{day(each)}: {number(count)}"
            left = x((index + GAP / 2) / length)
            columns.append(Column(left, top, round(wide * (1 - GAP), 1), round(HEIGHT - BOTTOM - top, 1), text))
    named = sorted({0, length // 2, length - 1})
    x_ticks = tuple(Tick(x(index / max(length - 1, 1)), day(days[index])) for index in named)
    return DaysDrawing(tuple(columns), x_ticks, scale.ticks(), most)
