"""Files of places into tables: GeoJSON, KML, GML, shapefile, file geodatabase, GeoPackage, FlatGeobuf, GeoParquet."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from dataferry.messages import Finding, InputError, LimitError, MissingError, RefusedError
from dataferry.tables.archive import open_member
from dataferry.tables.columns.declared_columns import apply_declared, type_word
from dataferry.tables.geoparquet import geometry_columns, geometry_field, read_geoparquet
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import ColumnReport, Detected, ReadReport, RowLedger
from dataferry.tables.sniff import sniff
from dataferry.tables.vector.gdal import Layer, bring, column_count, layer_sizes, read_layer, read_linear_wkb, workplace
from dataferry.tables.vector.geojson_crs import find_crs_member
from dataferry.tables.vector.shape_check import check_shapes
from dataferry.tables.vector.shapefile import read_dbf, read_shapefile
from dataferry.tables.vector.stated_crs import geojson_crs, match_crs, settle_crs
from dataferry.tables.vector.texts import checked_copy

# What GDAL calls the drivers we let read each kind: a file that wakes another one is refused.
_DRIVERS = {
    "geojson": {"GeoJSON", "GeoJSONSeq"},
    "kml": {"LIBKML", "KML"},
    "gml": {"GML"},
    "filegdb": {"OpenFileGDB"},
    "gpkg": {"GPKG"},
    "fgb": {"FlatGeobuf"},
}
_SUFFIXES = {"geojson": ".geojson", "kml": ".kml", "gml": ".gml", "filegdb": ".gdb", "gpkg": ".gpkg", "fgb": ".fgb"}
_OPENING: Mapping[str, Mapping[str, str]] = {
    "gml": {"DOWNLOAD_SCHEMA": "NO", "SKIP_RESOLVE_ELEMS": "ALL", "WRITE_GFS": "NO"},
    "fgb": {"VERIFY_BUFFERS": "YES"},
}
_KML_CRS = Detected("EPSG:4326", "inferred", "OGC KML 2.2: coordinates are WGS 84, longitude first")
_KML_DISPLAY = {"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"}
_KML_TIMES = {"timestamp", "begin", "end", "id"}
_WAL = b"\x02\x02"
_VIRTUAL = re.compile(r"create\s+virtual\s+table.*?\busing\s+(\w+)", re.IGNORECASE | re.DOTALL)
_KINDS = ("geojson", "kml", "kmz", "gml", "shp", "dbf", "filegdb", "gpkg", "fgb", "parquet")


@dataclass(frozen=True)
class _Source:
    """What a reader of one kind hands on: rows, the name of the WKB column, the CRS as stated, and straight shapes."""

    table: pa.Table
    geometry: str | None
    stated: Detected | None
    linear: Callable[[], Sequence[bytes | None]]


def parse_vector(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read one layer of a file of places; its geometry becomes the column `geometry`, WKB, x east and y north.

    The kind is `report.format` or else found from the content. Of several layers `options.layer` is read, or the one
    with the most rows, with a finding that names the others. Shapes are never repaired: what is wrong with them is
    counted in findings. The CRS is declared, stated in the file or unknown.

    Raises:
        InputError, LimitError, MissingError, RefusedError: what is wrong and what to do; see `tables/messages.toml`.
        UsageError: `geo.unknown_crs`.
    """
    kind = report.format.value if report.format else sniff(path).value
    if kind not in _KINDS:
        raise InputError("tables.vector_unreadable", file=report.file, reason=f"not a file of places: {kind}")
    if kind == "parquet":
        table = _read_parquet(path, options, report)
    elif kind == "dbf":
        table = read_dbf(path, options, report)
    elif kind == "shp":
        layer = read_shapefile(path, options, report)
        table = _placed(_Source(layer.table, layer.geometry, match_crs(layer.crs), list), options, report)
    else:
        with _opened(path, kind, options, report) as source:
            table = _placed(source, options, report)
    table, counts = apply_declared(table, options, report)
    _describe(table, counts, report)
    return table


@contextmanager
def _opened(path: Path, kind: str, options: ReadOptions, report: ReadReport) -> Iterator[_Source]:
    with workplace() as folder, ExitStack() as opened:
        if kind == "kmz":
            kind, path = "kml", opened.enter_context(open_member(path, ".kml", options, report))
            place = checked_copy(path, folder / "data.kml", options.encoding, options.limits, report)
        elif kind in ("geojson", "kml", "gml"):
            place = folder / ("data" + _SUFFIXES[kind])
            checked_copy(path, place, options.encoding, options.limits, report)
            if kind == "geojson" and (member := find_crs_member(place)) and member.is_link:
                raise RefusedError("tables.reaches_out", file=report.file)
        else:
            place = _bring_database(path, folder / ("data" + _SUFFIXES[kind]), kind, report)
        yield _read(place, kind, options, report, path)


def _bring_database(path: Path, place: Path, kind: str, report: ReadReport) -> Path:
    if kind != "gpkg":
        return bring(path, place)
    with path.open("rb") as file:
        in_wal_mode = file.read(20)[18:20] == _WAL
    if in_wal_mode:
        place.write_bytes(path.read_bytes())  # SQLite would write -shm and -wal beside the file itself
    else:
        bring(path, place)
    try:
        with closing(sqlite3.connect(f"file:{place}?mode=ro&immutable=1", uri=True)) as database:
            rows = database.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    except sqlite3.Error as error:
        raise InputError("tables.vector_unreadable", file=report.file, reason=str(error)) from error
    modules = {match[1].lower() for (sql,) in rows for match in _VIRTUAL.finditer(str(sql))}
    if modules - {"rtree", "rtree_i32", "fts3", "fts4", "fts5"}:
        raise RefusedError("tables.reaches_out", file=report.file)
    return place


