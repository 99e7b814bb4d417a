"""Rows that are not records: blank ones, headers that come again, totals. Each is counted; none is dropped unproved.

A totals row is taken out only when its label says so *and* its figures are the sum, largest, smallest or mean of the
rows above it. A label alone is reported and the row stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.tables.columns.patterns import Bools

Sum = Literal["sum", "max", "min", "mean"]
_LABELS: tuple[tuple[Sum, str], ...] = (
    ("max", r"(?:(?:daily|monthly|annual|yearly)\s+)?(?:max(?:imum)?\.?)|最高|最大值?"),
    ("min", r"(?:(?:daily|monthly|annual|yearly)\s+)?(?:min(?:imum)?\.?)|最低|最小值?"),
    ("mean", r"(?:(?:daily|monthly|annual|yearly)\s+)?(?:mean|average|avg\.?)|平均值?|均值"),
    (
        "sum",
        r"(?:(?:grand|sub|daily|monthly|annual|yearly|overall)[\s-]*)?total:?|sum|overall|(?:合|总|總|小|共)\s*[计計]:?|總數|总数|總和|总和",
    ),
)
_ANY_LABEL = "(?i)^\\s*(?:" + "|".join(pattern for _, pattern in _LABELS) + ")\\s*$"
_MOST_SHARE = 0.1
_LABEL_COLUMNS = 4
_SAMPLED = 20_000


@dataclass(frozen=True)
class Totals:
    """Row indices proved to be totals, those only labelled so, and the figures that proved it."""

    proved: tuple[int, ...]
    suspected: tuple[int, ...]
    column: int = 0
    label: str = ""


def empty_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Null, or only white space."""
    if not pa.types.is_string(column.type):
        return column.is_null()
    return pc.fill_null(pc.utf8_is_space(column), True)


def blank_rows(columns: Sequence[pa.ChunkedArray], rows: int) -> Bools:
    """Rows in which no column holds anything."""
    blank = np.ones(rows, dtype=bool)
    for column in sorted(columns, key=lambda column: column.null_count):
        if column.null_count == 0 and not (pa.types.is_string(column.type) and rows < 1_000_000):
            return np.zeros(rows, dtype=bool)
        blank &= np.asarray(empty_cells(column).combine_chunks())
        if not blank.any():
            break
    return blank


def repeated_headers(columns: Sequence[pa.ChunkedArray], header: Sequence[str]) -> Bools:
    """Rows that repeat the header word for word."""
    rows = len(columns[0]) if columns else 0
    named = [(column, name) for column, name in zip(columns, header, strict=False) if name]
    if not named or any(not pa.types.is_string(column.type) for column, _ in named):
        return np.zeros(rows, dtype=bool)
    same = np.ones(rows, dtype=bool)
    for column, name in named:
        cells = pc.utf8_trim_whitespace(column)
        same &= np.asarray(pc.fill_null(pc.equal(cells, name), False).combine_chunks())
        if not same.any():
            break
    return same


def find_totals(columns: Sequence[pa.ChunkedArray]) -> Totals:
    """Totals rows among the rows (blank rows and headers already out)."""
    for index, column in enumerate(columns[:_LABEL_COLUMNS]):
        if not pa.types.is_string(column.type) or not len(column):
            continue
        labelled = _labelled(column)
        if labelled is None:
            continue
        at = np.flatnonzero(labelled)
        figures = [values for other in columns if other is not column and (values := _figures(other)) is not None]
        if not figures:
            continue
        if len(at) > 1 and len(at) > _MOST_SHARE * len(column):
            return Totals((), tuple(map(int, at)), index, str(column[int(at[0])]))
        proved = _proved(at, column, figures)
        rest = tuple(int(row) for row in at if int(row) not in proved)
        return Totals(tuple(sorted(proved)), rest, index, str(column[int(at[0])]))
    return Totals((), ())


