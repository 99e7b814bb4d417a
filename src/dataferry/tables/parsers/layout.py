"""Where the table is inside a sheet or text: title lines above it, its header, notes below it.

The table's width is the usual number of filled cells of a row. Lines above the first row that wide are a preamble;
lines of one filled cell after the last are notes. Whether the first wide row is a header is decided by what stands
under it: text above numbers or dates is a header, a number above numbers is data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Row = Sequence[str]

_VALUE = re.compile(
    r"[-+]?[\d０-９][\d,.０-９]*(?:[eE][-+]?\d+)?\s*[*#%+]{0,2}"
    r"|\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}日?(?:[ T].*)?|\d{1,2}:\d{2}(?::\d{2})?(?:\s*[AaPp][Mm])?"
    r"|\*+|-+|N\.?A\.?|n/a|null|NULL|nan|NaN"
)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_UNIT = re.compile(
    r"[(\[（【]?\s*(?:°\s?[CF]|℃|mm|cm|k?m/?[hs]?|km2|m[23²³]|h?Pa|%|％|HK\$|RMB|¥|\$|元|萬元|万元|人|次|个|個|度|ug/m3|μg/m3|kWh?|V|A|s|min|h)\s*[)\]）】]?"
)
_NOTE = re.compile(
    r"\s*(?:[#*※†]|notes?\b|remarks?\b|source\b|legend\b|註|注|备注|備註|說明|说明|资料来源|資料來源|数据来源)", re.I
)
_LOOKED_AT = 200


@dataclass(frozen=True)
class Layout:
    """What the first rows are. `body` is the index of the first data row; the header row, when any, stands before."""

    preamble: int
    header: Row | None
    second_header: Row | None
    body: int
    evidence: str


def cells(row: Row) -> list[str]:
    """Cells without white space around them and without stray byte order marks."""
    return [cell.strip().lstrip("\ufeff").strip() for cell in row]


def filled(row: Row) -> int:
    return sum(1 for cell in row if cell and not cell.isspace())


def usual_filled(rows: Sequence[Row]) -> int:
    """The usual number of filled cells, over rows that have more than one when most of the wide rows do."""
    counts = Counter(count for count in map(filled, rows) if count)
    if not counts:
        return 0
    wide = {count: n for count, n in counts.items() if count > 1}
    if sum(wide.values()) * 3 < counts.get(1, 0):
        return 1
    return max(wide or counts, key=lambda count: ((wide or counts)[count], count))


def find_layout(rows: Sequence[Row]) -> Layout:
    """Find preamble and header in the first rows of a file."""
    usual = usual_filled(rows)
    if usual == 0:
        return Layout(0, None, None, 0, "no filled cell")
    enough = 1 if usual == 1 else max(2, -(-usual * 3 // 5))
    start = next(i for i, row in enumerate(rows) if filled(row) >= enough)
    top = cells(rows[start])
    under = [cells(row) for row in rows[start + 1 : start + 1 + _LOOKED_AT] if filled(row)]
    is_header, evidence = _is_header(top, under)
    if not is_header:
        return Layout(start, None, None, start, evidence)
    second = under[0] if len(under) > 2 and filled(rows[start + 1]) and _is_second_header(under) else None
    return Layout(start, rows[start], second, start + (1 if second is None else 2), evidence)


def _column(rows: Sequence[Row], index: int) -> list[str]:
    return [row[index] for row in rows if index < len(row) and row[index]]


def _typed_columns(rows: Sequence[Row], width: int) -> list[int]:
    """Columns whose cells are nearly all numbers, dates or marks for missing ones."""
    out = []
    for index in range(width):
        values = _column(rows, index)
        if values and sum(1 for value in values if _VALUE.fullmatch(value)) >= 0.8 * len(values):
            out.append(index)
    return out


def _is_header(top: Row, under: Sequence[Row]) -> tuple[bool, str]:
    if not under:
        values = sum(1 for cell in top if _VALUE.fullmatch(cell))
        return values == 0, "the only row: taken as header because no cell is a value"
    typed = [index for index in _typed_columns(under, len(top)) if top[index]]
    words = sum(1 for index in typed if not _VALUE.fullmatch(top[index]))
    numbers = len(typed) - words
    if words > numbers:
        return True, f"text above values in {words} of {len(typed)} value columns"
    if numbers:
        if _is_series(top, typed, under):
            return True, f"{numbers} distinct numbers above columns in which they never appear"
        return False, f"the first row has values in {numbers} of {len(typed)} value columns"
    return _is_text_header(top, under)


def _is_series(top: Row, typed: Sequence[int], under: Sequence[Row]) -> bool:
    """A header of numbers: codes or years that are distinct and lie outside the columns below."""
    labels = [top[index] for index in typed if _NUMBER.fullmatch(top[index])]
    if len(labels) < len(typed) * 0.9 or len(labels) < 2 or len(set(labels)) < len(labels):
        return False
    numbers = [float(label) for label in labels]
    steps = {b - a for a, b in pairwise(numbers)}
    years = all(1800 <= number <= 2200 and number.is_integer() for number in numbers)
    if years and len(steps) == 1:
        return not all(_looks_like_year(_column(under, index)) for index in typed)
    if len(labels) < 5:
        return False
    outside = 0
    for index in typed:
        below = [float(value) for value in _column(under, index) if _NUMBER.fullmatch(value)]
        if below and _NUMBER.fullmatch(top[index]) and not min(below) <= float(top[index]) <= max(below):
            outside += 1
    return outside >= 0.9 * len(typed)


def _looks_like_year(values: Sequence[str]) -> bool:
    return bool(values) and all(re.fullmatch(r"1[89]\d\d|2[01]\d\d", value) for value in values)


def _is_text_header(top: Row, under: Sequence[Row]) -> tuple[bool, str]:
    """Only text everywhere: a header is distinct words that do not come back below."""
    labels = [cell for cell in top if cell]
    if len(set(labels)) < len(labels):
        return False, "the first row repeats itself and stands above text only"
    again = sum(1 for index, label in enumerate(top) if label and label in _column(under, index))
    if again:
        return False, f"{again} cells of the first row come back as values below"
    if len(top) == 1 and not re.fullmatch(r"[\w .()/-]{1,40}", top[0]):
        return False, "one column of sentences"
    return True, "distinct words above text, none of which comes back below"


def _is_second_header(under: Sequence[Row]) -> bool:
    """The row under the header holds units or a translation: no value in any column that holds values further down."""
    first, rest = under[0], under[1:]
    typed = [index for index in _typed_columns(rest, len(first)) if _column(rest, index)]
    if not typed or any(_VALUE.fullmatch(first[index]) for index in typed):
        return False
    labels = [cell for cell in first if cell]
    units = sum(1 for cell in labels if _UNIT.fullmatch(cell))
    if units * 2 > len(labels) > 0:
        return True
    named = all(first[index] for index in typed) and len(typed) >= 2
    return named and len(set(labels)) == len(labels) >= 0.8 * len(first)


def notes_below(rows: Sequence[Row], usual: int) -> int:
    """How many of the last rows are notes under the table (blank rows between them included); 0 when none is.

    Args:
        rows: last rows of the file.
        usual: usual number of filled cells in the table's rows.
    """
    found = count = 0
    for row in reversed(rows):
        count += 1
        many = filled(row)
        if many == 0:
            continue
        first = row[0].strip()
        is_note = many == 1 and bool(first) and not _VALUE.fullmatch(first)
        if not is_note or (usual < 3 and not (usual == 2 and _NOTE.match(first))):
            break
        found = count
    return found
