"""Delimited text, clean or messy, to a table.

A sample of the head, the middle and the tail decides dialect, layout and likely types; pyarrow then reads the whole
body at once. What the sample promised is checked on the whole file, and whatever does not hold is read the slow way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import Finding, InputError, LimitError
from dataferry.tables.columns.finish import RawTable, finish
from dataferry.tables.columns.naming import Names, name_columns
from dataferry.tables.columns.patterns import leading_bytes
from dataferry.tables.columns.values import type_column
from dataferry.tables.encoding import Encoding, detect_encoding, note_encoding
from dataferry.tables.options import ReadOptions
from dataferry.tables.parsers.body import Body, Columns, NotWholeError, read_rows, read_whole
from dataferry.tables.parsers.bytescan import ByteScan, scan_bytes
from dataferry.tables.parsers.dialect import Dialect, cut, detect_dialect
from dataferry.tables.parsers.layout import Layout, Row, cells, filled, find_layout, notes_below, usual_filled
from dataferry.tables.report import ReadReport

_HEAD = 256 * 1024
_WIDE_HEAD = 8 * 1024 * 1024
_FEWEST_LINES = 50
_WINDOW = 64 * 1024
_SAMPLED_ROWS = 1000
_LINE_END = re.compile(rb"\r\n|\n|\r")
_STRICT_DATE = r"^\d{4}-\d{2}-\d{2}$"
_STRICT_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}$"


@dataclass(frozen=True)
class Plan:
    """What the samples tell about a file: where the body is and how its columns are likely typed."""

    body: Body
    layout: Layout
    preamble: Sequence[Row]
    notes: Sequence[Row]
    names: Names
    types: Sequence[pa.DataType | None]

    @property
    def headers(self) -> int:
        return self.layout.body - self.layout.preamble

    @property
    def legend(self) -> str:
        return "\n".join(" ".join(row) for row in (*self.preamble, *self.notes))


def parse_delimited(path: Path, options: ReadOptions, report: ReadReport) -> pa.Table:
    """Read a delimited text.

    Raises:
        InputError: no decoding fits, or the text cannot be cut into cells.
        LimitError: a line, the rows or the columns pass the limits.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head.count(b"\n") < _FEWEST_LINES:
            head += file.read(_WIDE_HEAD)
    encoding = detect_encoding(head, options.encoding, whole=len(head) == report.bytes)
    encoding, plan, columns = _read_decoded(path, head, encoding, options)
    note_encoding(report, encoding)
    _note_layout(plan, report)
    _note_body(plan, columns, report)
    names = _widened(plan.names, len(columns.columns))
    _note_names(names, plan, report)
    first_row = plan.layout.body + 1
    raw = RawTable(names, columns.columns, first_row, plan.legend)
    table = finish(raw, options, report)
    _note_notes(plan, columns, first_row, report)
    return table


def _read_decoded(path: Path, head: bytes, encoding: Encoding, options: ReadOptions) -> tuple[Encoding, Plan, Columns]:
    """Read with the first encoding, then with what fits where that failed, then with losses counted."""
    try:
        return encoding, *_read(path, head, encoding, options)
    except UnicodeDecodeError as error:
        again = _second_opinion(path, encoding, options, error)
    if again is not None:
        try:
            return again, *_read(path, head, again, options)
        except UnicodeDecodeError:
            pass
    return encoding, *_read(path, head, encoding, options, "replace")


def _read(
    path: Path, head: bytes, encoding: Encoding, options: ReadOptions, errors: str = "strict"
) -> tuple[Plan, Columns]:
    plan = make_plan(path, head, encoding, options, errors)
    limits = options.limits
    if plan.body.width > limits.columns:
        raise LimitError("tables.too_many_columns", file=path.name, columns=plan.body.width, limit=limits.columns)
    with _scanned(path, plan.body.dialect, limits.line_bytes) as scan:
        whole: Columns | None = None
        if errors == "strict" and plan.body.dialect.quoted:
            try:
                whole = read_whole(plan.body, plan.types)
            except NotWholeError:
                whole = None
        scanned = scan()
    if whole is not None and not (scanned.nuls and not encoding.is_wide):
        columns = _checked(plan, whole, scanned)
    else:
        columns = read_rows(plan.body, limits, errors)
    if columns.rows > limits.rows:
        raise LimitError("tables.too_many_rows", file=path.name, limit=limits.rows)
    if plan.body.dialect.hanging:
        last = pc.utf8_rtrim(columns.columns[plan.body.width - 1], characters="\t ")
        empty = pc.equal(last, "")
        columns.columns[plan.body.width - 1] = pc.if_else(empty, pa.scalar(None, pa.string()), last)
    return plan, columns


