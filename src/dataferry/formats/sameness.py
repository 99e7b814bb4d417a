"""Which rows and values are the same, column by column, for every Arrow type; null equals null, NaN equals NaN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Numbers = np.ndarray[tuple[int], np.dtype[np.int64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


@dataclass(frozen=True)
class Codes:
    """A number for every row of several tables, the same for rows that are the same; `parts` is one array a table."""

    parts: tuple[Numbers, ...]

    def unique(self, table: int) -> bool:
        """No two rows of this table are the same."""
        return len(np.unique(self.parts[table])) == len(self.parts[table])

    def places(self, table: int) -> Numbers:
        """For every code the row of this table that has it, or -1; codes must be unique in it."""
        most = max((int(part.max()) + 1 for part in self.parts if len(part)), default=0)
        found = np.full(most, -1, np.int64)
        found[self.parts[table]] = np.arange(len(self.parts[table]))
        return found

    def numbered(self) -> Codes:
        """Unique codes: the first of several rows that are the same, the second, and so on."""
        counted = [_occurrence(part) for part in self.parts]
        whole = [np.stack([part, count]) for part, count in zip(self.parts, counted, strict=True)]
        _, codes = np.unique(np.concatenate(whole, axis=1), axis=1, return_inverse=True)
        return Codes(_split(codes.ravel(), [len(part) for part in self.parts]))


def row_codes(tables: list[pa.Table]) -> Codes:
    """Codes of the rows of tables with the same columns."""
    lengths = [table.num_rows for table in tables]
    codes = None
    for name in tables[0].column_names:
        columns = pa.chunked_array([chunk for table in tables for chunk in table[name].chunks], tables[0][name].type)
        own = _value_codes(columns)
        if codes is not None:
            # Made small again after each column, so that the product never overflows.
            _, own = np.unique(codes * (int(own.max(initial=0)) + 1) + own, return_inverse=True)
        codes = own
    return Codes(_split(np.zeros(sum(lengths)) if codes is None else codes, lengths))


def storage(table: pa.Table) -> pa.Table:
    """The table with plain columns: extension types as they are stored, dictionaries as their values."""
    columns, fields = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        if isinstance(field.type, pa.BaseExtensionType):
            column = pa.chunked_array([chunk.storage for chunk in column.chunks], field.type.storage_type)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        columns.append(column)
        fields.append(pa.field(field.name, column.type))
    return pa.table(columns, schema=pa.schema(fields))


def same(left: pa.ChunkedArray | pa.Array, right: pa.ChunkedArray | pa.Array) -> Flags:
    """For every row whether the two columns, of one type, hold the same value there."""
    left, right = whole(left), whole(right)
    left_null, right_null = _flags(left.is_null()), _flags(right.is_null())
    alike: Flags = _same_values(left, right) & ~left_null & ~right_null
    return alike | (left_null & right_null)


def _same_values(left: pa.Array, right: pa.Array) -> Flags:
    """As `same`, for rows where neither is null."""
    kind = left.type
    if isinstance(kind, pa.BaseExtensionType):
        return same(left.storage, right.storage)
    if pa.types.is_dictionary(kind):
        return same(left.cast(kind.value_type), right.cast(kind.value_type))
    if pa.types.is_struct(kind):
        alike = np.ones(len(left), bool)
        for place in range(kind.num_fields):
            alike &= same(left.field(place), right.field(place))
        return alike
    if pa.types.is_map(kind):
        entries = pa.list_(pa.struct([("key", kind.key_type), ("value", kind.item_type)]))
        return _same_lists(left.cast(entries), right.cast(entries))
    if pa.types.is_nested(kind):
        return _same_lists(left, right)
    if pa.types.is_null(kind):
        return np.ones(len(left), bool)
    alike = _flags(pc.fill_null(pc.equal(left, right), False))
    if pa.types.is_floating(kind):
        both = pc.and_(pc.is_nan(left), pc.is_nan(right))
        alike |= _flags(pc.fill_null(both, False))
    return alike


def _same_lists(left: pa.Array, right: pa.Array) -> Flags:
    """Equal lengths, and equal element by element; only the lists of equal length are laid side by side."""
    left_length = pc.list_value_length(left).fill_null(-1).to_numpy(zero_copy_only=False)
    right_length = pc.list_value_length(right).fill_null(-2).to_numpy(zero_copy_only=False)
    alike: Flags = left_length == right_length
    chosen = pa.array(alike)
    elements = same(pc.list_flatten(left.filter(chosen)), pc.list_flatten(right.filter(chosen)))
    lengths = left_length[alike].astype(np.int64)
    owners = np.repeat(np.flatnonzero(alike), lengths)
    alike = alike.copy()
    alike[owners[~elements]] = False
    return alike


def _value_codes(column: pa.ChunkedArray) -> Numbers:
    """A number from 0 for every value of a column, nulls among them."""
    if pa.types.is_nested(column.type) or pa.types.is_null(column.type):
        column = pa.chunked_array([pa.array([repr(value) for value in column.to_pylist()], pa.string())])
    if pa.types.is_floating(column.type):
        # Adding nothing makes -0.0 the same as 0.0.
        column = pc.add(column.cast(pa.float64()), 0.0)
    encoded = whole(column).dictionary_encode("encode")
    codes: Numbers = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def _occurrence(codes: Numbers) -> Numbers:
    """How many rows before this one have the same code."""
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(codes) else np.empty(0, np.int64)
    counted = np.empty(len(codes), np.int64)
    counted[order] = np.arange(len(codes)) - np.repeat(starts, np.diff(np.r_[starts, len(codes)]))
    return counted


def _split(codes: Any, lengths: list[int]) -> tuple[Numbers, ...]:
    return tuple(np.split(codes.astype(np.int64), np.cumsum(lengths)[:-1]))


def whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One array; a column of text beyond two gigabytes needs wider offsets."""
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    if column.nbytes > _MOST_BYTES_OF_AN_ARRAY and (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
        column = column.cast(pa.large_string() if pa.types.is_string(column.type) else pa.large_binary())
    return column.combine_chunks() if column.num_chunks else pa.array([], column.type)


_MOST_BYTES_OF_AN_ARRAY = 2**31 - 1


def _flags(values: pa.Array) -> Flags:
    found: Flags = values.to_numpy(zero_copy_only=False)
    return found
