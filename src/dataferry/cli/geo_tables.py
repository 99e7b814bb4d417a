"""Between a table that was read and the arrays that `dataferry.geo` works on: columns in, converted files out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry import geo
from dataferry.messages import InputError, RefusedError, UsageError
from dataferry.tables import Reading, geometry_columns, geometry_field, read, write_geoparquet
from dataferry.tables.options import ReadOptions

Pair = tuple[str, str]
_SLUGS = {geo.WGS84: "wgs84", geo.GCJ02: "gcj02", geo.BD09: "bd09", geo.HK1980: "hk1980"}


@dataclass(frozen=True)
class Places:
    """One statement of where the rows are: arrays as they stand in the file, and what they were called there."""

    x: geo.Floats
    y: geo.Floats
    columns: str


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

    With a pair of columns these stay, and the converted ones come after them with the target in their names, beside a
    flag. Without one, the geometry column itself is converted.
    """
    table = reading.table
    name = geometry_name(reading)
    if pair is None and name is not None:
        converted = geo.convert_wkb(table.column(name), source, target)
        index = table.column_names.index(name)
        return table.set_column(index, geometry_field(name, target), converted), 0
    places = places_of(reading, file, pair or next(iter(geo.find_coordinate_columns(table.column_names).pairs()), None))
    points = geo.convert(places.x, places.y, source, target)
    slug = _SLUGS.get(target, target.lower().replace(":", ""))
    labels = ("lon", "lat") if geo.in_degrees(target) else ("easting", "northing")
    for label, values in zip(labels, (points.x, points.y), strict=True):
        table = table.append_column(f"{label}_{slug}", pa.array(values, mask=points.flagged))
    table = table.append_column(f"not_converted_{slug}", pa.array(points.flagged))
    return table, int(points.flagged.sum())


def write_table(table: pa.Table, out: Path, target: str) -> None:
    """Write by the ending of `out`: the file appears whole or not at all."""
    writers: dict[str, Callable[[pa.Table, Path, str], None]] = {
        ".parquet": lambda table, path, _: write_geoparquet(table, path),
        ".csv": _write_csv,
        ".geojson": _write_geojson,
    }
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise UsageError("geo.unknown_format", file=out.name)
    if not out.parent.is_dir():
        raise UsageError("geo.no_folder", file=str(out))
    temporary = out.with_name(f".{out.stem[:80]}.{secrets.token_hex(6)}{out.suffix}")
    try:
        writer(table, temporary, target)
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)


def _write_csv(table: pa.Table, path: Path, _: str) -> None:
    import shapely
    from pyarrow import csv

    for name in geometry_columns(table.schema):
        shapes = geo.geometries_of(geo.as_binary(table.column(name)))
        texts = pa.array(shapely.to_wkt(shapes, rounding_precision=9).tolist(), type=pa.string())
        table = table.set_column(table.column_names.index(name), name, texts)
    csv.write_csv(table, path)


def _write_geojson(table: pa.Table, path: Path, target: str) -> None:
    """RFC 7946 knows WGS84 only; anything else would be a file that lies about where it is."""
    import shapely
    from pyogrio.raw import write_arrow

    if target != geo.WGS84:
        raise RefusedError("geo.geojson_is_wgs84", target=target)
    names = list(geometry_columns(table.schema))
    if not names:
        points = shapely.points(table.column("lon_wgs84").to_numpy(), table.column("lat_wgs84").to_numpy())
        flagged = table.column("not_converted_wgs84").to_numpy(zero_copy_only=False)
        shapes = np.where(flagged, None, points)
        table = table.append_column(geometry_field("geometry", target), pa.array(shapely.to_wkb(shapes), pa.binary()))
        names = ["geometry"]
    shape = table.schema.get_field_index(names[0])
    table = table.set_column(shape, pa.field(names[0], pa.binary()), table.column(shape))
    options = {"RFC7946": "YES", "COORDINATE_PRECISION": "9"}
    write_arrow(
        table,
        path,
        driver="GeoJSON",
        geometry_name=names[0],
        geometry_type="Unknown",
        crs=target,
        layer_options=options,
    )
