"""The chart of a release: small multiples by city, zero at the start, direct labels, units always."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dataferry.messages import Language
from dataferry.server.workshop.data import first_rows
from dataferry.server.workshop.drawings.kept import kept
from dataferry.server.workshop.drawings.scales import ticks
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.words import INKS, Spoken, cell, city_name, column_of, label_column, number, spoken
from dataferry.server.workshop.words import unit_word as word_of_unit

MOST_ROWS = 100_000
MOST_BARS = 40
MOST_MARKS = 1500
LONGEST_BAR = 76.0
WIDTH, HEIGHT = 640.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 12.0, 30.0


@dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, its figure as text, its length in percent of its cell.

    The longest of all panels has `LONGEST_BAR`; the rest of the cell is for its figure.
    """

    label: str
    value: str
    length: float | None


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Panel:
    """One city's part. Bars, or for lines and dots the marks in a view box of WIDTH by HEIGHT."""

    title: str
    ink: str
    bars: tuple[Bar, ...] = ()
    left_out: int = 0
    path: str = ""
    dots: tuple[tuple[float, float], ...] = ()
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()
    rows: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Chart:
    """Panels with the same scale, and the words around them."""

    kind: str
    x_title: Spoken
    y_title: Spoken
    unit: str
    panels: tuple[Panel, ...]


@kept
def chart_drawing(release: Release, language: Language) -> Chart | None:
    """The chart that the product asks for, or None. Kept: a release never changes."""
    document = release.document
    wanted = document.get("chart")
    if not wanted:
        return None
    x_name = label_column(document, wanted["x"], language)
    y_name, split = wanted["y"], wanted.get("split")
    rows = first_rows(release, [name for name in (x_name, y_name, split) if name], MOST_ROWS)
    groups: dict[str, list[tuple[Any, Any]]] = {}
    for row in rows:
        groups.setdefault(str(row.get(split, "")) if split else "", []).append((row.get(x_name), row.get(y_name)))
    if not groups:
        return None
    y_column = column_of(document, y_name)
    order = [*INKS, *sorted(groups)]
    names = sorted(groups, key=order.index)
    only = document["cities"][0] if len(document["cities"]) == 1 else ""
    precision = y_column.get("precision")
    if wanted["kind"] == "bar":
        panels = _bar_panels(names, groups, only, precision)
    else:
        panels = _mark_panels(names, groups, only, precision, wanted["kind"])
    return Chart(
        wanted["kind"],
        spoken(column_of(document, x_name).get("title"), language),
        spoken(y_column.get("title"), language),
        word_of_unit(y_column.get("unit")),
        tuple(panels),
    )


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _title(name: str, only: str) -> tuple[str, str]:
    """Title and ink of a panel."""
    return (city_name(name) if name in INKS else name), INKS.get(name or only, "both")


def _bar_panels(
    names: Sequence[str], groups: dict[str, list[tuple[Any, Any]]], only: str, precision: int | None
) -> list[Panel]:
    figures = [_figure(y) for rows in groups.values() for _x, y in rows]
    longest = max((abs(figure) for figure in figures if figure is not None), default=0.0) or 1.0
    panels = []
    for name in names:
        rows = sorted(groups[name], key=lambda row: -(_figure(row[1]) if _figure(row[1]) is not None else -math.inf))
        bars = []
        for x, y in rows[:MOST_BARS]:
            figure = _figure(y)
            length = None if figure is None else round(LONGEST_BAR * abs(figure) / longest, 2)
            bars.append(Bar(cell(x), cell(y, precision), length))
        title, ink = _title(name, only)
        panels.append(Panel(title, ink, tuple(bars), max(0, len(rows) - MOST_BARS)))
    return panels


def _position(value: Any) -> float | None:
    """Where a value stands on a line: numbers as they are, times as seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day).timestamp()  # noqa: DTZ001  a day has no zone
    return _figure(value)


def _mark_panels(
    names: Sequence[str], groups: dict[str, list[tuple[Any, Any]]], only: str, precision: int | None, kind: str
) -> list[Panel]:
    """Lines or dots. Values that have no place on a line (names) stand in their order."""
    if any(_position(x) is None for rows in groups.values() for x, _y in rows if x is not None):
        seen = sorted({cell(x) for rows in groups.values() for x, _y in rows})
        at = {text: float(index) for index, text in enumerate(seen)}
        placed = {name: [(at[cell(x)], x, _figure(y)) for x, y in groups[name]] for name in names}
    else:
        placed = {name: [(_position(x), x, _figure(y)) for x, y in groups[name] if x is not None] for name in names}
    every = [mark for marks in placed.values() for mark in marks]
    xs = [mark[0] for mark in every if mark[0] is not None]
    ys = [mark[2] for mark in every if mark[2] is not None]
    if not xs or not ys:
        return []
    marks_y = ticks(min(0.0, *ys), max(0.0, *ys), 4)
    x_range, y_range = (min(xs), max(xs)), (marks_y[0], marks_y[-1])
    y_ticks = tuple(Tick(_along_y(mark, y_range), number(mark)) for mark in marks_y)
    panels = []
    for name in names:
        marks = sorted((m for m in placed[name] if m[0] is not None), key=lambda mark: mark[0] or 0.0)
        title, ink = _title(name, only)
        step = max(1, math.ceil(len(marks) / MOST_MARKS))
        points = [(_along_x(m[0] or 0.0, x_range), None if m[2] is None else _along_y(m[2], y_range)) for m in marks]
        panels.append(
            Panel(
                title,
                ink,
                path=_line(points[::step]) if kind == "line" else "",
                dots=tuple((x, y) for x, y in points[::step] if y is not None) if kind == "dot" else (),
                x_ticks=_x_ticks([(m[0] or 0.0, m[1]) for m in marks], x_range),
                y_ticks=y_ticks,
                rows=tuple((cell(m[1]), cell(m[2], precision)) for m in marks[:MOST_BARS]),
                left_out=max(0, len(marks) - MOST_BARS),
            )
        )
    return panels


def _along_x(value: float, limits: tuple[float, float]) -> float:
    span = limits[1] - limits[0] or 1.0
    return round(LEFT + (value - limits[0]) / span * (WIDTH - LEFT - RIGHT), 1)


def _along_y(value: float, limits: tuple[float, float]) -> float:
    span = limits[1] - limits[0] or 1.0
    return round(HEIGHT - BOTTOM - (value - limits[0]) / span * (HEIGHT - TOP - BOTTOM), 1)


def _line(points: Sequence[tuple[float, float | None]]) -> str:
    """Path data; a missing figure breaks the line, it is not bridged."""
    parts, drawing = [], False
    for x, y in points:
        if y is not None:
            parts.append(f"{'L' if drawing else 'M'}{x} {y}")
        drawing = y is not None
    return "".join(parts)


def _x_ticks(marks: Sequence[tuple[float, Any]], limits: tuple[float, float]) -> tuple[Tick, ...]:
    """At most five marks, each at a value that is there."""
    if not marks:
        return ()
    chosen = sorted({round(index * (len(marks) - 1) / 4) for index in range(5)})
    return tuple(Tick(_along_x(marks[index][0], limits), _short(marks[index][1])) for index in chosen)


def _short(value: Any) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, datetime) else cell(value)
