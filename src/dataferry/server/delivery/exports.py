"""A served table as one file for people: Parquet, CSV, GeoJSON, FlatGeobuf. Written batch by batch, once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from django.db import IntegrityError, transaction

from dataferry.formats.portions import rows_at_once
from dataferry.geo import WGS84, convert_wkb
from dataferry.messages import MissingError
from dataferry.server import jobs
from dataferry.server.delivery import keeping, vault
from dataferry.server.delivery.cutting import TableWriter
from dataferry.server.delivery.models import ServedExport, ServedTable
from dataferry.server.delivery.serving import AT_ONCE_BYTES, being_prepared, making
from dataferry.server.journal import clock
from dataferry.tables import geometry_columns, iter_geoparquet, write_csv

KINDS = ("parquet", "csv", "geojson", "fgb")
OF_PLACES = frozenset({"geojson", "fgb"})
_WGS84_DECIMALS = 7


def kinds_of(served: ServedTable) -> list[str]:
    """What a table can be downloaded as: formats of places where it has one geometry column in a CRS of the EPSG.

    Raises:
        UnavailableError: `server.delivery.being_made_again`.
    """
    return [kind for kind in KINDS if kind not in OF_PLACES or _place(served) is not None]


def export(served: ServedTable, kind: str, *, wait: bool = False) -> ServedExport:
    """The file, made now if it has not been, or if it is gone.

    Args:
        wait: make it now however large it is (jobs).

    Raises:
        MissingError: `server.delivery.no_such_format`.
        UnavailableError: `server.delivery.being_prepared` or `server.delivery.being_made_again` (503, ask again); a job
            makes it.
    """
    if kind not in kinds_of(served):
        raise MissingError("server.delivery.no_such_format", format=kind[:20], possible=", ".join(kinds_of(served)))
    found = _known(served, kind)
    if found is not None and keeping.is_whole(found):
        return found
    if kind == "parquet" and len(served.files) == 1:
        # The one part is the file; only its name is another.
        return _named(served, kind, found, {**served.files[0], "name": "data.parquet"})
    if not wait and served.bytes > AT_ONCE_BYTES:
        if found is not None:
            keeping.ask(found)
        ask_for(served, kind)
        raise being_prepared()
    with making(f"{served.pk} {kind}", wait=wait):
        found = _known(served, kind)
        if found is not None and keeping.is_whole(found):
            return found
        return _named(served, kind, found, _made(served, kind))


def _known(served: ServedTable, kind: str) -> ServedExport | None:
    rows = ServedExport.objects.select_related("served__release__product")
    found = rows.filter(served=served, kind=kind).first()
    return None if found is None else keeping.current(found)


def _named(served: ServedTable, kind: str, found: ServedExport | None, file: dict[str, Any]) -> ServedExport:
    return _kept(served, kind, file) if found is None else keeping.made_again(found, [file])


def ask_for(served: ServedTable, kind: str) -> None:
    """A job that makes the file."""
    name = f"delivery.export:{served.pk}:{kind}"
    payload = {"served": served.pk, "kind": kind}
    with transaction.atomic():
        jobs.enqueue("delivery.export", subject=name, payload=payload, asked_by=None, key=name)


def _made(served: ServedTable, kind: str) -> dict[str, Any]:
    with vault.workplace() as place:
        made = place / f"data.{kind}"
        _WRITERS[kind](served, made)
        return vault.keep(made, made.name, served.rows)


def _kept(served: ServedTable, kind: str, file: dict[str, Any]) -> ServedExport:
    row = ServedExport(served=served, kind=kind, file=file, made_at=clock.now())
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return ServedExport.objects.select_related("served__release__product").get(served=served, kind=kind)
    return row


def batches(served: ServedTable) -> Iterator[pa.Table]:
    """The rows of a served table, with geometry fields, at least one table (perhaps empty).

    Raises:
        UnavailableError: `server.delivery.being_made_again`.
    """
    for file in served.files:
        path = vault.sound_path(file)
        yield from iter_geoparquet(path, rows_at_once(path))


def _place(served: ServedTable) -> tuple[str, str] | None:
    """The geometry column that files of places are made of, and its CRS.

    Raises:
        UnavailableError: `server.delivery.being_made_again`.
    """
    path = vault.sound_path(served.files[0])
    with pq.ParquetFile(path) as file:
        geo = json.loads((file.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    if not geo:
        return None
    table = next(iter_geoparquet(path, 1))
    crs = geometry_columns(table.schema).get(geo["primary_column"])
    # A datum that others cannot name would be read as WGS84, some hundred metres off.
    return (geo["primary_column"], crs) if crs is not None and crs.startswith(("EPSG:", "OGC:")) else None


def _to_parquet(served: ServedTable, path: Path) -> None:
    writer: TableWriter | None = None
    for table in batches(served):
        writer = writer or TableWriter(path, table.schema)
        writer.write(table)
    assert writer is not None  # noqa: S101 - a served table has a file, and a file a batch
    writer.finish()


def _to_csv(served: ServedTable, path: Path) -> None:
    write_csv(batches(served), path)


def _to_geojson(served: ServedTable, path: Path) -> None:
    """RFC 7946: WGS84, seven decimals, one feature a row in the table's order."""
    name, crs = _known_place(served)
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"type":"FeatureCollection","features":[')
        between = "\n"
        for table in batches(served):
            for feature in _features(table, name, crs):
                stream.write(between + feature)
                between = ",\n"
        stream.write("\n]}\n")


def _features(table: pa.Table, name: str, crs: str) -> Iterator[str]:
    wkb = table[name] if crs == WGS84 else convert_wkb(table[name], crs, WGS84)
    shapes = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False) if isinstance(wkb, pa.Array) else wkb.to_numpy())
    shapes = shapely.orient_polygons(shapely.set_precision(shapes, 10.0**-_WGS84_DECIMALS, mode="pointwise"))
    others = table.drop_columns(list(geometry_columns(table.schema))).to_pylist() or [{}] * table.num_rows
    for shape, row in zip(shapely.to_geojson(shapes), others, strict=True):
        text = json.dumps({key: plain(value) for key, value in row.items()}, ensure_ascii=False, allow_nan=False)
        yield f'{{"type":"Feature","geometry":{shape or "null"},"properties":{text}}}'