@contextmanager
def _scanned(path: Path, dialect: Dialect, line_bytes: int) -> Iterator[Callable[[], ByteScan]]:
    """The byte scan, running beside the block."""
    with ThreadPoolExecutor(1, "dataferry-scan") as pool:
        yield pool.submit(scan_bytes, path, dialect.delimiter, line_bytes).result


def make_plan(path: Path, head: bytes, encoding: Encoding, options: ReadOptions, errors: str = "strict") -> Plan:
    """Dialect, layout and likely types, from the head, the middle and the tail of a file."""
    size = path.stat().st_size
    whole = len(head) >= size
    text = _decode(head[encoding.mark_bytes :], encoding, errors, whole=whole)
    dialect, sample = detect_dialect(text, whole=whole)
    if not sample.rows:
        raise InputError("tables.empty", file=path.name)
    layout = find_layout(sample.rows[: 2 * _SAMPLED_ROWS])
    lines = sample.lines_to[layout.body - 1] if layout.body else 0
    start = encoding.mark_bytes + _after_lines(head[encoding.mark_bytes :], text, lines, encoding)
    below = sample.rows[layout.body : layout.body + _SAMPLED_ROWS]
    usual = usual_filled(below or sample.rows)
    notes, end = _notes(path, start, size, dialect, encoding, usual)
    widths = [len(row) for row in below] or [len(sample.rows[max(0, layout.body - 1)])]
    width = max(len(layout.header or ()), max(set(widths), key=lambda w: (widths.count(w), w)))
    body = Body(path, start, max(start, end), encoding, dialect, width)
    names = name_columns(layout.header, width)
    rows = [row for row in below if len(row) == width]
    rows += [row for row in _windows(body) if len(row) == width]
    types = [None] * width if encoding.is_wide or whole else _types(names.names, rows[: 2 * _SAMPLED_ROWS], options)
    return Plan(body, layout, sample.rows[: layout.preamble], notes, names, types)


