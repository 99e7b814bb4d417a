"""Between a table that was read and the arrays that `dataferry.geo` works on: columns in, converted files out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry import geo
from dataferry.messages import InputError, RefusedError, UsageError
from dataferry.tables import Reading, ReadOptions, read, write_csv
from dataferry.tables.geoparquet import geometry_columns, geometry_field, write_geoparquet

Pair = tuple[str, str]
_SLUGS = {geo.WGS84: "wgs84", geo.GCJ02: "gcj02", geo.BD09: "bd09", geo.HK1980: "hk1980"}


@dataclass(frozen=True)
class Places:
    """One statement of where the rows are: arrays as they stand in the file, and what they were called there."""

    x: geo.Floats
    y: geo.Floats
    columns: str

    def same_numbers(self, other: Places) -> bool:
        """Whether both state the same numbers; a row with one number missing states none."""
        here, there = (np.isfinite(places.x) & np.isfinite(places.y) for places in (self, other))
        same = np.array_equal(here, there) and np.array_equal(self.x[here], other.x[there])
        return same and np.array_equal(self.y[here], other.y[there])


_COLUMNAR = frozenset({"delimited", "xls", "xlsx", "json", "jsonl", "xml"})


def read_file(file: Path, crs: str | None = None) -> Reading:
    return read(file, ReadOptions(crs=crs))


def places_of(reading: Reading, file: Path, pair: Pair | None) -> Places:
    """The named columns, or the numbers of a pair of text columns such as `22°29'36"`."""
    if pair is None:
        raise UsageError("geo.no_coordinates", file=file.name, options="--x --y", columns=_names(reading))
    x, y = (_numbers(column_of(reading, file, name)) for name in pair)
    return Places(x, y, ", ".join(pair))


def column_of(reading: Reading, file: Path, name: str) -> pa.ChunkedArray:
    """Raises UsageError `geo.no_column`, which names the columns there are."""
    if name not in reading.table.column_names:
        raise UsageError("geo.no_column", file=file.name, column=name, columns=_names(reading))
    return reading.table.column(name)


def texts_of(reading: Reading, file: Path, name: str) -> list[str | None]:
    return [None if value is None else str(value) for value in column_of(reading, file, name).to_pylist()]


def geometry_name(reading: Reading) -> str | None:
    return next(iter(geometry_columns(reading.table.schema)), None)


def points_of(reading: Reading, name: str) -> Places:
    """Coordinates of a geometry column's points; NaN for nulls and for what is not a point."""
    import shapely

    shapes = geo.geometries_of(geo.as_binary(reading.table.column(name)))
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    x[single], y[single] = shapely.get_x(shapes[single]), shapely.get_y(shapes[single])
    return Places(x, y, name)


def _names(reading: Reading) -> list[str]:
    return [str(name) for name in reading.table.column_names[:40]]