def _to_flatgeobuf(served: ServedTable, path: Path) -> None:
    """In the table's own CRS, with a spatial index."""
    from pyogrio import write_arrow

    name, crs = _known_place(served)
    parts = (_flat(table, name) for table in batches(served))
    first = next(parts)
    reader = pa.RecordBatchReader.from_batches(
        first.schema, (batch for table in _chained(first, parts) for batch in table.to_batches())
    )
    write_arrow(
        reader, str(path), driver="FlatGeobuf", layer="data", geometry_name=name, geometry_type="Unknown", crs=crs
    )


def _chained(first: pa.Table, rest: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from rest


def _flat(table: pa.Table, place: str) -> pa.Table:
    """Text, numbers, booleans, days and instants as they are; everything else as text. One geometry, as WKB."""
    columns, fields = [], []
    for field in table.schema:
        column = table[field.name]
        if field.name == place:
            columns.append(column)
            fields.append(pa.field(field.name, pa.binary()))
        elif field.name in geometry_columns(table.schema):
            continue
        elif _is_simple(field.type):
            columns.append(column)
            fields.append(pa.field(field.name, field.type))
        else:
            texts = [None if value is None else _text(value) for value in column.to_pylist()]
            columns.append(pa.chunked_array([pa.array(texts, pa.string())]))
            fields.append(pa.field(field.name, pa.string()))
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _is_simple(kind: pa.DataType) -> bool:
    types = pa.types
    numbers = types.is_signed_integer(kind) or types.is_floating(kind)
    return bool(types.is_string(kind) or types.is_boolean(kind) or numbers or types.is_date32(kind))


def _known_place(served: ServedTable) -> tuple[str, str]:
    place = _place(served)
    assert place is not None  # noqa: S101 - `export` asks `kinds_of` first
    return place


def plain(value: Any) -> Any:
    """A cell as JSON: days and instants in ISO 8601, decimals and bytes as text, NaN and infinities null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | str) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal) else json.dumps(plain(value), ensure_ascii=False)


_WRITERS: Mapping[str, Callable[[ServedTable, Path], None]] = {
    "parquet": _to_parquet,
    "csv": _to_csv,
    "geojson": _to_geojson,
    "fgb": _to_flatgeobuf,
}
