"""A page of a snapshot's table as the browser shows it: a few dozen rows, never more, whatever the table holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from dataferry.messages import Language, UsageError
from dataferry.server.catalogue.models import Column, Snapshot
from dataferry.server.catalogue.showing.asked import Asked, filter_words
from dataferry.server.catalogue.showing.columns import visible
from dataferry.server.catalogue.showing.limits import in_time
from dataferry.server.catalogue.store import table_of
from dataferry.server.catalogue.words import spoken_with_provenance
from dataferry.server.display.maps import WGS84
from dataferry.server.display.words import INKS, Spoken, city_name, unit_beside, unit_word
from dataferry.tables import Filter, PreviewPage, Sort, geometry_columns, preview_rows
from dataferry.tables.engine import schema_of

ROWS = 50
COLUMNS = 30
_LONGEST = 160
_COUNT_KEPT = 24 * 3600
_NUMERIC = ("integer", "number", "decimal", "int", "uint", "float", "double")


@dataclass(frozen=True)
class Heading:
    """One column's head: its title, how it is sorted now, and the address that sorts by it next (empty: cannot be)."""

    name: str
    title: Spoken
    unit: str
    numeric: bool
    sorted: str
    address: str


@dataclass(frozen=True)
class Cell:
    """One value as text; `whole` is the uncut text where it was cut."""

    text: str
    numeric: bool = False
    missing: bool = False
    ink: str = ""
    whole: str = ""


@dataclass(frozen=True)
class ActiveFilter:
    """A filter in words, and the address without it."""

    title: Spoken
    words: str
    without: str


@dataclass(frozen=True)
class Preview:
    """A page of rows with the addresses around it. `total` is all that match; `parts` of a wide table exist."""

    asked: Asked
    headings: tuple[Heading, ...]
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    total: int
    table_rows: int
    filters: tuple[ActiveFilter, ...]
    next: str
    first: str
    clear: str
    part: int
    parts: int
    next_part: str
    previous_part: str


