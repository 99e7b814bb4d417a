"""The first rows of a release as a table of texts, ready to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataferry.messages import Language
from dataferry.server.display.words import INKS, Spoken, cell, city_name, spoken, unit_beside, unit_word
from dataferry.server.workshop.data import first_rows
from dataferry.server.workshop.models import Release

PREVIEW_ROWS = 50


@dataclass(frozen=True)
class Heading:
    """One column: its title, unit, and whether it holds numbers."""

    name: str
    title: Spoken
    unit: str
    numeric: bool


@dataclass(frozen=True)
class Cell:
    """One value. `ink` is set for a city's name."""

    text: str
    numeric: bool
    missing: bool
    ink: str = ""


@dataclass(frozen=True)
class Preview:
    """The table: headings, rows, how many rows there are in all, and which columns are not shown."""

    headings: list[Heading]
    rows: list[list[Cell]]
    total: int
    hidden: list[Spoken]


def preview(release: Release, language: Language) -> Preview:
    """The first rows. Geometry is not text and is shown on the map instead."""
    columns = release.document["output"]["columns"]
    shown = [column for column in columns if column["type"] != "geometry"]
    rows = first_rows(release, [column["name"] for column in shown], PREVIEW_ROWS)
    return Preview(
        headings=[_heading(column, language) for column in shown],
        rows=[[_cell(row.get(column["name"]), column) for column in shown] for row in rows],
        total=release.document["output"]["rows"],
        hidden=[spoken(column["title"], language) for column in columns if column["type"] == "geometry"],
    )


def _numeric(column: Mapping[str, Any]) -> bool:
    return column["type"] in {"integer", "number"}


def _heading(column: Mapping[str, Any], language: Language) -> Heading:
    title = spoken(column["title"], language)
    return Heading(column["name"], title, unit_beside(title, unit_word(column.get("unit"))), _numeric(column))


def _cell(value: Any, column: Mapping[str, Any]) -> Cell:
    ink = INKS.get(value, "") if isinstance(value, str) else ""
    text = city_name(value) if ink else cell(value, column.get("precision"), count=bool(column.get("unit")))
    return Cell(text, _numeric(column), value is None, ink)