def _decode(raw: bytes, encoding: Encoding, errors: str, *, whole: bool) -> str:
    if whole:
        return raw.decode(encoding.codec, errors)
    unit = 4 if encoding.codec.startswith("utf-32") else 2 if encoding.is_wide else 1
    for cut_off in range(4):
        piece = raw[: (len(raw) // unit - cut_off) * unit]
        try:
            return piece.decode(encoding.codec, "strict")
        except UnicodeDecodeError as error:
            if error.start < len(piece) - 8:
                break
    return raw.decode(encoding.codec, errors)


def _after_lines(raw: bytes, text: str, lines: int, encoding: Encoding) -> int:
    """Bytes that the first lines of the text take."""
    if lines == 0:
        return 0
    if encoding.is_wide:
        ends = [match.end() for match in re.finditer(r"\r\n|\n|\r", text)]
        return len(text[: ends[lines - 1]].encode(encoding.codec)) if lines <= len(ends) else len(raw)
    for number, match in enumerate(_LINE_END.finditer(raw), 1):
        if number == lines:
            return match.end()
    return len(raw)


def _notes(
    path: Path, start: int, size: int, dialect: Dialect, encoding: Encoding, usual: int
) -> tuple[list[Row], int]:
    """Notes under the table, and the byte where they begin."""
    if encoding.is_wide or usual < 2:
        return [], size
    begin = max(start, size - _WINDOW)
    with path.open("rb") as file:
        file.seek(begin)
        tail = file.read()
    pieces = re.split(rb"(?<=\n)|(?<=\r)(?!\n)", tail)
    pieces = pieces if begin == start else pieces[1:]
    rows: list[Row] = []
    for piece in pieces:
        line = piece.decode(encoding.codec, "replace")
        rows.append([] if line.count('"') % 2 else next(dialect.reader(iter([line])), []))
    while rows and not pieces[-1]:
        rows, pieces = rows[:-1], pieces[:-1]
    if any(piece.count(b'"') % 2 for piece in pieces[-40:]):
        return [], size
    count = notes_below(rows, usual)
    if count == 0 or count == len(rows):
        return [], size
    return rows[-count:], size - sum(map(len, pieces[-count:]))


def _windows(body: Body) -> list[Row]:
    """Rows from the middle and from the end of the body."""
    out: list[Row] = []
    if body.encoding.is_wide or body.end - body.start < 2 * _HEAD:
        return out
    with body.path.open("rb") as file:
        for begin in ((body.start + body.end) // 2, body.end - _WINDOW):
            file.seek(begin)
            piece = re.split(rb"[\r\n]+", file.read(min(_WINDOW, body.end - begin)), maxsplit=1)[-1]
            out += cut(piece.decode(body.encoding.codec, "replace"), body.dialect, whole=False).rows[1:]
    return out


def _types(names: Sequence[str], rows: Sequence[Row], options: ReadOptions) -> list[pa.DataType | None]:
    if not rows:
        return [None] * len(names)
    kinds: list[pa.DataType | None] = []
    for index, name in enumerate(names):
        column = pa.chunked_array([pa.array([row[index] or None for row in rows], pa.string())])
        touched = name in options.types or name in options.missing or "*" in options.types or "*" in options.missing
        kinds.append(None if touched else _sampled_type(name, column, options))
    return kinds


def _sampled_type(name: str, column: pa.ChunkedArray, options: ReadOptions) -> pa.DataType | None:
    """The type that pyarrow may read a column with: only where nothing would be lost or reinterpreted."""
    if column.null_count == len(column):
        return None
    typed = type_column(name, column, options)
    if typed.flags is not None or typed.remarks:
        return None
    if typed.type in ("integer", "number"):
        lead = leading_bytes(column)
        zeros = (lead >> 8 == ord("0")) & ((lead & 255) >= ord("0")) & ((lead & 255) <= ord("9"))
        return None if zeros.any() else pa.int64() if typed.type == "integer" else pa.float64()
    if typed.type == "boolean":
        return pa.bool_()
    for kind, pattern, arrow in (
        ("date", _STRICT_DATE, pa.date32()),
        ("timestamp", _STRICT_TIMESTAMP, pa.timestamp("s")),
    ):
        if (
            typed.type == kind
            and options.time_zone is None
            and pc.all(pc.match_substring_regex(column, pattern)).as_py()
        ):
            return arrow
    return None


def _checked(plan: Plan, columns: Columns, scan: ByteScan) -> Columns:
    """What a sample cannot promise, checked on all rows: zeros in front, too many digits, NaN and infinity."""
    numeric = [i for i in sorted(columns.typed) if pa.types.is_integer(columns.columns[i].type)]
    floating = [i for i in sorted(columns.typed) if pa.types.is_floating(columns.columns[i].type)]
    wrong = {i for i in numeric if not _within(columns.columns[i])}
    wrong |= {i for i in floating if pc.all(pc.is_finite(columns.columns[i])).as_py() is False}
    if (numeric or floating) and scan.zero_led != sum(_zero_led(column) for column in columns.columns):
        wrong |= {*numeric, *floating}
    if not wrong:
        return columns
    types = [None if i in wrong else kind for i, kind in enumerate(plan.types)]
    return read_whole(plan.body, types)


def _within(column: pa.ChunkedArray) -> bool:
    bounds = pc.min_max(column)
    low, high = bounds["min"].as_py(), bounds["max"].as_py()
    return low is None or (abs(low) < 10**15 and abs(high) < 10**15)


def _zero_led(column: pa.ChunkedArray) -> int:
    if not pa.types.is_string(column.type):
        return 0
    lead = leading_bytes(column)
    return int(np.count_nonzero((lead >= 0x3030) & (lead <= 0x3039)))


def _second_opinion(path: Path, encoding: Encoding, options: ReadOptions, error: UnicodeDecodeError) -> Encoding | None:
    """Another encoding that fits around the first bytes that are not ASCII, or None.

    Raises:
        InputError: the caller declared the encoding that failed.
    """
    if options.encoding is not None:
        raise InputError("tables.not_decodable", file=path.name, encoding=encoding.codec, byte=error.start) from None
    if encoding.is_wide:
        return None
    place = int(np.argmax(np.memmap(path, dtype=np.uint8, mode="r") >= 0x80))
    with path.open("rb") as file:
        file.seek(max(0, place - 200))
        sample = file.read(_WIDE_HEAD)
    again = detect_encoding(sample.split(b"\n", 1)[-1], whole=len(sample) < _WIDE_HEAD)
    fits = again.codec != encoding.codec and again.detected.basis != "inferred"
    return replace(again, mark_bytes=encoding.mark_bytes) if fits else None


def _widened(names: Names, width: int) -> Names:
    return names if width == len(names.names) else name_columns(names.source, width)


def _note_layout(plan: Plan, report: ReadReport) -> None:
    report.rows.read += plan.layout.body
    report.rows.header += plan.headers
    some = [row for row in plan.preamble if filled(row)]
    report.rows.preamble += len(plan.preamble)
    if plan.preamble:
        text = [" ".join(cell for cell in cells(row) if cell)[:200] for row in some]
        report.note(Finding("tables.preamble", "repaired", {"count": len(plan.preamble), "text": text[:12]}))
    if plan.layout.second_header is not None:
        second = cells(plan.layout.second_header)
        report.note(Finding("tables.second_header", "repaired", {"row": plan.layout.body, "text": second[:100]}))
    if plan.layout.header is None:
        report.note(Finding("tables.no_header", "attention", {"evidence": plan.layout.evidence}))
    if plan.body.width == 1:
        report.note(Finding("tables.one_column", "note", {"evidence": plan.body.dialect.evidence}))


def _note_body(plan: Plan, columns: Columns, report: ReadReport) -> None:
    first = plan.layout.body + 1
    if columns.short[0]:
        rows = [first + row for row in columns.short[1]]
        report.note(Finding("tables.short_rows", "attention", {"count": columns.short[0], "rows": rows}))
    if columns.long[0]:
        rows = [first + row for row in columns.long[1]]
        added = len(columns.columns) - plan.body.width
        report.note(Finding("tables.long_rows", "attention", {"count": columns.long[0], "rows": rows, "added": added}))
    if columns.unquoted:
        report.note(Finding("tables.unpaired_quote", "attention", {}))
    if columns.nuls:
        report.note(Finding("tables.nul_characters", "repaired", {"count": columns.nuls}))
    if columns.undecodable:
        data = {"count": columns.undecodable, "encoding": plan.body.encoding.codec}
        report.note(Finding("tables.characters_lost", "irrecoverable", data))
    if plan.body.dialect.hanging:
        report.note(Finding("tables.hanging_space", "repaired", {}))


def _note_names(names: Names, plan: Plan, report: ReadReport) -> None:
    if plan.layout.header is None:
        return
    if names.repeated:
        chosen = [names.names[i - 1] for i in names.repeated]
        report.note(
            Finding("tables.repeated_names", "repaired", {"positions": names.repeated[:100], "names": chosen[:100]})
        )
    if names.blank:
        chosen = [names.names[i - 1] for i in names.blank]
        report.note(
            Finding("tables.unnamed_columns", "repaired", {"positions": names.blank[:100], "names": chosen[:100]})
        )


def _note_notes(plan: Plan, columns: Columns, first_row: int, report: ReadReport) -> None:
    if not plan.notes:
        return
    blank = sum(1 for row in plan.notes if not filled(row))
    report.rows.read += len(plan.notes)
    report.rows.blank += blank
    report.rows.footer += len(plan.notes) - blank
    text = [" ".join(cell for cell in cells(row) if cell)[:200] for row in plan.notes if filled(row)]
    start = first_row + columns.rows
    data = {"count": len(text), "rows": [start, start + len(plan.notes) - 1], "text": text[:20]}
    report.note(Finding("tables.footer", "repaired", data))
