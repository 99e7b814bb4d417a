"""What a Parquet file's footer says of its columns: rows, nulls, bounds. The data is not read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from dataferry.formats.delta_sharing.instants import milliseconds
from dataferry.formats.wire_json import write_json

LONGEST_TEXT = 32
"""Characters of a text bound that are told; as Delta's own writers do."""
_LAST_CHARACTER = "\U0010ffff"
_MICROSECONDS = 1000


@dataclass(frozen=True)
class ColumnStatistics:
    """One leaf column: its Arrow type, its nulls (None: not known) and bounds (None: not known, or only nulls).

    Bounds of floating point say nothing of NaN, which footers leave out.
    """

    type: pa.DataType
    nulls: int | None = None
    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class FileStatistics:
    """Rows of a file and statistics by column; the path of a field inside structs is a tuple of names."""

    rows: int
    columns: Mapping[tuple[str, ...], ColumnStatistics] = field(default_factory=dict)

    def to_json(self) -> str:
        """The `stats` of a file: a text of JSON with numRecords, minValues, maxValues and nullCount.

        Bounds are told only where they truly bound: texts are cut to 32 characters (the upper one rounded up),
        instants rounded outwards to milliseconds, upper bounds of floating point left out because of NaN.
        """
        told: dict[str, dict[str, Any]] = {"minValues": {}, "maxValues": {}, "nullCount": {}}
        for path, column in self.columns.items():
            _put(told["nullCount"], path, column.nulls)
            if not pa.types.is_decimal(column.type):
                _put(told["minValues"], path, _told(column.low, upper=False))
                _put(told["maxValues"], path, _told(column.high, upper=True))
        return write_json({"numRecords": self.rows, **told})


def of_parquet(file: Path | BinaryIO) -> FileStatistics:
    """Statistics from the footer of a Parquet file; columns inside lists and maps have none."""
    with pq.ParquetFile(file) as parquet:
        footer, schema = parquet.metadata, parquet.schema_arrow
    leaves = [leaf for column in schema for leaf in _leaves((column.name,), column.type, told=True)]
    groups = [footer.row_group(number) for number in range(footer.num_row_groups)]
    columns = {
        path: _column(kind, [group.column(place) for group in groups])
        for place, (path, kind, told) in enumerate(leaves)
        if told
    }
    return FileStatistics(footer.num_rows, columns)


def _leaves(path: tuple[str, ...], kind: pa.DataType, *, told: bool) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    """The columns of Parquet in its order, and whether each stands outside all lists."""
    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    if kind.num_fields == 0:
        yield path, kind, told
    for place in range(kind.num_fields):
        inner = kind.field(place)
        yield from _leaves((*path, inner.name), inner.type, told=told and pa.types.is_struct(kind))


def _column(kind: pa.DataType, chunks: Sequence[Any]) -> ColumnStatistics:
    known = [chunk.statistics for chunk in chunks]
    if not known or any(found is None for found in known):
        return ColumnStatistics(kind)
    nulls = sum(found.null_count for found in known) if all(found.has_null_count for found in known) else None
    bounded = [found for found in known if not (found.has_null_count and found.num_values == 0)]
    if not bounded or not _is_bounded(kind) or not all(found.has_min_max for found in bounded):
        return ColumnStatistics(kind, nulls)
    try:
        low, high = min(found.min for found in bounded), max(found.max for found in bounded)
    except (ValueError, OverflowError):
        # A date beyond the year 9999, or a nanosecond: Python has no word for it.
        return ColumnStatistics(kind, nulls)
    if isinstance(low, float) and not (math.isfinite(low) and math.isfinite(high)):
        return ColumnStatistics(kind, nulls)
    return ColumnStatistics(kind, nulls, low, high)


def _is_bounded(kind: pa.DataType) -> bool:
    """Types whose footers hold values in the order that people compare by. Bytes, geometry among them, are not."""
    types = pa.types
    if types.is_dictionary(kind):
        return _is_bounded(kind.value_type)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    return bool(
        texts
        or types.is_boolean(kind)
        or types.is_signed_integer(kind)
        or types.is_float32(kind)
        or types.is_float64(kind)
        or types.is_date(kind)
        or types.is_timestamp(kind)
        or types.is_decimal(kind)
    )


def _put(told: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if value is None:
        return
    for name in path[:-1]:
        told = told.setdefault(name, {})
    told[path[-1]] = value


def _told(value: Any, *, upper: bool) -> Any:
    if isinstance(value, float):
        return None if upper else value
    if isinstance(value, datetime):
        return _told_instant(value, upper=upper)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return _told_text(value, upper=upper)
    return value if isinstance(value, bool | int) else None


def _told_text(text: str, *, upper: bool) -> str | None:
    if len(text) <= LONGEST_TEXT:
        return text
    head = text[:LONGEST_TEXT]
    if not upper:
        return head
    return None if text[LONGEST_TEXT] == _LAST_CHARACTER else head + _LAST_CHARACTER


def _told_instant(when: datetime, *, upper: bool) -> str:
    local = when.tzinfo is None
    utc = when.replace(tzinfo=UTC) if local else when.astimezone(UTC)
    told = milliseconds(utc) + (1 if upper and utc.microsecond % _MICROSECONDS else 0)
    text = f"{_date_and_seconds(told)}.{told % 1000:03d}"
    return text if local else text + "Z"


def _date_and_seconds(told: int) -> str:
    return datetime.fromtimestamp(told // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
