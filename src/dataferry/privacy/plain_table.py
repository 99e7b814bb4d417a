"""A table in the plain types that counting and grouping know; the values stay."""

from __future__ import annotations

import pyarrow as pa


def plain_table(table: pa.Table) -> pa.Table:
    """Dictionaries become their values, views and large text plain text, half floats floats; all else stays."""
    for position, field in enumerate(table.schema):
        kind = plain_type(field.type)
        if kind != field.type:
            table = table.set_column(position, field.with_type(kind), table.column(position).cast(kind))
    return table


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The plain type of a column."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_binary_view(kind) or pa.types.is_large_binary(kind):
        return pa.binary()
    return pa.float32() if pa.types.is_float16(kind) else kind
