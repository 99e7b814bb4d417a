"""Filters and sort orders that a visitor asks for, checked against the columns and written as SQL.

A value arrives as text from an address and is never part of the SQL before it has become a value of its column's type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

import pyarrow as pa

from dataferry.messages import UsageError
from dataferry.tables.columns.declared_columns import type_word

Test = Literal["equals", "one_of", "contains", "at_least", "at_most", "within", "missing", "present"]
"""`within` takes west, south, east, north in units of the column's datum; `at_least` and `at_most` are inclusive."""

TESTS: tuple[Test, ...] = get_args(Test)
MOST_VALUES = 100
LONGEST_VALUE = 1000
_COUNTS: Mapping[str, tuple[int, int]] = {
    "one_of": (1, MOST_VALUES),
    "within": (4, 4),
    "missing": (0, 0),
    "present": (0, 0),
}


@dataclass(frozen=True)
class Filter:
    """One condition on one column. `values` are texts as people write them: numbers, ISO 8601 dates, yes or no."""

    column: str
    test: Test
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sort:
    """One column of the sort order. Missing values come last either way; NaN counts as the greatest number."""

    column: str
    descending: bool = False


def identifier(name: str) -> str:
    """A column's name as the SQL engine quotes it."""
    return '"' + name.replace('"', '""') + '"'


def possible_tests(kind: pa.DataType, *, geometry: bool) -> tuple[Test, ...]:
    """What can be asked of a column of this type."""
    if geometry:
        return ("within", "missing", "present")
    if _is_text(kind):
        return ("contains", "equals", "one_of", "at_least", "at_most", "missing", "present")
    if pa.types.is_boolean(kind):
        return ("equals", "missing", "present")
    if sortable(kind, geometry=False):
        return ("equals", "one_of", "at_least", "at_most", "missing", "present")
    return ("missing", "present")


def sortable(kind: pa.DataType, *, geometry: bool) -> bool:
    """Whether rows can be put in order by a column of this type."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    nameless = pa.types.is_nested(kind) or _is_bytes(kind) or pa.types.is_null(kind) or pa.types.is_duration(kind)
    return not (geometry or nameless)


def where(filters: Sequence[Filter], schema: pa.Schema, places: Mapping[str, str | None]) -> str:
    """The filters as one SQL condition, `TRUE` for none.

    Args:
        schema: columns of the table.
        places: its geometry columns, as `geometry_columns` names them.

    Raises:
        UsageError: `tables.no_column`, `tables.no_such_test`, `tables.filter_values` or `tables.filter_value`, each
            with the `column` it is about.
    """
    return " AND ".join(_condition(each, field_of(schema, each.column), each.column in places) for each in filters) or (
        "TRUE"
    )


def field_of(schema: pa.Schema, name: str) -> pa.Field:
    """The field of a column.

    Raises:
        UsageError: `tables.no_column`.
    """
    index = schema.get_field_index(name)
    if index < 0:
        raise UsageError("tables.no_column", column=name[:LONGEST_VALUE])
    return schema.field(index)


def _condition(asked: Filter, field: pa.Field, is_place: bool) -> str:
    possible = possible_tests(field.type, geometry=is_place)
    if asked.test not in possible:
        raise UsageError("tables.no_such_test", column=field.name, test=str(asked.test), possible=", ".join(possible))
    least, most = _COUNTS.get(asked.test, (1, 1))
    if not least <= len(asked.values) <= most:
        raise UsageError("tables.filter_values", column=field.name, test=asked.test, least=least, most=most)
    name = identifier(field.name)
    if asked.test in {"missing", "present"}:
        return f"{name} IS {'NOT ' if asked.test == 'present' else ''}NULL"
    if asked.test == "within":
        return _within(name, [_number(text, field.name) for text in asked.values])
    values = [literal(_parsed(text, field), field.type) for text in asked.values]
    if asked.test == "contains":
        return f"contains(lower({name}), lower({values[0]}))"
    if asked.test in {"equals", "one_of"}:
        return f"{name} IN ({', '.join(values)})"
    return f"{name} {'>=' if asked.test == 'at_least' else '<='} {values[0]}"


def _within(name: str, box: Sequence[float]) -> str:
    """The shape's own box meets the asked one."""
    west, south, east, north = (repr(side) for side in box)
    return (
        f"(ST_XMax({name}) >= {west} AND ST_XMin({name}) <= {east} "
        f"AND ST_YMax({name}) >= {south} AND ST_YMin({name}) <= {north})"
    )


def _number(text: str, column: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError("tables.filter_value", column=column, value=text[:80], type="number")
    return number


def _parsed(text: str, field: pa.Field) -> Any:
    """A text as a value of the column's type: what `pyarrow.scalar` takes."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    word = type_word(kind)
    try:
        if len(text) > LONGEST_VALUE:
            raise ValueError("too long")
        if _is_text(kind):
            text.encode()
            return text
        if pa.types.is_boolean(kind):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.strip().lower()]
        if pa.types.is_timestamp(kind):
            return pa.scalar(_instant(text.strip(), kind), kind).as_py()
        if pa.types.is_time(kind):
            return pa.scalar(time.fromisoformat(text.strip()), kind).as_py()
        plain = text.strip() if pa.types.is_date(kind) else text.strip().replace(",", "")
        return pa.scalar(plain).cast(kind).as_py()
    except (pa.ArrowException, ValueError, KeyError, OverflowError, UnicodeError) as error:
        raise UsageError("tables.filter_value", column=field.name, value=text[:80], type=word) from error


def _instant(text: str, kind: pa.TimestampType) -> datetime:
    """ISO 8601; without a zone of its own it is taken in the column's zone."""
    moment = datetime.fromisoformat(text)
    if kind.tz is None:
        return moment.replace(tzinfo=None) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    return moment if moment.tzinfo else moment.replace(tzinfo=_zone(kind.tz))


def _zone(name: str) -> Any:
    if name[:1] in "+-":
        return datetime.fromisoformat(f"2000-01-01T00:00:00{name}").tzinfo
    return ZoneInfo(name)


def literal(value: Any, kind: pa.DataType) -> str:
    """A value of a column as SQL that the engine reads back as exactly that value.

    Args:
        value: what `as_py` gives for the type; not None.
    """
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if _is_text(kind):
        return _quoted(value)
    if pa.types.is_boolean(kind):
        return "TRUE" if value else "FALSE"
    if pa.types.is_integer(kind):
        return str(int(value))
    if pa.types.is_floating(kind):
        return f"CAST({_quoted(repr(float(value)))} AS DOUBLE)"
    if pa.types.is_decimal(kind):
        return f"CAST({_quoted(str(value))} AS DECIMAL({kind.precision}, {kind.scale}))"
    text = value.astimezone(UTC).isoformat() if pa.types.is_timestamp(kind) and kind.tz else value.isoformat()
    return f"arrow_cast({_quoted(text)}, {_quoted(_engine_type(kind))})"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_UNITS: Mapping[str, str] = {"s": "Second", "ms": "Millisecond", "us": "Microsecond", "ns": "Nanosecond"}


def _engine_type(kind: pa.DataType) -> str:
    """An Arrow type of dates and times as the engine's `arrow_cast` names it."""
    if pa.types.is_date(kind):
        return "Date32" if pa.types.is_date32(kind) else "Date64"
    if pa.types.is_time(kind):
        return f"Time{kind.bit_width}({_UNITS[kind.unit]})"
    zone = f'Some("{kind.tz}")' if kind.tz else "None"
    return f"Timestamp({_UNITS[kind.unit]}, {zone})"


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )
