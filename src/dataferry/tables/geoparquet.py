"""Geometry columns in Arrow tables, and tables at rest as GeoParquet 1.1 with their CRS."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from dataferry.geo import WGS84, crs_of_projjson, projjson
from dataferry.messages import InputError

_NAME = b"ARROW:extension:name"
_METADATA = b"ARROW:extension:metadata"
_WKB = b"geoarrow.wkb"
_NATIVE = {
    "point": (shapely.GeometryType.POINT, 0),
    "linestring": (shapely.GeometryType.LINESTRING, 1),
    "polygon": (shapely.GeometryType.POLYGON, 2),
    "multipoint": (shapely.GeometryType.MULTIPOINT, 1),
    "multilinestring": (shapely.GeometryType.MULTILINESTRING, 2),
    "multipolygon": (shapely.GeometryType.MULTIPOLYGON, 3),
}
_ROW_GROUP_ROWS = 131_072
TYPE_NAMES = {
    0: "Point",
    1: "LineString",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}


def geometry_field(name: str, crs: str | None) -> pa.Field:
    """The field of a geometry column: WKB, x east and y north, with its CRS beside it.

    Args:
        crs: a CRS id such as `EPSG:2326` or `DATAFERRY:GCJ02`; `None` when it is unknown.
    """
    extension = {} if crs is None else {"crs": projjson(crs), "crs_type": "projjson"}
    text = json.dumps(extension, sort_keys=True, ensure_ascii=False)
    return pa.field(name, pa.binary(), metadata={_NAME: _WKB, _METADATA: text.encode()})


def _extension(field: pa.Field) -> tuple[bytes, bytes] | None:
    """Name and metadata of a column's Arrow extension, whether or not the type is registered in this process."""
    if isinstance(field.type, pa.BaseExtensionType):
        serialized = field.type.__arrow_ext_serialize__() if isinstance(field.type, pa.ExtensionType) else b""
        return field.type.extension_name.encode(), serialized
    metadata = field.metadata or {}
    return (metadata[_NAME], metadata.get(_METADATA, b"")) if _NAME in metadata else None


def geometry_columns(schema: pa.Schema) -> dict[str, str | None]:
    """Name of every geometry column, in order, with the id of its CRS (`None` = unknown)."""
    found: dict[str, str | None] = {}
    for field in schema:
        extension = _extension(field)
        if extension is not None and extension[0].decode().removeprefix("geoarrow.") in ("wkb", *_NATIVE):
            found[field.name] = _crs_of_extension(extension[1])
    return found


def _crs_of_extension(metadata: bytes) -> str | None:
    try:
        value = json.loads(metadata) if metadata else {}
    except ValueError:
        return None
    return crs_of_projjson(value.get("crs")) if isinstance(value, dict) else None


def plain_geometry(table: pa.Table) -> pa.Table:
    """The same table with every GeoArrow column as plain WKB `binary` and a `geometry_field`.

    Registered extension types (what SedonaDB and geoarrow hand over) and views become plain storage, so that the table
    passes IPC, Parquet and `equals` alike everywhere.
    """
    crs_ids = geometry_columns(table.schema)
    for index, field in enumerate(table.schema):
        if field.name in crs_ids:
            wkb = _iso(_as_wkb(table.column(index)))
            plain = geometry_field(field.name, crs_ids[field.name]).with_nullable(field.nullable)
            table = table.set_column(index, plain, wkb)
    return table


