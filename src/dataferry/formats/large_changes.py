"""The change feed between two tables that are larger than memory: the same rows in the same order as `changes.between`.

Rows of both tables are laid into parts by a hash of their key, so that a row and the row it became lie in parts of the
same number; each pair of parts is compared in memory. What came and what went is then read from the tables again, in
their own order; updated rows are laid into stretches of the older table and put in order there.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataferry.formats import changes
from dataferry.formats.portions import rows_at_once
from dataferry.formats.sameness import storage, whole

PART_BYTES = 32 * 1024 * 1024
"""Of both tables together, as they lie in memory; comparing takes some times as much."""
MOST_PARTS = 256
Hashes = np.ndarray[tuple[int], np.dtype[np.uint64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def between_files(
    old: Sequence[Path], new: Sequence[Path], key: Sequence[str], folder: Path, *, part_bytes: int = PART_BYTES
) -> Iterator[pa.Table]:
    """What turns one table into another, table by table: see `changes.between`.

    Memory: a byte for each row, and about six times `part_bytes`, or the 256th part of both tables where that is more.
    Rows that cannot be told apart by the hash lie in one part: many equal rows in tables without a key are held
    together.

    Args:
        old, new: Parquet files of each table, in the order of its rows; at least one.
        folder: an empty place for files in between, on a disk with room for both tables. They are gone afterwards.

    Raises:
        InputError: as `changes.between`.
    """
    newer = _Source(new, None, part_bytes)
    changes.refuse_own_names(newer.schema.empty_table())
    older = _Source(old, newer.schema, part_bytes)
    if key:
        changes.check_key(newer.schema, key)
    parts = min(MOST_PARTS, -(-(older.size + newer.size) // part_bytes))
    if parts <= 1:
        yield changes.between(older.whole(), newer.whole(), key)
        return
    yield from _compared(older, newer, key, _Place(folder, parts))


class _Source:
    """A table in Parquet files, with plain columns; conformed to `wanted` where that is given."""

    def __init__(self, files: Sequence[Path], wanted: pa.Schema | None, part_bytes: int) -> None:
        self._files, self._wanted, self._at_once = files, wanted, part_bytes // 2
        self.rows = sum(pq.read_metadata(file).num_rows for file in files)
        self.schema = self._plain(pq.read_schema(files[0]).empty_table()).schema
        first = next(self.batches(), None)
        as_the_first = self.rows * (first.nbytes // max(1, first.num_rows) + 1) if first is not None else 0
        # Texts that repeat are short in a file; rows that follow may be wider than the first.
        self.size = max(as_the_first, sum(map(_bytes_of, files)))

    def batches(self) -> Iterator[pa.Table]:
        for path in self._files:
            with pq.ParquetFile(path, pre_buffer=False) as file:
                for batch in file.iter_batches(rows_at_once(path, self._at_once)):
                    yield self._plain(pa.Table.from_batches([batch]))

    def whole(self) -> pa.Table:
        return pa.concat_tables([self.schema.empty_table(), *self.batches()])

    def _plain(self, table: pa.Table) -> pa.Table:
        # Of the geometry the bytes are compared, whatever the metadata say of them.
        table = storage(table.replace_schema_metadata(None))
        return table if self._wanted is None else changes.conformed(table, self._wanted)


def _bytes_of(file: Path) -> int:
    footer = pq.read_metadata(file)
    return sum(footer.row_group(number).total_byte_size for number in range(footer.num_row_groups))


@dataclass(frozen=True)
class _Place:
    """Files in between: a stream of Arrow for each part of a table."""

    folder: Path
    parts: int

    def lay(
        self, name: str, tables: Iterator[pa.Table], schema: pa.Schema, part_of: Callable[[pa.Table], Hashes]
    ) -> None:
        """Write every row into the part that it belongs to, in order."""
        with contextlib.ExitStack() as stack:
            writers: dict[int, pa.ipc.RecordBatchStreamWriter] = {}
            for table in tables:
                if not table.num_rows:
                    continue
                parts = part_of(table)
                order = np.argsort(parts, kind="stable")
                ordered, parts = table.take(order).combine_chunks(), parts[order]
                starts = np.flatnonzero(np.r_[True, parts[1:] != parts[:-1]])
                for start, end in zip(starts, [*starts[1:], len(parts)], strict=True):
                    number = int(parts[start])
                    if number not in writers:
                        writers[number] = stack.enter_context(pa.ipc.new_stream(self._path(name, number), schema))
                    writers[number].write_table(ordered.slice(start, end - start))

    def take(self, name: str, number: int, schema: pa.Schema) -> pa.Table:
        """The rows of a part; its file is gone then."""
        path = self._path(name, number)
        if not Path(path).exists():
            return schema.empty_table()
        with pa.OSFile(path) as file, pa.ipc.open_stream(file) as reader:
            table = reader.read_all()
        Path(path).unlink()
        return table

    def _path(self, name: str, number: int) -> str:
        return str(self.folder / f"{name}-{number}.arrow")


def _compared(older: _Source, newer: _Source, key: Sequence[str], place: _Place) -> Iterator[pa.Table]:
    row = _unused_name(newer.schema)
    schema = pa.schema([*newer.schema, pa.field(row, pa.int64())])
    names = list(key) or newer.schema.names
    for name, source in (("old", older), ("new", newer)):
        place.lay(name, _numbered(source, schema), schema, lambda table: row_hashes(table.select(names)) % place.parts)
    gone, came = np.zeros(older.rows, bool), np.zeros(newer.rows, bool)
    stretch = -(-older.rows // place.parts) or 1
    updated = _updates(place, schema, key, gone, came)
    place.lay("both", updated, schema, lambda table: table[row].to_numpy() // stretch)
    yield changes.typed(newer.schema.empty_table(), changes.INSERT)
    yield from _chosen(older, gone, changes.DELETE)
    yield from _chosen(newer, came, changes.INSERT)
    for number in range(place.parts):
        pairs = place.take("both", number, schema)
        order = np.argsort(pairs[row].to_numpy(), kind="stable")
        yield changes.typed_pairs(pairs.drop_columns([row]).take(order))


def _updates(place: _Place, schema: pa.Schema, key: Sequence[str], gone: Flags, came: Flags) -> Iterator[pa.Table]:
    """Compare part by part: mark what is gone and what came; the updated rows, each before and after, come out."""
    row = schema.names[-1]
    for number in range(place.parts):
        old, new = (place.take(name, number, schema) for name in ("old", "new"))
        deleted, inserted, before, after = changes.pairs(old.drop_columns([row]), new.drop_columns([row]), key)
        gone[old[row].to_numpy()[deleted]] = True
        came[new[row].to_numpy()[inserted]] = True
        left, right = old.take(before), new.take(after)
        right = right.set_column(right.num_columns - 1, row, left[row])
        yield changes.interleaved(left, right)


def _numbered(source: _Source, schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows with their number in the table."""
    begin = 0
    for table in source.batches():
        numbers = pa.array(np.arange(begin, begin + table.num_rows), pa.int64())
        yield pa.Table.from_arrays([*table.columns, numbers], schema=schema)
        begin += table.num_rows


