"""The change feed between two releases of a table: which rows came, went, or became others.

Rows are told apart by a declared key. The feed has the columns of the newer table and `_change_type` (`insert`,
`delete`, `update_preimage`, `update_postimage`), as the change data feed of Delta tables has them; with a version also
`_commit_version` and `_commit_timestamp`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.formats.sameness import Codes, row_codes, same, storage
from dataferry.messages import InputError

CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP = "_change_type", "_commit_version", "_commit_timestamp"
OWN_COLUMNS = (CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP)
DELETE, INSERT, BEFORE, AFTER = "delete", "insert", "update_preimage", "update_postimage"
Rows = np.ndarray[tuple[int], np.dtype[np.int64]]


def between(
    old: pa.Table,
    new: pa.Table,
    key: Sequence[str],
    *,
    version: int | None = None,
    timestamp: datetime | None = None,
) -> pa.Table:
    """What turns `old` into `new`, both in memory; `large_changes.between_files` for tables that are too large for it.

    First the rows deleted, then those inserted, then each updated row before and after; those that came in the order of
    the newer table, all others in that of the older. Without a key a row has no
    name, so that rows only come and go. Nulls in a key are a value like any other; -0.0 equals 0.0, NaN equals NaN.
    The answer has the columns of `new`: a column that `old` lacks was null in it, one that `new` lacks is not told.

    Args:
        key: names of the columns that tell rows apart, unique in both tables; empty where there is none.
        version, timestamp: of `new`; when both are given, they stand in columns of their own.

    Raises:
        InputError: a column of the key is missing, nested or given twice, the key is not unique, a column has one of
            the feed's own names, or the type of a column changed in a way that would lose values.
    """
    refuse_own_names(new)
    new = storage(new)
    old = conformed(storage(old), new.schema)
    deleted, inserted, before, after = pairs(old, new, key)
    updated = interleaved(old.take(before), new.take(after))
    feed = pa.concat_tables([typed(old.take(deleted), DELETE), typed(new.take(inserted), INSERT), typed_pairs(updated)])
    return feed if version is None or timestamp is None else stamped(feed, version, timestamp)


def stamped(feed: pa.Table, version: int, timestamp: datetime) -> pa.Table:
    """The feed with the version that brought it and that version's instant, in columns of their own."""
    instant = pa.scalar(timestamp.astimezone(UTC), pa.timestamp("us", "UTC"))
    feed = feed.append_column(COMMIT_VERSION, pa.repeat(pa.scalar(version, pa.int64()), feed.num_rows))
    return feed.append_column(COMMIT_TIMESTAMP, pa.repeat(instant, feed.num_rows))


def apply(feed: pa.Table, old: pa.Table, key: Sequence[str]) -> pa.Table:
    """The newer table again, in another order: `old` without what went, with what came.

    Raises:
        InputError: the feed does not fit `old`: a row that it takes away is not there, or one it brings already is.
    """
    data = feed.drop_columns([name for name in OWN_COLUMNS if name in feed.column_names])
    old = conformed(storage(old), data.schema)
    leaving = pc.is_in(feed[CHANGE_TYPE], pa.array([DELETE, BEFORE]))
    gone, come = data.filter(leaving), data.filter(pc.invert(leaving))
    missing, kept, _, _ = pairs(gone, old, key, compare=False)
    if len(missing) or len(kept) != old.num_rows - gone.num_rows:
        raise InputError("formats.feed_does_not_fit")
    stayed = old.take(np.sort(kept))
    result = pa.concat_tables([stayed, come])
    if key and not row_codes([result.select(list(key))]).unique(0):
        raise InputError("formats.feed_does_not_fit")
    return result


def pairs(old: pa.Table, new: pa.Table, key: Sequence[str], *, compare: bool = True) -> tuple[Rows, Rows, Rows, Rows]:
    """Rows only in `old`, only in `new`, and the pairs of those in both that differ."""
    codes = _keyed(old, new, key) if key else row_codes([old, new]).numbered()
    place_old, place_new = codes.places(0), codes.places(1)
    only_old = place_old[(place_new < 0) & (place_old >= 0)]
    only_new = place_new[(place_old < 0) & (place_new >= 0)]
    both = (place_old >= 0) & (place_new >= 0)
    before, after = place_old[both], place_new[both]
    if not key or not compare:
        before = after = np.empty(0, np.int64)
    others = [name for name in new.column_names if name not in key]
    left, right = old.select(others).take(before), new.select(others).take(after)
    alike = np.ones(len(before), bool)
    for name in others:
        alike &= same(left[name], right[name])
    before, after = before[~alike], after[~alike]
    order = np.argsort(before)
    return np.sort(only_old), np.sort(only_new), before[order], after[order]


def check_key(schema: pa.Schema, key: Sequence[str]) -> None:
    """
    Raises:
        InputError: a column of the key is missing, nested or given twice.
    """
    for name in key:
        if name not in schema.names or pa.types.is_nested(schema.field(name).type):
            raise InputError("formats.no_key_column", column=name)
    if len(set(key)) != len(key):
        raise InputError("formats.no_key_column", column=key[0])


def _keyed(old: pa.Table, new: pa.Table, key: Sequence[str]) -> Codes:
    check_key(new.schema, key)
    codes = row_codes([old.select(list(key)), new.select(list(key))])
    for table in (0, 1):
        if not codes.unique(table):
            raise InputError("formats.key_not_unique", key=list(key))
    return codes


def conformed(old: pa.Table, wanted: pa.Schema) -> pa.Table:
    """`old` with the columns of `wanted`, in its order and types."""
    if len(set(old.column_names)) != old.num_columns:
        raise InputError("formats.same_names", first=old.column_names[0], second=old.column_names[0])
    columns = []
    for field in wanted:
        if field.name not in old.column_names:
            columns.append(pa.nulls(old.num_rows, field.type))
            continue
        try:
            columns.append(old[field.name].cast(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise InputError("formats.cannot_cast", column=field.name, type=str(field.type)) from error
    return pa.table(columns, schema=pa.schema([field.with_nullable(True) for field in wanted]))


def refuse_own_names(table: pa.Table) -> None:
    """
    Raises:
        InputError: a column has one of the feed's own names, or two have the same.
    """
    for name in table.column_names:
        if name.lower() in OWN_COLUMNS:
            raise InputError("formats.own_name", column=name)
    if len(set(table.column_names)) != table.num_columns:
        raise InputError("formats.same_names", first=table.column_names[0], second=table.column_names[0])


def typed(rows: pa.Table, change: str) -> pa.Table:
    """Rows of one kind of change."""
    return rows.append_column(CHANGE_TYPE, pa.repeat(change, rows.num_rows))


def typed_pairs(rows: pa.Table) -> pa.Table:
    """Updated rows, each before and after."""
    return rows.append_column(CHANGE_TYPE, pa.array([BEFORE, AFTER]).take(np.arange(rows.num_rows) % 2))


def interleaved(left: pa.Table, right: pa.Table) -> pa.Table:
    """Row by row: one of the left, one of the right."""
    order = np.arange(2 * left.num_rows).reshape(2, -1).T.ravel()
    return pa.concat_tables([left, right]).take(order)