def _numbers(column: pa.ChunkedArray) -> geo.Floats:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        values: geo.Floats = pc.cast(column, pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return values
    return geo.read_degrees([None if value is None else str(value) for value in column.to_pylist()])


def boundaries_of(
    reading: Reading, file: Path, stated: Sequence[str | None], matched: str, name: str | None, crs: str | None
) -> geo.Boundaries:
    """Outlines with the column that best names the districts stated by the points."""
    geometry = geometry_name(reading)
    if geometry is None:
        raise UsageError("geo.no_coordinates", file=file.name, options="--against", columns=_names(reading))
    chosen = name or _naming_column(reading, geometry, stated, matched)
    if chosen is None:
        raise InputError("geo.no_match", file=file.name, column=matched)
    if crs is None and reading.report.crs and reading.report.crs.value and not geo.in_degrees(reading.report.crs.value):
        crs = reading.report.crs.value
    outlines = geo.geometries_of(geo.as_binary(reading.table.column(geometry)))
    return geo.Boundaries(texts_of(reading, file, chosen), outlines, crs)


def _naming_column(reading: Reading, geometry: str, stated: Sequence[str | None], matched: str) -> str | None:
    wanted = {geo.fold_name(name) for name in stated} - {""}
    best, most = None, 0
    for name in reading.table.column_names:
        column = reading.table.column(name)
        if name == geometry or not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
            continue
        common = len(wanted & {geo.fold_name(value) for value in column.to_pylist()})
        if common > most or (common == most and common and name == matched):
            best, most = name, common
    return best


def converted_table(reading: Reading, file: Path, source: str, target: str, pair: Pair | None) -> tuple[pa.Table, int]:
    """The table in `target`, and how many rows could not be converted.

    In a file of geometries, these are converted. In a file of columns, or when a pair is named, the columns stay, and
    the converted ones come after them with the target in their names, beside a flag.
    """
    table, name = reading.table, geometry_name(reading)
    own_geometry = reading.report.format is None or reading.report.format.value not in _COLUMNAR
    if pair is None and name is not None and own_geometry:
        converted = geo.convert_wkb(table.column(name), source, target)
        index = table.column_names.index(name)
        return table.set_column(index, geometry_field(name, target), converted), 0
    if name is not None and not own_geometry:
        table = table.drop_columns([name])
    places = places_of(reading, file, pair or next(iter(geo.find_coordinate_columns(table.column_names).pairs()), None))
    points = geo.convert(places.x, places.y, source, target)
    for label, values in zip(_labels(target), (points.x, points.y), strict=True):
        table = table.append_column(label, pa.array(values, mask=points.flagged))
    table = table.append_column("not_converted", pa.array(points.flagged))
    return table, int(points.flagged.sum())


def _labels(target: str) -> Pair:
    slug = _SLUGS.get(target, target.lower().replace(":", ""))
    x, y = ("lon", "lat") if geo.in_degrees(target) else ("easting", "northing")
    return f"{x}_{slug}", f"{y}_{slug}"


def write_table(table: pa.Table, out: Path, target: str) -> None:
    """Write by the ending of `out`: the file appears whole or not at all.

    Raises:
        UsageError: `geo.unknown_format`, `geo.no_folder`.
        RefusedError: `geo.geojson_is_wgs84`.
    """
    if out.suffix.lower() not in (".parquet", ".csv", ".geojson"):
        raise UsageError("geo.unknown_format", file=out.name)
    if not out.parent.is_dir():
        raise UsageError("geo.no_folder", file=str(out))
    if out.suffix.lower() == ".csv":
        write_csv(table, out)
    elif out.suffix.lower() == ".parquet":
        write_geoparquet(_with_points(table, target), out)
    else:
        _write_geojson(_with_points(table, target), out, target)


def _with_points(table: pa.Table, target: str) -> pa.Table:
    """The table with a geometry column of the converted columns, where columns were converted."""
    import shapely

    if "not_converted" not in table.column_names:
        return table
    if "geometry" in table.column_names:
        table = table.rename_columns({"geometry": "geometry_stated"})
    x, y = (table.column(label).to_numpy() for label in _labels(target))
    flagged = table.column("not_converted").to_numpy()
    points = pa.array(shapely.to_wkb(np.where(flagged, None, shapely.points(x, y))), pa.binary())
    return table.append_column(geometry_field("geometry", target), points)


def _write_geojson(table: pa.Table, out: Path, target: str) -> None:
    """RFC 7946 knows WGS84 only; anything else would be a file that lies about where it is."""
    from pyogrio.raw import write_arrow

    if target != geo.WGS84:
        raise RefusedError("geo.geojson_is_wgs84", target=target)
    shapes = geometry_columns(table.schema)
    name = "geometry" if "geometry" in shapes else next(iter(shapes))
    table = table.drop_columns([other for other in shapes if other != name])
    shape = table.schema.get_field_index(name)
    table = table.set_column(shape, pa.field(name, pa.binary()), table.column(shape))
    temporary = out.with_name(f".{out.stem[:80]}.{secrets.token_hex(6)}.geojson")
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "9"}
    shared: dict[str, Any] = {"driver": "GeoJSON", "geometry_type": "Unknown", "crs": target, "layer_options": options}
    try:
        write_arrow(table, temporary, layer=out.stem, geometry_name=name, **shared)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
