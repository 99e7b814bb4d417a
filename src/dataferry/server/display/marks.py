"""Lines and dots: panels of one measure each, cities as lines in their ink, zero at the start, no bridge over gaps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dataferry.server.display.scales import ticks
from dataferry.server.display.words import INKS, cell, city_name, number

WIDTH, HEIGHT = 640.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 50.0, 14.0, 14.0, 30.0
MOST_MARKS = 1500
MOST_ROWS_SHOWN = 60
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Series:
    """One line or cloud of dots, in one ink, with its name."""

    name: str
    ink: str
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class MarkPanel:
    """One measure, in a view box of WIDTH by HEIGHT; `rows` are its first figures, for the table twin."""

    title: str
    unit: str
    ink: str
    series: tuple[Series, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    rows: tuple[tuple[str, str, str], ...]
    left_out: int


@dataclass(frozen=True)
class Mark:
    """One row of the chart before it has a place: x and y as they are in the data, the city, the panel's unit."""

    x: Any
    y: float | None
    city: str
    unit: str


def mark_panels(groups: dict[str, list[Mark]], kind: str, precision: int | None, *, one_scale: bool) -> list[MarkPanel]:
    """Panels in the order of `groups`. With `one_scale` all share their axes: they show the same measure."""
    placed = {name: _placed(marks) for name, marks in groups.items()}
    if not any(placed.values()):
        return []
    shared = _axes([point for points in placed.values() for point in points]) if one_scale else None
    panels = []
    for name, points in placed.items():
        axes = shared or _axes(points)
        if axes is not None:
            panels.append(_panel(name, groups[name], points, axes, kind, precision))
    return panels


Point = tuple[float, Mark]
Axes = tuple[tuple[float, float], list[float]]


def _position(value: Any) -> float | None:
    """Where a value stands on a line: numbers as they are, times in seconds."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return (value - _EPOCH) / timedelta(seconds=1)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _placed(marks: Sequence[Mark]) -> list[Point]:
    """Marks with their place along x, in order. Names, which have none, stand in the order of the alphabet."""
    known = [(_position(mark.x), mark) for mark in marks if mark.x is not None]
    if any(at is None for at, _mark in known):
        order = {text: float(index) for index, text in enumerate(sorted({cell(mark.x) for _at, mark in known}))}
        known = [(order[cell(mark.x)], mark) for _at, mark in known]
    return sorted(((at, mark) for at, mark in known if at is not None), key=lambda point: point[0])


def _axes(points: Sequence[Point]) -> Axes | None:
    """Limits along x, and the marks of the y axis, which hold zero."""
    ys = [mark.y for _at, mark in points if mark.y is not None]
    if not ys:
        return None
    places = [at for at, _mark in points]
    return (min(places), max(places)), ticks(min(0.0, *ys), max(0.0, *ys), 4)


def _panel(
    title: str, marks: Sequence[Mark], points: Sequence[Point], axes: Axes, kind: str, precision: int | None
) -> MarkPanel:
    along, marks_y = axes
    heights = (marks_y[0], marks_y[-1])
    cities = sorted({mark.city for mark in marks}, key=lambda city: [*INKS, city].index(city))
    units = {mark.unit for mark in marks}
    series = tuple(
        _series(city, [point for point in points if point[1].city == city], along, heights, kind) for city in cities
    )
    return MarkPanel(
        title=title,
        unit=units.pop() if len(units) == 1 else "",
        ink=INKS.get(cities[0], "both") if len(cities) == 1 else "both",
        series=series,
        x_ticks=_x_ticks(points, along),
        y_ticks=tuple(Tick(_along_y(mark, heights), number(mark)) for mark in marks_y),
        rows=tuple(_row(mark, precision) for _at, mark in points[:MOST_ROWS_SHOWN]),
        left_out=max(0, len(points) - MOST_ROWS_SHOWN),
    )


def _row(mark: Mark, precision: int | None) -> tuple[str, str, str]:
    return (cell(mark.x), city_name(mark.city) if mark.city else "", cell(mark.y, precision))


def _series(
    city: str, points: Sequence[Point], along: tuple[float, float], heights: tuple[float, float], kind: str
) -> Series:
    step = max(1, math.ceil(len(points) / MOST_MARKS))
    at = [(_along_x(x, along), None if mark.y is None else _along_y(mark.y, heights)) for x, mark in points[::step]]
    return Series(
        name=city_name(city) if city else "",
        ink=INKS.get(city, "both"),
        path=_line(at) if kind == "line" else "",
        dots=tuple((x, y) for x, y in at if y is not None) if kind == "dot" else (),
    )


def _along_x(value: float, limits: tuple[float, float]) -> float:
    span = limits[1] - limits[0] or 1.0
    return round(LEFT + (value - limits[0]) / span * (WIDTH - LEFT - RIGHT), 1)


def _along_y(value: float, limits: tuple[float, float]) -> float:
    span = limits[1] - limits[0] or 1.0
    return round(HEIGHT - BOTTOM - (value - limits[0]) / span * (HEIGHT - TOP - BOTTOM), 1)


def _line(points: Iterable[tuple[float, float | None]]) -> str:
    """Path data; a missing figure breaks the line, it is not bridged."""
    parts, drawing = [], False
    for x, y in points:
        if y is not None:
            parts.append(f"{'L' if drawing else 'M'}{x} {y}")
        drawing = y is not None
    return "".join(parts)


def _x_ticks(points: Sequence[Point], limits: tuple[float, float]) -> tuple[Tick, ...]:
    """At most five marks, each at a value that is there."""
    found = {}
    for index in range(5):
        aim = limits[0] + (limits[1] - limits[0]) * index / 4
        at, mark = min(points, key=lambda point: abs(point[0] - aim))
        found[at] = Tick(_along_x(at, limits), _short(mark.x))
    return tuple(found[at] for at in sorted(found))


def _short(value: Any) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, datetime) else cell(value)
