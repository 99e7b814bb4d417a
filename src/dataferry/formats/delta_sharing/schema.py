"""The schema of a shared table: Arrow types as Delta types, written in Spark's JSON.

Delta has fewer types than Arrow. `sharing_schema` says how a column is stored in a file that every client can read,
`to_sharing` casts a table to it, and `schema_string` tells it. Type names: the Delta Transaction Log Protocol, "Schema
Serialization Format".
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from dataferry.formats.delta_sharing.capabilities import ResponseFormat
from dataferry.formats.wire_json import write_json
from dataferry.messages import InputError

MOST_DIGITS = 38
"""Of a decimal, in Spark."""
_DIGITS_OF_UINT64 = 20
_PLAIN: dict[pa.DataType, str] = {
    pa.bool_(): "boolean",
    pa.int8(): "byte",
    pa.int16(): "short",
    pa.int32(): "integer",
    pa.int64(): "long",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.string(): "string",
    pa.binary(): "binary",
    pa.date32(): "date",
}
_WIDER: dict[pa.DataType, pa.DataType] = {
    pa.uint8(): pa.int16(),
    pa.uint16(): pa.int32(),
    pa.uint32(): pa.int64(),
    pa.uint64(): pa.decimal128(_DIGITS_OF_UINT64, 0),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
    pa.null(): pa.string(),
}


def sharing_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns with types that Delta has; the metadata of the file (GeoParquet's among it) is kept.

    Unsigned numbers get the next wider signed type, dictionaries their values, extension types what they are stored
    as (geometry: WKB in binary), times of day text, durations whole microseconds; instants get microseconds.

    Raises:
        InputError: a column of a type that cannot be told, or two columns whose names differ only in case.
    """
    _refuse_twins([field.name for field in schema])
    fields = [_field(field, field.name) for field in schema]
    return pa.schema(fields, metadata=schema.metadata)


def to_sharing(table: pa.Table) -> pa.Table:
    """The table with the types of `sharing_schema`.

    Raises:
        InputError: see `sharing_schema`; or an instant finer than a microsecond would lose its last digits.
    """
    wanted = sharing_schema(table.schema)
    return pa.table([_cast(column, field) for column, field in zip(table.columns, wanted, strict=True)], schema=wanted)


def schema_string(schema: pa.Schema, chosen: ResponseFormat = ResponseFormat.PARQUET) -> str:
    """The schema in Spark's JSON, as `schemaString` wants it.

    In the Parquet format a time without a zone is a `timestamp` too: the protocol has no other word there.

    Raises:
        InputError: see `sharing_schema`.
    """
    return write_json(_struct(list(sharing_schema(schema)), chosen))


def reader_features(schema: pa.Schema) -> tuple[str, ...]:
    """The Delta reader features a client needs for this schema: `timestampNtz` where a time has no zone."""
    return ("timestampNtz",) if any(_has_local_time(field.type) for field in sharing_schema(schema)) else ()


def _field(field: pa.Field, path: str) -> pa.Field:
    return pa.field(field.name, _type(field.type, path), field.nullable, field.metadata)


def _type(kind: pa.DataType, path: str) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _type(kind.storage_type, path)
    if kind in _PLAIN:
        return kind
    if kind in _WIDER:
        return _WIDER[kind]
    if pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
        return _type(kind.value_type, path)
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    if pa.types.is_time(kind):
        return pa.string()
    if pa.types.is_duration(kind):
        return pa.int64()
    if pa.types.is_decimal(kind) and kind.precision <= MOST_DIGITS and 0 <= kind.scale <= kind.precision:
        return pa.decimal128(kind.precision, kind.scale)
    return _nested(kind, path)


def _nested(kind: pa.DataType, path: str) -> pa.DataType:
    if pa.types.is_struct(kind):
        inner = [kind.field(place) for place in range(kind.num_fields)]
        _refuse_twins([field.name for field in inner])
        return pa.struct([_field(field, f"{path}.{field.name}") for field in inner])
    if pa.types.is_map(kind):
        return pa.map_(_type(kind.key_type, f"{path}.key"), _field(kind.item_field, f"{path}.value"))
    if _is_list(kind):
        return pa.list_(_field(kind.value_field, f"{path}.element"))
    raise InputError("formats.no_delta_type", column=path, type=str(kind))


def _is_list(kind: pa.DataType) -> bool:
    views = pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind)
    return bool(views or pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _refuse_twins(names: list[str]) -> None:
    """Spark does not tell names apart by case, nor do the clients."""
    seen: dict[str, str] = {}
    for name in names:
        if (other := seen.setdefault(name.lower(), name)) is not name:
            raise InputError("formats.same_names", first=other, second=name)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    if column.type == field.type:
        return column
    try:
        if pa.types.is_duration(column.type):
            column = column.cast(pa.duration("us"))
        return column.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise InputError("formats.cannot_cast", column=field.name, type=str(field.type)) from error


def _struct(fields: list[pa.Field], chosen: ResponseFormat) -> dict[str, Any]:
    told = [
        {"name": field.name, "type": _told(field.type, chosen), "nullable": field.nullable, "metadata": {}}
        for field in fields
    ]
    return {"type": "struct", "fields": told}


def _told(kind: pa.DataType, chosen: ResponseFormat) -> str | dict[str, Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz or chosen is ResponseFormat.PARQUET else "timestamp_ntz"
    if pa.types.is_struct(kind):
        return _struct([kind.field(place) for place in range(kind.num_fields)], chosen)
    if pa.types.is_map(kind):
        key, value = _told(kind.key_type, chosen), _told(kind.item_type, chosen)
        return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": kind.item_field.nullable}
    element = _told(kind.value_type, chosen)
    return {"type": "array", "elementType": element, "containsNull": kind.value_field.nullable}


def _has_local_time(kind: pa.DataType) -> bool:
    if pa.types.is_timestamp(kind):
        return kind.tz is None
    return any(_has_local_time(kind.field(place).type) for place in range(kind.num_fields))
