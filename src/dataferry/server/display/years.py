"""A count that grows through a calendar year, drawn against its limits: steps, lines, and where it is heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dataferry.server.display.count_frames import LEFT, Scale, scale_to, x
from dataferry.server.display.marks import Tick
from dataferry.server.display.words import day, number

NEAR_THE_GROUND = 0.05
"""A limit below this part of the scale would lie on the axis: it is told in words only."""


@dataclass(frozen=True)
class YearDrawing:
    """A step line in a view box of `count_frames.WIDTH` by `HEIGHT`, its limits, and a dashed line to the forecast."""

    path: str
    ahead: str
    end: tuple[float, float]
    limits: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]


def year_drawing(
    points: Sequence[tuple[date, int]], today: date, limits: Sequence[int], reached: tuple[date, int] | None = None
) -> YearDrawing:
    """Draw the year of `today`.

    Args:
        points: (day, count at its end), days ascending, all of that year; the year begins at zero.
        limits: counts to draw a line at. The scale holds the first one that is not reached, and what lies below it.
        reached: the day on which one of them is expected to be reached, and that limit.
    """
    now = points[-1][1] if points else 0
    scale = scale_to(min((limit for limit in limits if limit > now), default=max([now, *limits])))
    shown = tuple(limit for limit in limits if NEAR_THE_GROUND * scale.high <= limit <= scale.high)
    end = (_at(today), scale.y(now))
    ahead = ""
    if reached is not None and reached[1] <= scale.high:
        ahead = f"M{end[0]} {end[1]}L{_at(reached[0])} {scale.y(reached[1])}"
    named = (date(today.year, 1, 1), date(today.year, 7, 1), date(today.year, 12, 31))
    return YearDrawing(
        path=_steps(points, end, scale),
        ahead=ahead,
        end=end,
        limits=tuple(Tick(scale.y(limit), number(limit)) for limit in shown),
        x_ticks=tuple(Tick(_at(each), day(each)) for each in named),
        y_ticks=scale.ticks(leaving_out=shown),
    )


def _steps(points: Sequence[tuple[date, int]], end: tuple[float, float], scale: Scale) -> str:
    """Level until the day of an addition, then up: between two additions nothing was added."""
    parts = [f"M{LEFT} {scale.y(0)}", *(f"H{_at(at)}V{scale.y(count)}" for at, count in points)]
    return "".join([*parts, f"H{end[0]}"])


def _at(at: date) -> float:
    first, last = date(at.year, 1, 1), date(at.year, 12, 31)
    return x((at - first) / timedelta(days=1) / ((last - first) / timedelta(days=1)))
