"""How a text is cut into cells: delimiter, quotes, and what hangs at the end of its lines."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dataferry.tables.parsers.layout import Row, filled

DELIMITERS = (",", "\t", ";", "|", "^")
_SWALLOWED_LINES = 100
_SCORED = 64 * 1024
csv.field_size_limit(64 * 1024 * 1024)


@dataclass(frozen=True)
class Dialect:
    """`quoted` is false when quotation marks are plain characters; `hanging` white space follows the last cell."""

    delimiter: str
    quoted: bool = True
    hanging: bool = False
    evidence: str = ""

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        if self.quoted:
            return csv.reader(lines, delimiter=self.delimiter)
        return csv.reader(lines, delimiter=self.delimiter, quoting=csv.QUOTE_NONE)


@dataclass(frozen=True)
class Sample:
    """Rows cut from a piece of text, and the number of text lines read up to the end of each row."""

    rows: list[Row]
    lines_to: list[int]


def cut(text: str, dialect: Dialect, *, whole: bool) -> Sample:
    """Cut a piece of text into rows; the last row is left out when the piece may end inside it."""
    reader = dialect.reader(io.StringIO(text, newline=""))
    rows: list[Row] = []
    lines_to: list[int] = []
    for row in reader:
        rows.append(row)
        lines_to.append(reader.line_num)  # type: ignore[attr-defined]
    if not whole and len(rows) > 1:
        rows, lines_to = rows[:-1], lines_to[:-1]
    return Sample(rows, lines_to)


def detect_dialect(text: str, *, whole: bool) -> tuple[Dialect, Sample]:
    """The delimiter under which most rows agree in width, then the one that fills the most cells.

    Returns:
        The dialect, and the sample cut with it. A text that no delimiter cuts becomes one column.
    """
    quoted = '"' not in text or not _swallows(cut(text, Dialect(","), whole=whole))
    best: tuple[float, Dialect] | None = None
    piece, all_of_it = text[:_SCORED], whole and len(text) <= _SCORED
    if not any(mark in piece for mark in DELIMITERS):
        piece, all_of_it = text, whole
    for delimiter in DELIMITERS:
        if delimiter not in piece:
            continue
        dialect = Dialect(delimiter, quoted)
        sample = cut(piece, dialect, whole=all_of_it)
        score, width = _score(sample.rows)
        if width > 1 and (best is None or score > best[0]):
            evidence = f"{score:.0%} of sampled rows agree on {width} columns"
            hanging = delimiter != "\t" and _hangs(sample.rows)
            best = (score, Dialect(delimiter, quoted, hanging, evidence))
    if best is None or best[0] < 0.3:
        dialect = Dialect(_absent(text), quoted, evidence="no delimiter cuts the lines into columns")
        return dialect, cut(text, dialect, whole=whole)
    return best[1], cut(text, best[1], whole=whole)


def _score(rows: list[Row]) -> tuple[float, int]:
    """Share of non-blank rows at the usual width, a little raised for columns that hold something."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, 0
    width = max(widths, key=lambda w: (widths[w], w))
    some = [row for row in rows if any(row)]
    agree = [row for row in some if len(row) == width]
    held = sum(map(filled, agree)) / len(agree) if agree else 0
    return len(agree) / max(1, len(some)) + min(held, 50) / 1000, width


def _swallows(sample: Sample) -> bool:
    """An unpaired quotation mark has taken many lines into one cell."""
    before = 0
    for row, after in zip(sample.rows, sample.lines_to, strict=True):
        if after - before > _SWALLOWED_LINES and any(cell.count("\n") > _SWALLOWED_LINES for cell in row):
            return True
        before = after
    return False


def _hangs(rows: list[Row]) -> bool:
    last = [row[-1] for row in rows if len(row) > 1]
    return bool(last) and sum(1 for cell in last if cell.endswith("\t")) >= 0.9 * len(last)


def _absent(text: str) -> str:
    """A delimiter that is not in the text, for files of one column."""
    return next((mark for mark in ("\t", "\x1f", "\x1e", "|") if mark not in text), "\x1f")
