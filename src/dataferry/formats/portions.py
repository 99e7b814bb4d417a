"""How much of a table is held in memory at once: by rows, and by bytes, because rows can be wide."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MOST_ROWS = 131_072
MOST_BYTES = 64 * 1024 * 1024


def rows_at_once(source: Path, most_bytes: int = MOST_BYTES) -> int:
    """How many rows of a Parquet file are read at a time, by what its footer says of its widest group."""
    with pq.ParquetFile(source) as file:
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
    widest = max((group.total_byte_size // max(1, group.num_rows) for group in groups), default=0)
    return max(1, min(MOST_ROWS, most_bytes // max(1, widest)))


def pieces(table: pa.Table, most_rows: int, most_bytes: int) -> Iterator[pa.Table]:
    """A table in its order, cut until no piece has more rows or (unless it is one row) more bytes in memory."""
    if table.num_rows > most_rows:
        for begin in range(0, table.num_rows, most_rows):
            yield from pieces(table.slice(begin, most_rows), most_rows, most_bytes)
    elif table.num_rows > 1 and table.nbytes > most_bytes:
        half = table.num_rows // 2
        yield from pieces(table.slice(0, half), most_rows, most_bytes)
        yield from pieces(table.slice(half), most_rows, most_bytes)
    elif table.num_rows:
        yield table


def gathered(
    tables: Iterator[pa.Table], most_rows: int = MOST_ROWS, most_bytes: int = MOST_BYTES
) -> Iterator[pa.Table]:
    """Small tables of one schema put together, and large ones cut, so that each is about as large as it may be.

    At least one comes out, perhaps empty, unless none went in.
    """
    waiting: list[pa.Table] = []
    rows = size = 0
    first = None
    given = False
    for table in tables:
        first = first if first is not None else table
        for piece in pieces(table, most_rows, most_bytes):
            if waiting and (rows + piece.num_rows > most_rows or size + piece.nbytes > most_bytes):
                yield pa.concat_tables(waiting).combine_chunks()
                waiting, rows, size, given = [], 0, 0, True
            waiting.append(piece)
            rows, size = rows + piece.num_rows, size + piece.nbytes
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()
    elif first is not None and not given:
        yield first.slice(0, 0)
