"""Tables written as CSV for people: geometry as WKT, and cells that a spreadsheet would run made harmless."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
import shapely

from dataferry.tables.geoparquet import geometry_columns, plain_geometry

_RUNS = r"^[=@\t\r]|^[+\-]\s*[^\d.\s+\-]|^[+\-][\d.]+[^\d.eE]"
_ROWS_AT_ONCE = 65_536


def write_csv(table: pa.Table | Iterable[pa.Table], path: str | os.PathLike[str], *, neutralise: bool = True) -> int:
    """Write UTF-8 CSV: header, null as an empty cell, geometry as WKT. The file appears whole or not at all.

    Args:
        table: a table; or its stretches in order, at least one, for what is larger than memory.
        neutralise: put an apostrophe before text that a spreadsheet program would take for a formula.

    Returns:
        How many cells were given an apostrophe.
    """
    place = Path(path)
    parts = iter([table] if isinstance(table, pa.Table) else table)
    first = plain_geometry(next(parts))
    shapes = set(geometry_columns(first.schema))
    schema = pa.schema(
        [(f.name, pa.string() if f.name in shapes or _is_text(f.type) else f.type) for f in first.schema]
    )
    temporary = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    changed = 0
    try:
        with pv.CSVWriter(str(temporary), schema) as writer:
            for batch in _batches(first, parts):
                columns, count = _cells(batch, shapes, neutralise=neutralise)
                changed += count
                writer.write_batch(pa.record_batch(columns, schema=schema))
        temporary.replace(place)
    finally:
        temporary.unlink(missing_ok=True)
    return changed


def _batches(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.RecordBatch]:
    for part in chain([first], map(plain_geometry, rest)):
        yield from part.to_batches(_ROWS_AT_ONCE)


def _cells(batch: pa.RecordBatch, shapes: set[str], *, neutralise: bool) -> tuple[list[pa.Array], int]:
    """The columns of one batch as a CSV shows them, and how many cells were given an apostrophe."""
    columns, changed = [], 0
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name in shapes:
            column = pa.array(
                shapely.to_wkt(shapely.from_wkb(column.to_pylist()), trim=True, rounding_precision=-1), pa.string()
            )
        elif _is_text(column.type):
            column, count = _harmless(column.cast(pa.string())) if neutralise else (column, 0)
            changed += count
        columns.append(column)
    return columns, changed


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


def _harmless(column: pa.Array) -> tuple[pa.Array, int]:
    runs = pc.fill_null(pc.match_substring_regex(column, _RUNS), False)
    count = pc.sum(runs).as_py() or 0
    if not count:
        return column, 0
    return pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column), count