def _labelled(column: pa.ChunkedArray) -> Bools | None:
    some = column.slice(0, _SAMPLED)
    if len(pc.unique(some)) > 0.3 * len(some):
        hit = np.asarray(pc.fill_null(pc.match_substring_regex(column, _ANY_LABEL), False).combine_chunks())
        return hit if hit.any() else None
    encoded = column.dictionary_encode().unify_dictionaries()
    words = encoded.chunk(0).dictionary
    hit = pc.fill_null(pc.match_substring_regex(words, _ANY_LABEL), False)
    if not pc.any(hit).as_py():
        return None
    chunks = [pc.fill_null(hit.take(chunk.indices), False) for chunk in encoded.chunks]
    return np.asarray(pa.chunked_array(chunks, type=pa.bool_()).combine_chunks())


def _figures(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """A column as numbers without flags and thousands commas; None when it holds few."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return np.asarray(pc.fill_null(column.cast(pa.float64()), np.nan).combine_chunks())
    if not pa.types.is_string(column.type):
        return None
    plain = pc.replace_substring_regex(column, r"[\s,]|[*#+]+$", "")
    is_number = pc.fill_null(pc.match_substring_regex(plain, r"^[-+]?(?:\d+(?:\.\d*)?|\.\d+)$"), False)
    if (pc.sum(is_number).as_py() or 0) < 0.3 * len(column):
        return None
    numbers = pc.if_else(is_number, plain, pa.scalar(None, pa.string())).cast(pa.float64())
    return np.asarray(pc.fill_null(numbers, np.nan).combine_chunks())


def _proved(at: np.ndarray[Any, Any], labels: pa.ChunkedArray, figures: Sequence[Any]) -> set[int]:
    proved: set[int] = set()
    start = 0
    for row in map(int, at):
        rule = _rule(str(labels[row]))
        if any(_agrees(figures, begin, row, rule) for begin in {start, 0}):
            proved.add(row)
        start = row + 1
    return proved


def _rule(label: str) -> Sum:
    return next(rule for rule, pattern in _LABELS if re.fullmatch(rf"(?i)\s*(?:{pattern})\s*", label))


def _agrees(figures: Sequence[Any], start: int, row: int, rule: Sum) -> bool:
    """Four fifths of the row's figures, and one at least, are what the label says of the rows above it."""
    checked = right = 0
    for values in figures:
        above, stated = values[start:row], values[row]
        above = above[~np.isnan(above)]
        if np.isnan(stated) or len(above) < 2:
            continue
        checked += 1
        expected = getattr(np, rule)(above)
        right += bool(np.isclose(expected, stated, rtol=1e-3 if rule == "mean" else 1e-6, atol=0.051))
    return checked > 0 and right >= 0.8 * checked and right > 0


def date_gaps(columns: Sequence[pa.ChunkedArray], index: int) -> str | None:
    """Evidence that a date stands only on the first row of each block, or None.

    Proof: the first row has a date, dates do not repeat, and the blocks are of one length or another column starts
    again from the same value at each date.
    """
    column = columns[index]
    rows = len(column)
    if rows < 4 or not rows / 1000 <= rows - column.null_count <= 0.7 * rows or not column[0].is_valid:
        return None
    at = np.flatnonzero(np.asarray(column.is_valid().combine_chunks()))
    texts = column.drop_null()
    if len(at) < 2 or len(pc.unique(texts)) < len(at):
        return None
    lengths = np.diff(np.append(at, rows))
    usual = int(np.bincount(lengths).argmax())
    same = int((lengths == usual).sum())
    if usual > 1 and same >= 0.8 * len(lengths):
        return f"{same} of {len(lengths)} blocks have {usual} rows"
    for other in columns[index + 1 : index + 3]:
        starts = other.take(pa.array(at))
        if len(pc.unique(starts)) == 1 and starts[0].is_valid and len(pc.unique(other)) >= usual > 1:
            return f"the next column starts again from {starts[0]} at each of {len(at)} dates"
    return None
