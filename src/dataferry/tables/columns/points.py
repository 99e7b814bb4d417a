"""Two columns of coordinates become a point column. Its datum is declared or stated, never taken from the place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.geo import canonical_crs
from dataferry.messages import Finding, InputError
from dataferry.tables.columns.naming import free_name
from dataferry.tables.geoparquet import geometry_field
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import ColumnReport, Detected, ReadReport

Floats = np.ndarray[Any, np.dtype[np.float64]]

_TAG = r"(?:wgs_?84|gcj_?02|bd_?09|bd|amap|baidu|hk_?1980|hk80|4326|2326)"
_X = rf"(?:{_TAG}[_ ])?(?:lon|lng|long|longitude|经度|經度)(?:[_ ]{_TAG})?"
_Y = rf"(?:{_TAG}[_ ])?(?:lat|latitude|纬度|緯度|维度|維度)(?:[_ ]{_TAG})?"
_X_NAME = re.compile(rf"(?i)(?:.*[._ ])?{_X}|\w*(?:longitude)")
_Y_NAME = re.compile(rf"(?i)(?:.*[._ ])?{_Y}|\w*(?:latitude)|la")
_STATED = (
    (r"wgs_?84|4326", "EPSG:4326"),
    (r"gcj_?02|amap", "DATAFERRY:GCJ02"),
    (r"bd_?09|baidu|(?:^|_)bd(?:_|$)", "DATAFERRY:BD09"),
    (r"hk_?1980|hk80|2326", "EPSG:2326"),
)
_GEOGRAPHIC = {"EPSG:4326", "OGC:CRS84", "EPSG:4490", "DATAFERRY:GCJ02", "DATAFERRY:BD09", "EPSG:4611"}
_CITIES = (("Hong Kong", (113.7, 114.6), (22.0, 22.7)), ("Shanghai", (120.8, 122.3), (30.6, 31.95)))
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def add_points(table: pa.Table, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Append a `geometry` column when the caller names the coordinates or the headers do.

    Raises:
        InputError: `options.geometry` names a column that is not there or holds no numbers.
    """
    pair = _pair(table, options, report)
    if pair is None:
        return table
    x, y = (_floats(table.column(name)) for name in pair)
    stated = _stated(pair)
    crs = canonical_crs(options.crs) if options.crs else stated
    if crs is None:
        report.note(Finding("tables.points_crs_unknown", "attention", {"columns": list(pair)}))
    else:
        basis, evidence = ("declared", "said by the caller") if options.crs else ("stated", f"column {pair[0]}")
        report.crs = Detected(crs, "declared" if basis == "declared" else "stated", evidence)
    good = _good(x, y, crs, pair, report)
    _note_swapped(x[good], y[good], pair, report)
    name = free_name("geometry", set(table.column_names))
    report.columns.append(ColumnReport(name, f"{pair[0]}, {pair[1]}", "geometry"))
    return table.append_column(geometry_field(name, crs), wkb_points(x, y, good))


def _pair(table: pa.Table, options: ReadOptions, report: ReadReport) -> tuple[str, str] | None:
    if options.geometry is not None:
        for name in options.geometry:
            if name not in table.column_names:
                raise InputError("tables.no_such_column", file=report.file, column=name, known=table.column_names[:30])
            if not _is_number(table, name):
                raise InputError("tables.no_coordinates", file=report.file, column=name)
        return options.geometry
    xs = [name for name in table.column_names if _X_NAME.fullmatch(name) and _is_number(table, name)]
    ys = [name for name in table.column_names if _Y_NAME.fullmatch(name) and _is_number(table, name)]
    if not xs or not ys:
        return None
    return xs[0], min(ys, key=lambda name: (_prefix(name) != _prefix(xs[0]), ys.index(name)))


def _prefix(name: str) -> str:
    return re.split(r"(?i)lon|lng|lat|la$|[经經纬緯维維]", name)[0]


def _is_number(table: pa.Table, name: str) -> bool:
    kind = table.schema.field(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind)) and table.column(name).null_count < len(table)


def _floats(column: pa.ChunkedArray) -> Floats:
    return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).combine_chunks())


def _stated(pair: Sequence[str]) -> str | None:
    return next((crs for pattern, crs in _STATED if re.search(f"(?i){pattern}", pair[0])), None)


def _good(x: Floats, y: Floats, crs: str | None, pair: Sequence[str], report: ReadReport) -> np.ndarray[Any, Any]:
    """Which rows have a point: both coordinates finite, and not both zero."""
    finite = np.isfinite(x) & np.isfinite(y)
    nowhere = finite & (x == 0) & (y == 0)
    absent = int((~finite).sum())
    if absent:
        rows = [int(i) + 1 for i in np.flatnonzero(~finite)[:20]]
        report.note(
            Finding("tables.points_missing", "attention", {"columns": list(pair), "count": absent, "rows": rows})
        )
    if nowhere.any():
        report.note(Finding("tables.points_zero", "attention", {"columns": list(pair), "count": int(nowhere.sum())}))
    if crs in _GEOGRAPHIC:
        outside = finite & ((np.abs(x) > 180) | (np.abs(y) > 90))
        if outside.any():
            data = {"columns": list(pair), "count": int(outside.sum()), "crs": crs}
            report.note(Finding("tables.points_outside", "attention", data))
    return np.asarray(finite & ~nowhere)


def _note_swapped(x: Floats, y: Floats, pair: Sequence[str], report: ReadReport) -> None:
    """Coordinates that lie in one of the two cities only when they change places. Never changed here."""
    for city, (west, east), (south, north) in _CITIES:
        swapped = (x >= south) & (x <= north) & (y >= west) & (y <= east)
        if swapped.any():
            data = {"columns": list(pair), "count": int(swapped.sum()), "city": city}
            report.note(Finding("tables.coordinates_swapped", "attention", data))


def wkb_points(x: Floats, y: Floats, good: np.ndarray[Any, Any]) -> pa.ChunkedArray:
    """WKB points, null where not `good`; chunks stay below 2 GiB."""
    chunks = []
    for start in range(0, max(1, len(x)), 50_000_000):
        part = slice(start, start + 50_000_000)
        points = np.zeros(int(good[part].sum()), dtype=_POINT)
        points["order"], points["kind"] = 1, 1
        points["x"], points["y"] = x[part][good[part]], y[part][good[part]]
        offsets = np.concatenate(([0], np.cumsum(good[part]))).astype(np.int32) * _POINT.itemsize
        validity = pa.py_buffer(np.packbits(good[part], bitorder="little"))
        buffers = [validity, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(points.tobytes())]
        chunks.append(pa.Array.from_buffers(pa.binary(), len(good[part]), buffers))
    return pa.chunked_array(chunks, type=pa.binary())