def _as_wkb(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "geoarrow.wkb":
            storage = [chunk.storage for chunk in column.chunks]
            column = pa.chunked_array(storage, type=kind.storage_type)
        else:
            column = _native_to_wkb(column, kind.extension_name.removeprefix("geoarrow."))
    return column if column.type == pa.binary() else column.cast(pa.binary())


def _iso(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """EWKB, which marks Z, M and an SRID in the high bits of the type, as the ISO WKB that GeoParquet asks for."""
    chunks = [_iso_chunk(chunk) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=pa.binary())


def _iso_chunk(chunk: pa.Array) -> pa.Array:
    valid = chunk.drop_null()
    offsets = np.frombuffer(valid.buffers()[1], np.int32)[valid.offset : valid.offset + len(valid) + 1]
    if len(valid) == 0 or int(np.diff(offsets).min()) < 5:
        return chunk
    data = np.frombuffer(valid.buffers()[2], np.uint8)
    little = data[offsets[:-1]] == 1
    marks = np.where(little, data[offsets[:-1] + 4], data[offsets[:-1] + 1])
    if not (marks & 0xE0).any():
        return chunk
    with contextlib.suppress(shapely.GEOSException, NotImplementedError):  # told with its row by whoever parses it
        return pa.array(shapely.to_wkb(_shapes(chunk), flavor="iso"), pa.binary())
    return chunk


def _native_to_wkb(column: pa.ChunkedArray, encoding: str) -> pa.ChunkedArray:
    """GeoArrow's nested lists of coordinates as WKB; `encoding` is the geometry type in lower case.

    Source: https://geoarrow.org/format.html, separated (struct) and interleaved (fixed size list) coordinates.
    """
    chunks = []
    for chunk in column.chunks:
        chunk = getattr(chunk, "storage", chunk)
        shapes = np.full(len(chunk), None, dtype=object)
        values, offsets = chunk.drop_null(), []
        for _ in range(_NATIVE[encoding][1]):
            steps = values.offsets.to_numpy()
            offsets.append(steps - steps[0])
            values = values.flatten()
        shapes[chunk.is_valid().to_numpy(zero_copy_only=False)] = shapely.from_ragged_array(
            _NATIVE[encoding][0], _coordinates(values), tuple(reversed(offsets)) or None
        )
        chunks.append(pa.array(shapely.to_wkb(shapes), pa.binary()))
    return pa.chunked_array(chunks, type=pa.binary())


def _coordinates(values: pa.Array) -> np.ndarray[Any, Any]:
    if pa.types.is_struct(values.type):
        axes = [axis.to_numpy(zero_copy_only=False) for axis in values.flatten()]
        return np.column_stack(axes[:3]).astype(float)
    flat: np.ndarray[Any, Any] = values.flatten().to_numpy(zero_copy_only=False).astype(float)
    return flat.reshape(-1, values.type.list_size)[:, :3]


def _shapes(chunk: pa.Array) -> np.ndarray[Any, Any]:
    shapes: np.ndarray[Any, Any] = shapely.from_wkb(chunk.to_numpy(zero_copy_only=False))
    return shapes


def _chunks_of_shapes(table: pa.Table, name: str) -> Iterator[np.ndarray[Any, Any]]:
    row = 0
    for chunk in table.column(name).chunks:
        try:
            yield _shapes(chunk)
        except (shapely.GEOSException, NotImplementedError, TypeError, ValueError) as error:
            raise InputError("tables.bad_wkb", column=name, row=row + 1, reason=str(error)) from error
        row += len(chunk)


def _column_metadata(table: pa.Table, name: str, crs: str | None) -> dict[str, Any]:
    """The GeoParquet entry of one column. Without shapes there is no `bbox`; M is outside the list of type names."""
    types: set[str] = set()
    has_m = False
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for shapes in _chunks_of_shapes(table, name):
        known = shapes[~shapely.is_missing(shapes)]
        z = shapely.has_z(known)
        has_m = has_m or bool(shapely.has_m(known).any())
        kinds = shapely.get_type_id(known)
        for kind, deep in {(int(k), bool(d)) for k, d in np.unique(np.column_stack([kinds, z]), axis=0)}:
            types.add(TYPE_NAMES[kind] + (" Z" if deep else ""))
        points = shapely.get_coordinates(known, include_z=True)
        points[~np.isfinite(points[:, :2]).all(axis=1)] = np.nan
        points[~np.isfinite(points)] = np.nan
        low = np.fmin(low, np.fmin.reduce(points, axis=0, initial=np.inf))
        high = np.fmax(high, np.fmax.reduce(points, axis=0, initial=-np.inf))
    entry: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [] if has_m else sorted(types),
        "crs": None if crs is None else projjson(crs),
    }
    axes = 3 if np.isfinite([low[2], high[2]]).all() else 2
    if np.isfinite(low[:2]).all():
        entry["bbox"] = [*map(float, low[:axes]), *map(float, high[:axes])]
    return entry


def geo_metadata(table: pa.Table) -> dict[str, Any] | None:
    """The GeoParquet 1.1.0 `geo` value of a table, or `None` when it has no geometry column.

    Source: GeoParquet 1.1.0, https://geoparquet.org/releases/v1.1.0/. `crs` is always written: an absent one would
    mean OGC:CRS84, an explicit null means unknown.
    """
    crs_ids = geometry_columns(table.schema)
    if not crs_ids:
        return None
    primary = "geometry" if "geometry" in crs_ids else next(iter(crs_ids))
    columns = {name: _column_metadata(table, name, crs) for name, crs in crs_ids.items()}
    return {"version": "1.1.0", "primary_column": primary, "columns": columns}


def write_geoparquet(table: pa.Table, path: str | os.PathLike[str]) -> None:
    """Write a table as GeoParquet 1.1 (plain Parquet when it has no geometry).

    The file appears whole or not at all, and equal tables give equal bytes with the same pyarrow.

    Raises:
        InputError: `tables.bad_wkb`, a geometry value is not WKB.
    """
    table = plain_geometry(table)
    geo = geo_metadata(table)
    geometry_names = set(geo["columns"]) if geo else set()
    fields = [pa.field(f.name, f.type, f.nullable) if f.name in geometry_names else f for f in table.schema]
    metadata = {k: v for k, v in (table.schema.metadata or {}).items() if k not in (b"geo", b"pandas")}
    if geo:
        metadata[b"geo"] = json.dumps(geo, sort_keys=True, ensure_ascii=False, allow_nan=False).encode()
    stored = pa.Table.from_arrays(table.columns, schema=pa.schema(fields, metadata=metadata or None))
    with _appearing_whole(Path(path)) as temporary:
        pq.write_table(stored, temporary, compression="zstd", row_group_size=_ROW_GROUP_ROWS)


@contextlib.contextmanager
def _appearing_whole(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its name, synced, when the block ends well."""
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_geoparquet(path: str | os.PathLike[str]) -> pa.Table:
    """Read GeoParquet, or plain Parquet, into a table with plain geometry fields.

    A column without a `crs` member is in OGC:CRS84, as the specification says, which is EPSG:4326 with x east here; an
    explicit null is unknown.

    Raises:
        InputError: `tables.bad_parquet`, the file is damaged or is not Parquet, or its `geo` metadata is not usable.
    """
    path = Path(path)
    with _parquet(path) as file:
        return _with_geometry(file.read(), _geo_columns(file.schema_arrow.metadata or {}, path), path)


def iter_geoparquet(path: str | os.PathLike[str], rows: int = 65_536) -> Iterator[pa.Table]:
    """The same in tables of at most `rows` rows, at least one (perhaps empty), for files larger than memory."""
    path = Path(path)
    with _parquet(path) as file:
        columns = _geo_columns(file.schema_arrow.metadata or {}, path)
        if file.metadata.num_rows == 0:
            yield _with_geometry(file.schema_arrow.empty_table(), columns, path)
        for batch in file.iter_batches(rows):
            yield _with_geometry(pa.Table.from_batches([batch]), columns, path)


@contextlib.contextmanager
def _parquet(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        raise InputError("tables.bad_parquet", file=path.name, reason=str(error)) from error


def _with_geometry(table: pa.Table, columns: Mapping[str, dict[str, Any]], path: Path) -> pa.Table:
    for name, entry in columns.items():
        index = table.schema.get_field_index(name)
        if index >= 0:
            crs = crs_of_projjson(entry["crs"]) if "crs" in entry else WGS84
            field = geometry_field(name, crs).with_nullable(table.schema.field(index).nullable)
            table = table.set_column(index, field, _decoded(table.column(index), str(entry.get("encoding")), path))
    kept = {k: v for k, v in (table.schema.metadata or {}).items() if k not in (b"geo", b"pandas")}
    return plain_geometry(table.replace_schema_metadata(kept or None))


def _geo_columns(metadata: Mapping[bytes, bytes], path: Path) -> Mapping[str, dict[str, Any]]:
    if b"geo" not in metadata:
        return {}
    try:
        columns = json.loads(metadata[b"geo"])["columns"]
        return {str(name): dict(entry) for name, entry in columns.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError("tables.bad_parquet", file=path.name, reason=f"geo: {error}") from error


def _decoded(column: pa.ChunkedArray, encoding: str, path: Path) -> pa.ChunkedArray:
    """WKB of a column in one of the encodings of GeoParquet 1.1 (`WKB`, or the native `point` ... `multipolygon`)."""
    if encoding.upper() == "WKB":
        return _as_wkb(column)
    if encoding not in _NATIVE:
        raise InputError("tables.bad_parquet", file=path.name, reason=f"geo: encoding {encoding}")
    try:
        return _native_to_wkb(column, encoding)
    except (AttributeError, ValueError, pa.ArrowException, shapely.GEOSException) as error:
        raise InputError("tables.bad_parquet", file=path.name, reason=f"geo: {encoding}: {error}") from error
