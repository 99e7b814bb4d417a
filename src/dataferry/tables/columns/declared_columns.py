"""What the caller declares about typed columns, applied: sentinels become null, types are cast, both are counted."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import Finding
from dataferry.tables.options import ReadOptions
from dataferry.tables.report import ReadReport

_ARROW = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
}


def type_word(kind: pa.DataType) -> str:
    """The word of `ReadOptions.types` for an Arrow type; other types by Arrow's own name."""
    for test, word in (
        (pa.types.is_string, "string"),
        (pa.types.is_large_string, "string"),
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_date, "date"),
        (pa.types.is_time, "time"),
        (pa.types.is_timestamp, "timestamp"),
    ):
        if test(kind):
            return word
    return str(kind)


def apply_declared(table: pa.Table, options: ReadOptions, report: ReadReport) -> tuple[pa.Table, dict[str, int]]:
    """The table with `options.missing` and `options.types` applied, and how many sentinels each column held.

    A column that does not cast whole keeps its type, with a finding: no value is lost.
    """
    counts: dict[str, int] = {}
    for index, field in enumerate(table.schema):
        sentinels = (*options.missing.get("*", ()), *options.missing.get(field.name, ()))
        if sentinels:
            table, counts[field.name] = _without(table, index, sentinels)
        wanted = _ARROW.get(options.types.get(field.name, ""))
        if wanted is not None and wanted != field.type:
            table = _cast(table, index, wanted, report)
    return table, {name: count for name, count in counts.items() if count}


def _without(table: pa.Table, index: int, sentinels: tuple[str, ...]) -> tuple[pa.Table, int]:
    field, column = table.schema.field(index), table.column(index)
    kind = field.type
    values = [v for v in (_as_value(text, kind) for text in sentinels) if v is not None]
    if not values:
        return table, 0
    hit = pc.is_in(column, value_set=pa.array(values, kind))
    count = int(pc.sum(hit).as_py() or 0)
    return table.set_column(index, field, pc.if_else(hit, pa.scalar(None, kind), column)), count


def _as_value(text: str, kind: pa.DataType) -> object:
    """A sentinel as a value of the column's type; `None` when it cannot be one."""
    if not (pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return None
    try:
        return pa.scalar(text).cast(kind).as_py()
    except pa.ArrowException:
        return None


def _cast(table: pa.Table, index: int, wanted: pa.DataType, report: ReadReport) -> pa.Table:
    field = table.schema.field(index)
    try:
        if pa.types.is_temporal(wanted) and not (pa.types.is_string(field.type) or pa.types.is_temporal(field.type)):
            raise pa.ArrowInvalid("a number is no date by itself")
        column = table.column(index).cast(wanted)
    except pa.ArrowException as error:
        data = {"file": report.file, "column": field.name, "type": type_word(wanted), "reason": str(error)}
        report.note(Finding("tables.type_not_cast", "attention", data))
        return table
    return table.set_column(index, field.with_type(wanted), column)