def _chosen(source: _Source, wanted: Flags, change: str) -> Iterator[pa.Table]:
    begin = 0
    for table in source.batches():
        chosen = wanted[begin : begin + table.num_rows]
        begin += table.num_rows
        if chosen.any():
            yield changes.typed(table.filter(pa.array(chosen)), change)


def _unused_name(schema: pa.Schema) -> str:
    name = "_row"
    while name in schema.names:
        name += "_"
    return name


def row_hashes(table: pa.Table) -> Hashes:
    """A number for every row, the same for rows that `sameness.row_codes` takes for the same."""
    found = np.zeros(table.num_rows, np.uint64)
    for column in table.columns:
        found = _mixed(found ^ _value_hashes(column))
    return found >> np.uint64(16)


def _value_hashes(column: pa.ChunkedArray) -> Hashes:
    kind, types = column.type, pa.types
    if types.is_nested(kind) or types.is_null(kind):
        return _of_texts([repr(value) for value in column.to_pylist()])
    if types.is_floating(kind):
        numbers = whole(pc.add(column.cast(pa.float64()), 0.0)).to_numpy(zero_copy_only=False).copy()
        numbers[np.isnan(numbers)] = np.nan
        return _mixed(numbers.view(np.uint64))
    if types.is_integer(kind) or types.is_boolean(kind) or types.is_temporal(kind):
        width = pa.int32() if types.is_date32(kind) or types.is_time32(kind) else pa.int64()
        numbers = whole(column.cast(width, safe=False).cast(pa.int64()).fill_null(0)).to_numpy(zero_copy_only=False)
        return _mixed(numbers.astype(np.int64).view(np.uint64))
    encoded = whole(column).dictionary_encode("encode")
    hashes = _of_texts([repr(value) for value in encoded.dictionary.to_pylist()])
    return hashes[encoded.indices.to_numpy(zero_copy_only=False)] if len(hashes) else np.zeros(0, np.uint64)


def _of_texts(texts: Sequence[str]) -> Hashes:
    found = (zlib.crc32(text.encode("utf-8", "surrogatepass")) for text in texts)
    return _mixed(np.fromiter(found, np.uint64, len(texts)))


def _mixed(values: Hashes) -> Hashes:
    """Every bit of a value told to every other: the finalizer of SplitMix64 (Steele, Lea, Flood 2014)."""
    values = (values + np.uint64(0x9E3779B97F4A7C15)).astype(np.uint64)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
