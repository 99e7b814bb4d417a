"""The rows of a delimited text as columns: by pyarrow when every row is whole, else row by row in chunks.

pyarrow gets the detected dialect, encoding and the types that a sample bears out; a column that breaks its type is read
again as text, and a row that breaks the width sends the whole body to the row reader, which pads and widens.
"""

from __future__ import annotations

import csv
import io
import mmap
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv

from dataferry.messages import InputError, LimitError
from dataferry.tables.encoding import Encoding, text_lines
from dataferry.tables.options import ReadLimits
from dataferry.tables.parsers.dialect import Dialect

_BLOCK = 4 * 1024 * 1024
_ROWS_AT_ONCE = 20_000
_MOST_RETYPED = 4
_SWALLOWED_BYTES = 5_000
_SWALLOWED_LINES = 100
_COLUMN_AT_FAULT = re.compile(r"CSV column #(\d+)")


@dataclass(frozen=True)
class Body:
    """The part of a file that holds the rows: bytes `start` to `end`, `width` columns."""

    path: Path
    start: int
    end: int
    encoding: Encoding
    dialect: Dialect
    width: int

    def has_quotes(self) -> bool:
        if self.end <= self.start:
            return False
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
            return view.find(b'"', self.start, self.end) >= 0


@dataclass
class Columns:
    """Columns of the body, text or typed. `short`/`long` are body row indices (first 20) and counts of uneven rows."""

    columns: list[pa.ChunkedArray]
    rows: int
    typed: frozenset[int] = frozenset()
    short: tuple[int, tuple[int, ...]] = (0, ())
    long: tuple[int, tuple[int, ...]] = (0, ())
    undecodable: int = 0
    nuls: int = 0
    unquoted: bool = False


class NotWholeError(Exception):
    """pyarrow cannot read this body as whole rows."""


def read_whole(body: Body, types: Sequence[pa.DataType | None]) -> Columns:
    """All rows by pyarrow. `types` per column; None reads text.

    Raises:
        NotWholeError: a row of another width, bytes that do not decode, or a quotation mark without its partner.
    """
    wanted = list(types)
    for _ in range(_MOST_RETYPED):
        try:
            return _with_types(body, wanted)
        except pa.ArrowInvalid as error:
            fault = _COLUMN_AT_FAULT.search(str(error))
            if fault is None or wanted[int(fault[1])] is None:
                raise NotWholeError(str(error)) from None
            wanted[int(fault[1])] = None
    return _all_text(body)


def _all_text(body: Body) -> Columns:
    try:
        return _with_types(body, [None] * body.width)
    except pa.ArrowInvalid as error:
        raise NotWholeError(str(error)) from None


def _with_types(body: Body, types: Sequence[pa.DataType | None]) -> Columns:
    names = [f"f{i}" for i in range(body.width)]
    quotes = body.dialect.quoted and body.has_quotes()
    parse = pv.ParseOptions(
        delimiter=body.dialect.delimiter,
        quote_char='"' if quotes else False,
        newlines_in_values=quotes,
        ignore_empty_lines=False,
    )
    convert = pv.ConvertOptions(
        column_types={name: kind or pa.string() for name, kind in zip(names, types, strict=True)},
        null_values=[""],
        strings_can_be_null=True,
        true_values=["true", "TRUE", "True"],
        false_values=["false", "FALSE", "False"],
    )
    codec = body.encoding.codec
    read = pv.ReadOptions(column_names=names, block_size=_BLOCK, encoding="utf8" if codec == "utf-8" else codec)
    with pa.memory_map(str(body.path)) as source:
        view = source.read_buffer().slice(body.start, body.end - body.start)
        try:
            table = pv.read_csv(pa.BufferReader(view), read, parse, convert)
        except (UnicodeDecodeError, LookupError, OSError) as error:
            raise NotWholeError(str(error)) from None
    columns = list(table.columns)
    if quotes and any(_swallowed(column) for column in columns if pa.types.is_string(column.type)):
        raise NotWholeError("a quotation mark without its partner")
    return Columns(columns, table.num_rows, frozenset(i for i, kind in enumerate(types) if kind is not None))


