"""Lineage drawn from left to right: inputs with the columns that are used, output columns, lines between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ROW = 26
LEFT_WIDTH = 300
RIGHT_WIDTH = 300
WIDTH = 960
_LONGEST_LABEL = 34
_MOST_LINES = 600
_LETTERS_OF_A_NOTE = 46


@dataclass(frozen=True)
class Box:
    """A labelled row at a height; `head` for the name of an input."""

    label: str
    full: str
    y: int
    head: bool = False
    city: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Line:
    """A curve from an input column to an output column; `converted` when a datum was converted on the way."""

    path: str
    title: str
    converted: bool
    city: str | None


@dataclass(frozen=True)
class Drawing:
    """Everything a template needs to write the SVG; all texts still to be escaped there."""

    width: int
    height: int
    left: tuple[Box, ...]
    right: tuple[Box, ...]
    lines: tuple[Line, ...]
    left_width: int = LEFT_WIDTH
    right_x: int = WIDTH - RIGHT_WIDTH
    right_width: int = RIGHT_WIDTH


def shorten(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Text that fits a box; wide characters count twice."""
    width, kept = 0, ""
    for character in text:
        width += 2 if ord(character) > 0x2E7F else 1
        if width > longest:
            return kept + "…"
        kept += character
    return kept


def draw_lineage(
    lineage: Mapping[str, Any],
    titles: Mapping[str, str],
    cities: Mapping[str, str | None],
    whole_rows: str = "*",
) -> Drawing:
    """Lay out `lineage` of release.json.

    Args:
        titles: what each input is called in the reader's language.
        cities: the city of each input, for its ink.
        whole_rows: what `*` is called: the rows themselves, where a value counts them.
    """
    columns = lineage["columns"]
    used: dict[str, list[str]] = {name: [] for name in titles}
    for column in columns:
        for origin in column["from"]:
            names = used.setdefault(origin["input"], [])
            if origin["column"] not in names:
                names.append(origin["column"])
    left, places = _left(used, titles, cities, whole_rows)
    right = tuple(
        Box(shorten(column["column"]), column["column"], ROW + ROW * position, note=_note(column))
        for position, column in enumerate(columns)
    )
    converted = {(item["input"], item["column"]) for item in lineage.get("conversions", ())}
    lines: list[Line] = []
    for box, column in zip(right, columns, strict=True):
        for origin in column["from"]:
            place = (origin["input"], origin["column"])
            if place in places and len(lines) < _MOST_LINES:
                title = f"{origin['input']}.{origin['column']} → {column['column']}"
                crossed = place in converted and any(name.startswith("to_") for name in column["through"])
                lines.append(Line(_curve(places[place], box.y), title, crossed, cities.get(origin["input"])))
    height = ROW * (2 + max(len(left), len(right)))
    return Drawing(WIDTH + 1, height, left, right, tuple(lines))


def _left(
    used: Mapping[str, list[str]], titles: Mapping[str, str], cities: Mapping[str, str | None], whole_rows: str
) -> tuple[tuple[Box, ...], dict[tuple[str, str], int]]:
    boxes: list[Box] = []
    places: dict[tuple[str, str], int] = {}
    for name, columns in used.items():
        y = ROW + ROW * len(boxes)
        title = titles.get(name, name)
        boxes.append(Box(shorten(title), f"{name}: {title}", y, head=True, city=cities.get(name)))
        for column in columns:
            y = ROW + ROW * len(boxes)
            label = whole_rows if column == "*" else column
            boxes.append(Box(shorten(label), f"{name}.{column}", y, city=cities.get(name)))
            places[(name, column)] = y
    return tuple(boxes), places


def _note(column: Mapping[str, Any]) -> str:
    """The functions on the way, as far as there is room beside the name (its letters are wider than the note's)."""
    room = _LETTERS_OF_A_NOTE - len(shorten(column["column"])) * 7 // 5
    return shorten(" ← ".join(column["through"]), room) if room >= 8 else ""


def _curve(start: int, end: int) -> str:
    """From the right edge of the left boxes to the left edge of the right ones, level at both ends."""
    x1, x2 = LEFT_WIDTH, WIDTH - RIGHT_WIDTH
    middle = (x1 + x2) // 2
    return f"M{x1} {start} C{middle} {start} {middle} {end} {x2} {end}"