def _read(place: Path, kind: str, options: ReadOptions, report: ReadReport, path: Path) -> _Source:
    opening = _OPENING.get(kind, {})
    sizes = layer_sizes(place, report.file)
    wanted = options.layer
    if kind == "geojson" or (wanted not in sizes and wanted in (path.name, path.stem)):
        wanted = None  # GeoJSON has no layers, and the name of the file itself chose it out of an archive
    name = _choose_layer(sizes, wanted, report)
    if name == place.stem:
        report.layer = path.stem if kind != "geojson" else None
    if sizes[name] > options.limits.rows:
        raise LimitError("tables.layer_too_long", file=report.file, rows=sizes[name], limit=options.limits.rows)
    if (columns := column_count(place, report.file, name, **opening)) > options.limits.columns:
        raise LimitError("tables.layer_too_wide", file=report.file, columns=columns, limit=options.limits.columns)
    layer = read_layer(place, report.file, name, **opening)
    if layer.driver not in _DRIVERS[kind]:
        raise RefusedError("tables.reaches_out", file=report.file)
    for warning in layer.warnings[:5]:
        report.note(Finding("tables.gdal_warned", "attention", {"file": report.file, "warning": warning}))
    stated = _stated(place, kind, layer)
    table = _without_display(layer, report) if kind == "kml" else layer.table
    linear = lambda: read_linear_wkb(place, report.file, name, **opening)  # noqa: E731 - bound to this layer
    return _Source(table, layer.geometry, stated, linear)


def _stated(place: Path, kind: str, layer: Layer) -> Detected | None:
    if kind == "geojson":
        return geojson_crs(place)
    return _KML_CRS if kind == "kml" else match_crs(layer.crs)


def _choose_layer(sizes: Mapping[str, int], wanted: str | None, report: ReadReport) -> str:
    if not sizes:
        raise InputError("tables.no_layers", file=report.file)
    if wanted is not None and wanted not in sizes:
        raise MissingError("tables.no_such_layer", file=report.file, layer=wanted, layers=list(sizes))
    name = wanted if wanted is not None else max(sizes, key=sizes.__getitem__)
    others = tuple(other for other in sizes if other != name)
    report.layer, report.other_layers = name, others
    if others and wanted is None:
        told = [f"{other} ({sizes[other]})" for other in others]
        data = {"file": report.file, "layer": name, "rows": sizes[name], "others": told}
        report.note(Finding("tables.layer_chosen", "attention", data))
    return name


def _without_display(layer: Layer, report: ReadReport) -> pa.Table:
    """A KML layer without the columns that only say how to draw, and without times that no row has."""
    table = layer.table
    unused = [name for name in table.column_names if name in _KML_TIMES and table[name].null_count == table.num_rows]
    display = [name for name in table.column_names if name in _KML_DISPLAY]
    if display:
        report.note(Finding("tables.kml_display", "note", {"file": report.file, "columns": display}))
    return table.drop_columns([*display, *unused])


def _placed(source: _Source, options: ReadOptions, report: ReadReport) -> pa.Table:
    """The table with its shapes checked, in a last column `geometry` that carries the CRS."""
    table = source.table
    if source.geometry is None:
        return table
    index = table.schema.get_field_index(source.geometry)
    wkb, check = check_shapes(table.column(index).cast(pa.binary()), source.linear, report)
    crs = settle_crs(options.crs, source.stated, check.bounds, report)
    table = table.remove_column(index)
    return table.append_column(geometry_field(_free_name(table), crs), wkb)


def _free_name(table: pa.Table) -> str:
    taken = {name.lower() for name in table.column_names}
    return next(name for name in ("geometry", "geom", "shape", "geometry_of_the_row") if name not in taken)


def _read_parquet(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError("tables.bad_parquet", file=report.file, reason=str(error)) from error
    if metadata.num_rows > options.limits.rows:
        raise LimitError("tables.layer_too_long", file=report.file, rows=metadata.num_rows, limit=options.limits.rows)
    if metadata.num_columns > options.limits.columns:
        raise LimitError(
            "tables.layer_too_wide", file=report.file, columns=metadata.num_columns, limit=options.limits.columns
        )
    table = read_geoparquet(path)
    for number, (name, stated) in enumerate(geometry_columns(table.schema).items()):
        index = table.schema.get_field_index(name)
        wkb, check = check_shapes(table.column(index), list, report)
        found = Detected(stated, "stated", f"GeoParquet column {name}") if stated else None
        before = report.crs
        crs = settle_crs(options.crs if number == 0 else None, found, check.bounds, report)
        report.crs = before if number else report.crs
        table = table.set_column(index, geometry_field(name, crs), wkb)
    return table


def _describe(table: pa.Table, missing_by_column: Mapping[str, int], report: ReadReport) -> None:
    report.rows = RowLedger(read=table.num_rows, kept=table.num_rows)
    places = geometry_columns(table.schema)
    report.columns = [
        ColumnReport(
            name=field.name,
            source_name=field.name,
            type="geometry" if field.name in places else type_word(field.type),
            missing=table.column(index).null_count,
            flagged=missing_by_column.get(field.name, 0),
        )
        for index, field in enumerate(table.schema)
    ]