def preview(snapshot: Snapshot, columns: Sequence[Column], asked: Asked, language: Language) -> Preview:
    """The page that `asked` asks for.

    Raises:
        UsageError: as `preview_rows`; `column` says where. UnavailableError: `server.catalogue.preview_busy` or
        `server.catalogue.preview_slow`.
    """
    parts = max(1, -(-len(columns) // COLUMNS))
    asked = replace(asked, part=min(asked.part, parts))
    shown = columns[(asked.part - 1) * COLUMNS : asked.part * COLUMNS]
    page = in_time(lambda: _page(snapshot, columns, shown, asked))
    places = {column.name for column in columns if column.type == "geometry" or column.crs}
    titles = {column.name: _title(column, language) for column in columns}
    return Preview(
        asked=asked,
        headings=tuple(_heading(column, titles[column.name], asked, places) for column in shown),
        rows=tuple(zip(page.numbers, _cells(page, shown, places), strict=True)),
        total=page.total or 0,
        table_rows=snapshot.rows,
        filters=tuple(
            ActiveFilter(titles.get(each.column, Spoken(each.column)), filter_words(each), _without(asked, index))
            for index, each in enumerate(asked.filters)
        ),
        next=replace(asked, after=page.numbers[-1]).address() if page.more else "",
        first=replace(asked, after=0).address() if asked.after else "",
        clear=Asked(sort=asked.sort, part=asked.part).address(),
        part=asked.part,
        parts=parts,
        next_part=replace(asked, part=asked.part + 1).address() if asked.part < parts else "",
        previous_part=replace(asked, part=asked.part - 1).address() if asked.part > 1 else "",
    )


def _page(snapshot: Snapshot, columns: Sequence[Column], shown: Sequence[Column], asked: Asked) -> PreviewPage:
    """The rows, with a count that is kept: the table behind a digest never changes.

    A column is known by its position: its name in the catalogue may be cut, or lack what the database cannot keep.
    """
    question = json.dumps([[each.column, each.test, each.values] for each in asked.filters])
    digest = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()
    key = f"catalogue-count:{snapshot.table_sha256}:{digest}"
    known = snapshot.rows if not asked.filters else cache.get(key)
    with table_of(snapshot) as path:
        schema = schema_of(path)
        names = {column.name: schema.names[column.position - 1] for column in columns}
        places = geometry_columns(schema)
        filters = [replace(each, column=names.get(each.column, each.column)) for each in asked.filters]
        page = preview_rows(
            path,
            columns=[names[column.name] for column in shown],
            filters=[_in_datum(each, places.get(each.column)) for each in filters],
            sort=[replace(each, column=names.get(each.column, each.column)) for each in asked.sort],
            after=asked.after,
            limit=ROWS,
            count=known is None,
        )
    if known is None:
        cache.set(key, page.total, _COUNT_KEPT)
    return replace(page, total=page.total if known is None else known)


def _in_datum(each: Filter, crs: str | None) -> Filter:
    """A box in degrees becomes one in the units of the column's own datum; one of unknown datum is taken as it is."""
    if each.test != "within" or crs is None or crs in WGS84 or len(each.values) != 4:
        return each
    import numpy as np

    from dataferry.geo import convert

    try:
        west, south, east, north = (float(value) for value in each.values)
    except ValueError:
        return each
    across, up = np.linspace(west, east, 9), np.linspace(south, north, 9)
    x = np.concatenate([across, across, np.full(9, west), np.full(9, east)])
    y = np.concatenate([np.full(9, south), np.full(9, north), up, up])
    done = convert(x, y, "EPSG:4326", crs)
    if not (np.isfinite(done.x).all() and np.isfinite(done.y).all()):
        raise UsageError("tables.filter_value", column=each.column, value=", ".join(each.values)[:80], type=crs)
    box = (done.x.min(), done.y.min(), done.x.max(), done.y.max())
    return replace(each, values=tuple(repr(float(side)) for side in box))


def _without(asked: Asked, index: int) -> str:
    left = tuple(each for at, each in enumerate(asked.filters) if at != index)
    return replace(asked, filters=left, after=0).address()


def _title(column: Column, language: Language) -> Spoken:
    said = spoken_with_provenance(column.title, language)
    return Spoken(said.text or visible(column.name, _LONGEST), said.tag)


def _heading(column: Column, title: Spoken, asked: Asked, places: set[str]) -> Heading:
    """Sorting goes round: ascending, descending, as the file has it."""
    now = next((each for each in asked.sort if each.column == column.name), None)
    after: tuple[Sort, ...] = (Sort(column.name),) if now is None else ()
    if now is not None and not now.descending:
        after = (Sort(column.name, descending=True),)
    sortable = column.name not in places and not column.type.startswith(("list", "struct", "map", "binary", "null"))
    return Heading(
        column.name,
        title,
        unit_beside(title, unit_word(column.unit)),
        column.type.startswith(_NUMERIC),
        "" if now is None else "descending" if now.descending else "ascending",
        replace(asked, sort=after, after=0).address() if sortable else "",
    )


def _cells(page: PreviewPage, columns: Sequence[Column], places: set[str]) -> list[tuple[Cell, ...]]:
    by_column = []
    for index, column in enumerate(columns):
        values = page.rows.column(index)
        if column.name in places:
            by_column.append(_place_cells(values))
        else:
            numeric = column.type.startswith(_NUMERIC)
            by_column.append([_cell(value, numeric=numeric) for value in values.to_pylist()])
    return list(zip(*by_column, strict=True)) if by_column else [()] * len(page.numbers)


def _place_cells(values: Any) -> list[Cell]:
    """Each shape in a few words: a point by its coordinates, anything else by its kind and number of corners."""
    import numpy as np
    import shapely

    words = _shape_words()
    shapes = shapely.from_wkb(np.array(values.to_pylist(), dtype=object), on_invalid="ignore")
    found = []
    for shape in shapes:
        if shape is None:
            found.append(Cell("", missing=True))
        elif shape.geom_type == "Point" and not shape.is_empty:
            found.append(Cell(f"{shape.x:.7g}, {shape.y:.7g}"))
        else:
            corners = shapely.get_num_coordinates(shape)
            name = words.get(shape.geom_type, shape.geom_type)
            found.append(Cell(_("%(kind)s, %(corners)s corners") % {"kind": name, "corners": f"{corners:,}"}))
    return found


def _shape_words() -> Mapping[str, str]:
    return {
        "Point": _("point"),
        "MultiPoint": _("group of points"),
        "LineString": _("line"),
        "MultiLineString": _("group of lines"),
        "Polygon": _("area"),
        "MultiPolygon": _("group of areas"),
        "GeometryCollection": _("mixed shapes"),
    }


def _cell(value: Any, *, numeric: bool) -> Cell:
    if value is None:
        return Cell("", numeric, missing=True)
    if isinstance(value, str) and value in INKS:
        return Cell(city_name(value), ink=INKS[value])
    text = _text(value)
    shown = visible(text, _LONGEST)
    return Cell(shown, numeric, whole=visible(text, 2000) if len(text) > _LONGEST else "")


def _text(value: Any) -> str:
    """A value as it is, to the last digit: here nothing is rounded or grouped."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds" if value.second or value.microsecond else "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value[:40].hex()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
