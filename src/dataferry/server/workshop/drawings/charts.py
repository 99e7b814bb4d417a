"""The chart of a release: small multiples, zero at the start, direct labels, units always, one measure an axis."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataferry.messages import Language
from dataferry.server.display.marks import Mark, MarkPanel, mark_panels
from dataferry.server.display.words import INKS, Spoken, cell, city_name, spoken, unit_beside, unit_word
from dataferry.server.workshop.columns import column_of, label_column
from dataferry.server.workshop.data import first_rows
from dataferry.server.workshop.drawings.kept import kept
from dataferry.server.workshop.models import Release

MOST_ROWS = 100_000
MOST_BARS = 40
LONGEST_BAR = 76.0
CITY, UNIT = "city", "unit"


@dataclass(frozen=True)
class Bar:
    """One bar: what it stands for, its figure as text, its length in percent of its cell.

    The longest of all panels has `LONGEST_BAR`; the rest of the cell is for its figure.
    """

    label: str
    value: str
    length: float | None


@dataclass(frozen=True)
class BarPanel:
    """One city's bars, longest first, and how many shorter ones are left out."""

    title: str
    ink: str
    bars: tuple[Bar, ...]
    left_out: int


@dataclass(frozen=True)
class Chart:
    """Panels, and the words around them. `one_scale` says that all panels share their axes."""

    kind: str
    x_title: Spoken
    y_title: Spoken
    unit: str
    one_scale: bool
    bars: tuple[BarPanel, ...] = ()
    marks: tuple[MarkPanel, ...] = ()

    @property
    def panels(self) -> int:
        return len(self.bars) + len(self.marks)


@kept
def chart_drawing(release: Release, language: Language) -> Chart | None:
    """The chart that the product asks for, or None where it asks for none or has no figure to draw."""
    document = release.document
    wanted = document.get("chart")
    if not wanted:
        return None
    x_name = label_column(document, wanted["x"], language)
    split = label_column(document, wanted["split"], language) if wanted.get("split") else None
    groups = _groups(release, x_name, wanted["y"], split)
    y_column = column_of(document, wanted["y"])
    precision = y_column.get("precision")
    by_city = split is None or all(name in {*INKS, ""} for name in groups)
    if wanted["kind"] == "bar":
        bars, marks = _bar_panels(groups, precision), []
    else:
        named = {city_name(name): marks for name, marks in groups.items()}
        bars, marks = [], mark_panels(named, wanted["kind"], precision, one_scale=by_city)
    if not bars and not marks:
        return None
    y_title = spoken(y_column.get("title"), language)
    return Chart(
        wanted["kind"],
        spoken(column_of(document, x_name).get("title"), language),
        y_title,
        unit_beside(y_title, unit_word(y_column.get("unit"))),
        by_city or wanted["kind"] == "bar",
        tuple(bars),
        tuple(marks),
    )


def _groups(release: Release, x: str, y: str, split: str | None) -> dict[str, list[Mark]]:
    """The rows of each panel; the two cities first, in their order."""
    document = release.document
    declared = {column["name"] for column in document["output"]["columns"]}
    names = dict.fromkeys(name for name in (x, y, split, CITY, UNIT) if name and name in declared)
    only = document["cities"][0] if len(document["cities"]) == 1 else ""
    groups: dict[str, list[Mark]] = {}
    for row in first_rows(release, list(names), MOST_ROWS):
        panel = cell(row.get(split)) if split else ""
        city = row.get(CITY) if row.get(CITY) in INKS else only
        mark = Mark(row.get(x), _figure(row.get(y)), str(city), _unit(row))
        groups.setdefault(panel, []).append(mark)
    order = {name: index for index, name in enumerate(INKS)}
    return {name: groups[name] for name in sorted(groups, key=lambda name: (order.get(name, len(order)), name))}


def _unit(row: Mapping[str, Any]) -> str:
    """The unit of a row, where each row states its own."""
    stated = row.get(UNIT)
    return unit_word(stated) if isinstance(stated, str) else ""


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def _bar_panels(groups: Mapping[str, list[Mark]], precision: int | None) -> list[BarPanel]:
    figures = [abs(mark.y) for marks in groups.values() for mark in marks if mark.y is not None]
    longest = max(figures, default=0.0) or 1.0
    panels = []
    for name, marks in groups.items():
        ordered = sorted(marks, key=lambda mark: -math.inf if mark.y is None else mark.y, reverse=True)
        bars = tuple(
            Bar(
                cell(mark.x),
                cell(mark.y, precision),
                None if mark.y is None else round(LONGEST_BAR * abs(mark.y) / longest, 2),
            )
            for mark in ordered[:MOST_BARS]
        )
        cities = {mark.city for mark in marks}
        ink = INKS.get(name) or (INKS.get(cities.pop(), "both") if len(cities) == 1 else "both")
        panels.append(BarPanel(city_name(name), ink, bars, max(0, len(marks) - MOST_BARS)))
    return panels
