"""The files of a release beside its GeoParquet: CSV that opens nowhere as a formula, GeoJSON and map tiles in WGS84."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from pyogrio import write_arrow

from dataferry.geo import WGS84, convert_wkb
from dataferry.messages import Finding
from dataferry.products.conform import decimals, round_shapes
from dataferry.products.manifest import Column, Output
from dataferry.tables import geometry_field

MEDIA_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".pmtiles": "application/vnd.pmtiles",
    ".html": "text/html",
    ".yaml": "application/yaml",
    ".sql": "application/sql",
    ".json": "application/json",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WGS84_DECIMALS = 7
_BLOCK_ROWS = 8192
_MAX_ZOOM = 14


def formula_safe(text: str) -> str:
    """Text that a spreadsheet shows instead of running: a quote goes before =, +, -, @, tab and carriage return."""
    return "'" + text if text.startswith(_FORMULA) else text


def write_csv(table: pa.Table, output: Output, path: Path) -> None:
    """UTF-8 without byte order mark, RFC 4180 quoting, numbers with their declared decimals, geometry as WKT."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\r\n")
        writer.writerow(output.names())
        for start in range(0, table.num_rows, _BLOCK_ROWS):
            block = table.slice(start, _BLOCK_ROWS)
            writer.writerows(zip(*(_csv_cells(block, column, output.crs) for column in output.columns), strict=True))


def _csv_cells(block: pa.Table, column: Column, crs: str | None) -> list[str]:
    array = block[column.name]
    places = decimals(column, crs)
    if column.type == "geometry":
        shapes = shapely.from_wkb(array.to_numpy())
        return [text or "" for text in shapely.to_wkt(shapes, rounding_precision=places or 0, trim=True)]
    values = array.to_pylist()
    if column.type == "string":
        return ["" if value is None else formula_safe(value) for value in values]
    if column.type == "number":
        return ["" if value is None else f"{value:.{places}f}" for value in values]
    return ["" if value is None else _plain_text(value) for value in values]


def _plain_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def in_wgs84(table: pa.Table, output: Output) -> tuple[pa.Table, list[Finding]]:
    """The table with its geometry in WGS84, and what has to be said about the conversion."""
    name, crs = output.geometry, output.crs
    if name is None or crs is None or crs == WGS84:
        return table, []
    converted = convert_wkb(table[name], crs, WGS84)
    table = table.set_column(table.column_names.index(name), geometry_field(name, WGS84), converted)
    data = {"column": name, "from": crs, "to": WGS84}
    if crs.startswith("DATAFERRY:"):
        return table, [Finding("products.files_unshifted", "attention", data)]
    return table, [Finding("products.files_converted", "note", data)]


def write_geojson(table: pa.Table, output: Output, path: Path) -> None:
    """RFC 7946: WGS84, 7 decimals at most, outer rings counter-clockwise, one feature a row in key order."""
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"type":"FeatureCollection","features":[')
        for number, feature in enumerate(_features(table, output)):
            stream.write(",\n" if number else "\n")
            stream.write(feature)
        stream.write("\n]}\n")


def _features(table: pa.Table, output: Output) -> Iterator[str]:
    columns = [column for column in output.columns if column.type != "geometry"]
    for start in range(0, table.num_rows, _BLOCK_ROWS):
        block = table.slice(start, _BLOCK_ROWS)
        shapes = shapely.from_wkb(block[output.geometry].to_numpy())
        shapes = shapely.orient_polygons(round_shapes(shapes, _WGS84_DECIMALS))
        properties = block.select([column.name for column in columns]).to_pylist()
        for shape, row in zip(shapely.to_geojson(shapes), properties, strict=True):
            plain = {name: value if _is_json(value) else _plain_text(value) for name, value in row.items()}
            text = json.dumps(plain, ensure_ascii=False, allow_nan=False)
            yield f'{{"type":"Feature","geometry":{shape or "null"},"properties":{text}}}'


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str)


def write_pmtiles(table: pa.Table, output: Output, path: Path) -> bool:
    """Vector tiles of the rows that have a place, layer `release`; zooms that suit the extent.

    Returns:
        whether there was anything to draw.
    """
    shapes = shapely.from_wkb(table[output.geometry].to_numpy())
    drawn = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not drawn.any():
        return False
    table = table.filter(pa.array(drawn))
    columns = [column for column in output.columns if column.type != "geometry"]
    arrays = [_tile_values(table[column.name], column) for column in columns]
    arrays.append(pa.chunked_array([pa.array(list(shapely.to_wkb(shapes[drawn])), pa.binary())]))
    tiles = pa.table(arrays, names=[*(column.name for column in columns), "geometry"])
    low, high = _zooms(shapes[drawn])
    write_arrow(
        tiles,
        str(path),
        driver="PMTiles",
        layer="release",
        geometry_name="geometry",
        geometry_type="Unknown",
        crs=WGS84,
        dataset_options={"NAME": "release", "MINZOOM": str(low), "MAXZOOM": str(high)},
    )
    return True


def _tile_values(array: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """Tiles know text, numbers and booleans."""
    if column.type in ("string", "integer", "number", "boolean"):
        return array
    return pa.chunked_array([pa.array([None if v is None else _plain_text(v) for v in array.to_pylist()], pa.string())])


def _zooms(shapes: np.ndarray) -> tuple[int, int]:
    """From the whole extent in one tile to the size of a middling shape, points to the deepest."""
    west, south, east, north = shapely.total_bounds(shapes)
    low = _zoom_of(max(east - west, north - south))
    boxes = shapely.bounds(shapes)
    sizes = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    high = _zoom_of(float(np.median(sizes))) + 4
    low = min(max(low - 1, 0), 10)
    return low, int(min(max(high, low + 4), _MAX_ZOOM))


def _zoom_of(degrees: float) -> int:
    """The zoom at which one tile is about this wide."""
    return _MAX_ZOOM if degrees <= 0 else int(np.clip(np.floor(np.log2(360.0 / degrees)), 0, _MAX_ZOOM))
