"""What is known of each cell of an answer, while the stretches of a table go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.messages import InputError
from dataferry.privacy.answer_rules import MARK_BITS, Contributors, Ints, Marks, top_two

MOST_CELLS: Final = 10_000
_MARKED_BYTES: Final = 256
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
Floats = NDArray[np.float64]


class Asked(Protocol):
    """A figure, as `answers.Figure`."""

    @property
    def kind(self) -> str: ...

    @property
    def column(self) -> str: ...


class Crowd:
    """Rows, and whether they are of at least `k` subjects; no more is kept than that needs."""

    def __init__(self, k: int, *, is_told_apart: bool) -> None:
        self.rows = 0
        self._k, self._subjects = k, set[int]() if is_told_apart else None

    @property
    def is_too_few(self) -> bool:
        return self.rows < self._k or (self._subjects is not None and len(self._subjects) < self._k)

    def add(self, rows: int, marks: Marks | None) -> None:
        self.rows += rows
        if self._subjects is None or marks is None or len(self._subjects) >= self._k:
            return
        for mark in np.unique(marks[marks != 0]).tolist():
            self._subjects.add(mark)
            if len(self._subjects) >= self._k:
                return


class Column:
    """A measured column, cell by cell. Missing values, NaN and infinities are left aside."""

    def __init__(self, *, of_rows: bool, has_extremes: bool) -> None:
        self._of_rows, self._has_extremes = of_rows, has_extremes
        self.count, self.total, self.magnitude = _zeros(np.int64), _zeros(), _zeros()
        self.low, self.high = _zeros() + np.inf, _zeros() - np.inf
        self.at_low, self.at_high = _zeros(np.int64), _zeros(np.int64)
        self._first, self._second = _zeros(), _zeros()

    @property
    def tops(self) -> tuple[Floats, Floats]:
        """The two largest single rows of each cell, without their signs."""
        return self._first, self._second

    def add(self, cells: Ints, values: Floats) -> None:
        size = len(self.count)
        self.count += np.bincount(cells, minlength=size)
        self.total += np.bincount(cells, weights=values, minlength=size)
        self.magnitude += np.bincount(cells, weights=np.abs(values), minlength=size)
        if self._has_extremes:
            self.low, self.at_low = _extreme(np.minimum, self.low, self.at_low, cells, values)
            self.high, self.at_high = _extreme(np.maximum, self.high, self.at_high, cells, values)
        if self._of_rows:
            everywhere = np.arange(size)
            owners = np.concatenate([everywhere, everywhere, cells])
            sizes = np.concatenate([self._first, self._second, np.abs(values)])
            self._first, self._second = top_two(owners, sizes, size)

    def cut(self, size: int) -> None:
        """Keep so many cells."""
        for name, value in vars(self).items():
            if isinstance(value, np.ndarray):
                setattr(self, name, value[:size])


def _zeros(kind: Any = np.float64) -> NDArray[Any]:
    return np.zeros(MOST_CELLS, dtype=kind)


def _extreme(better: np.ufunc, known: Floats, times: Ints, cells: Ints, values: Floats) -> tuple[Floats, Ints]:
    """The lowest or highest value of each cell, and how many rows have it."""
    found = known.copy()
    better.at(found, cells, values)
    again = np.bincount(cells[values == found[cells]], minlength=len(known))
    return found, np.where(found == known, times, 0) + again


class Cells:
    """The cells of a question."""

    def __init__(self, figures: Iterable[Asked], k: int, *, is_told_apart: bool) -> None:
        figures = list(figures)
        measured = sorted({figure.column for figure in figures if figure.column})
        self.k = k
        self.kept = Crowd(k, is_told_apart=is_told_apart)
        self._places: dict[tuple[Any, ...], int] = {}
        self._rows: Ints = np.zeros(MOST_CELLS, dtype=np.int64)
        extremes = {figure.column for figure in figures if figure.kind in ("min", "max")}
        self._columns = {name: Column(of_rows=not is_told_apart, has_extremes=name in extremes) for name in measured}
        self.contributors = Contributors(_facts(figures)) if is_told_apart else None

    @property
    def keys(self) -> list[tuple[Any, ...]]:
        """The values of the groups, cell by cell, in the order in which they came."""
        return list(self._places)

    @property
    def rows(self) -> Ints:
        return self._rows[: len(self._places)]

    def column(self, name: str) -> Column:
        found = self._columns[name]
        found.cut(len(self._places))
        return found

    def subjects(self) -> Ints:
        """Distinct subjects of each cell."""
        assert self.contributors is not None  # noqa: S101 - `answers.check` asks for it
        return self.contributors.distinct(len(self._places))

    def shared(self, name: str, *, lowest: bool) -> Ints:
        """How many rows of each cell have its extreme value and, if they are fewer, how many subjects."""
        column = self.column(name)
        rows = column.at_low if lowest else column.at_high
        if self.contributors is None:
            return rows
        extreme = column.low if lowest else column.high
        holding = self.contributors.facts[f"{'low' if lowest else 'high'} {name}"] == extreme[self.contributors.cells]
        subjects: Ints = np.minimum(rows, self.contributors.distinct(len(rows), holding))
        return subjects

    def add(
        self,
        keys: Sequence[pa.ChunkedArray],
        batch: pa.Table,
        kept: NDArray[np.bool_],
        subjects: pa.ChunkedArray | None,
    ) -> None:
        """Take a stretch of the table in.

        Raises:
            InputError: `privacy.answer_too_many_cells`.
        """
        marks = marks_of(subjects) if subjects is not None else None
        self.kept.add(int(kept.sum()), marks[kept] if marks is not None else None)
        if not kept.any():
            return
        mask = pa.array(kept)
        cells = self._cells([each.filter(mask) for each in keys], int(kept.sum()))
        self._rows += np.bincount(cells, minlength=MOST_CELLS)
        measured = {name: _floats(batch[name].filter(mask)) for name in self._columns}
        for name, values in measured.items():
            is_there = np.isfinite(values)
            self._columns[name].add(cells[is_there], values[is_there])
        if self.contributors is not None and marks is not None:
            self.contributors.add(cells, marks[kept], measured)

    def _cells(self, keys: Sequence[pa.ChunkedArray], rows: int) -> Ints:
        """The cell of each row."""
        local = np.zeros(rows, dtype=np.int64)
        coded = [pa.concat_arrays(each.chunks).dictionary_encode("encode") for each in keys]
        for each in coded:
            local = local * len(each.dictionary) + np.asarray(each.indices, dtype=np.int64)
        found, first, back = np.unique(local, return_index=True, return_inverse=True)
        if len(found) > MOST_CELLS:
            raise InputError("privacy.answer_too_many_cells", most=MOST_CELLS)
        values = [each.take(pa.array(first)).to_pylist() for each in coded]
        named = zip(*values, strict=True) if values else [()]
        return np.asarray([self._place(key) for key in named], dtype=np.int64)[back]

    def _place(self, key: tuple[Any, ...]) -> int:
        place = self._places.setdefault(key, len(self._places))
        if place >= MOST_CELLS:
            raise InputError("privacy.answer_too_many_cells", most=MOST_CELLS)
        return place


def _facts(figures: Iterable[Asked]) -> Mapping[str, np.ufunc]:
    """What is kept of each subject in a cell, and how two stretches of it are put together."""
    found: dict[str, np.ufunc] = {}
    for figure in figures:
        if figure.kind in ("sum", "mean"):
            found |= {f"total {figure.column}": np.add, f"has {figure.column}": np.logical_or}
        elif figure.kind == "min":
            found[f"low {figure.column}"] = np.minimum
        elif figure.kind == "max":
            found[f"high {figure.column}"] = np.maximum
    return found


def _floats(values: pa.ChunkedArray) -> Floats:
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    elif pa.types.is_date(values.type) or pa.types.is_timestamp(values.type):
        values = values.cast(pa.int64())
    return np.asarray(values.cast(pa.float64(), safe=False).fill_null(float("nan")), dtype=np.float64)


def marks_of(values: pa.ChunkedArray) -> Marks:
    """A number of 50 bits for each subject; 0 for rows that name none (null, or nothing but spaces).

    Two subjects whose numbers meet by chance, or whose first 256 bytes are the same, count as one: fewer subjects are
    seen than there are, never more.
    """
    texts = values if pa.types.is_binary(values.type) else pc.utf8_trim_whitespace(values.cast(pa.large_string()))
    shortened = pc.fill_null(pc.binary_slice(texts.cast(pa.large_binary()), 0, _MARKED_BYTES), b"")
    array = pa.concat_arrays(shortened.chunks) if shortened.num_chunks else pa.array([], pa.large_binary())
    if not len(array):
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    begin, end = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    held = array.buffers()[2]
    data = np.frombuffer(held, dtype=np.uint8)[offsets[0] : offsets[-1]] if held is not None else np.zeros(0, np.uint8)
    positions = np.arange(len(data)) - np.repeat(begin, end - begin)
    powers = np.cumprod(np.full(_MARKED_BYTES, _MULTIPLIER, dtype=np.uint64), dtype=np.uint64)
    running = np.zeros(len(data) + 1, dtype=np.uint64)
    np.cumsum((data.astype(np.uint64) + np.uint64(1)) * powers[positions], out=running[1:])
    marks = _mixed(running[end] - running[begin]) >> np.uint64(64 - MARK_BITS)
    return np.where(end > begin, np.where(marks == 0, np.uint64(1), marks), np.uint64(0))


def _mixed(marks: Marks) -> Marks:
    """The last steps of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014)."""
    marks = (marks ^ (marks >> np.uint64(30))) * _MIX[0]
    marks = (marks ^ (marks >> np.uint64(27))) * _MIX[1]
    return marks ^ (marks >> np.uint64(31))