def _swallowed(column: pa.ChunkedArray) -> bool:
    lengths = pc.binary_length(column)
    if (pc.max(lengths).as_py() or 0) < _SWALLOWED_BYTES:
        return False
    long = column.filter(pc.greater_equal(lengths, _SWALLOWED_BYTES))
    return bool((pc.max(pc.count_substring(long, "\n")).as_py() or 0) > _SWALLOWED_LINES)


def read_rows(body: Body, limits: ReadLimits, errors: str = "strict") -> Columns:
    """All rows by the standard library's reader, in chunks: short rows padded, extra cells given columns of their own.

    Raises:
        UnicodeDecodeError: the encoding does not hold (with `errors='strict'`).
        LimitError: more rows or columns than the limits allow.
    """
    try:
        columns = _rows(body, limits, errors)
    except csv.Error:
        columns = None
    if columns is not None:
        return columns
    if not body.dialect.quoted:
        raise InputError("tables.cannot_cut", file=body.path.name)
    return read_rows(replace(body, dialect=replace(body.dialect, quoted=False)), limits, errors)


def _rows(body: Body, limits: ReadLimits, errors: str) -> Columns | None:
    """The columns, or None when a quotation mark without its partner swallowed lines."""
    counts = _Counts()
    parts: list[list[pa.Array]] = [[] for _ in range(body.width)]
    rows = 0
    reader = body.dialect.reader(_lines(body, errors, counts))
    while chunk := list(islice(reader, _ROWS_AT_ONCE)):
        width = max(len(parts), *map(len, chunk))
        if width > limits.columns:
            raise LimitError("tables.too_many_columns", file=body.path.name, columns=width, limit=limits.columns)
        counts.uneven(chunk, body.width, rows)
        _add(parts, chunk, width, rows)
        rows += len(chunk)
        if rows > limits.rows:
            raise LimitError("tables.too_many_rows", file=body.path.name, limit=limits.rows)
        if body.dialect.quoted and any(len(v) > 200 and v.count("\n") > _SWALLOWED_LINES for row in chunk for v in row):
            return None
    columns = [pa.chunked_array(arrays, type=pa.string()) for arrays in parts]
    return Columns(
        columns,
        rows,
        short=(counts.short, tuple(counts.short_rows)),
        long=(counts.long, tuple(counts.long_rows)),
        undecodable=counts.replaced,
        nuls=counts.nuls,
        unquoted=not body.dialect.quoted,
    )


def _add(parts: list[list[pa.Array]], chunk: list[list[str]], width: int, rows_before: int) -> None:
    while len(parts) < width:
        parts.append([pa.nulls(rows_before, pa.string())])
    chunk[0] = chunk[0] + [""] * (width - len(chunk[0]))
    for arrays, values in zip(parts, zip_longest(*chunk, fillvalue=""), strict=True):
        arrays.append(pa.array([value or None for value in values], pa.string()))


class _Counts:
    """What is counted while rows stream by."""

    def __init__(self) -> None:
        self.short = self.long = self.replaced = self.nuls = 0
        self.short_rows: list[int] = []
        self.long_rows: list[int] = []

    def uneven(self, chunk: list[list[str]], width: int, before: int) -> None:
        for index, row in enumerate(chunk, before):
            if row and len(row) != width:
                if len(row) < width:
                    self.short += 1
                    rows = self.short_rows
                else:
                    self.long += 1
                    rows = self.long_rows
                if len(rows) < 20:
                    rows.append(index)


def _lines(body: Body, errors: str, counts: _Counts) -> Iterator[str]:
    """Lines with their breaks; zero characters taken out, replaced characters counted."""
    rest = ""
    for text in text_lines(_pieces(body), body.encoding.codec, errors):
        if "\0" in text:
            counts.nuls += text.count("\0")
            text = text.replace("\0", "")
        counts.replaced += text.count("\ufffd")
        lines = io.StringIO(rest + text, newline="").readlines()
        rest = lines.pop() if lines else ""
        yield from lines
    if rest:
        yield rest


def _pieces(body: Body) -> Iterator[bytes]:
    left = body.end - body.start
    with body.path.open("rb") as file:
        file.seek(body.start)
        while left > 0 and (piece := file.read(min(_BLOCK, left))):
            left -= len(piece)
            yield piece
