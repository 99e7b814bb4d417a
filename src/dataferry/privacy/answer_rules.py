"""When a cell, or a figure of it, may be told. The rules are those of the handbook of statistical disclosure control.

A. Hundepool and others, Statistical Disclosure Control (Wiley 2012), chapter 4, and the ESSnet handbook of that name:

- threshold: a cell stands for at least `k` rows, and `k` subjects where they are told apart;
- dominance, the (n, k) rule with n = 1: no contributor is more than half of a sum;
- p%: without the two largest contributors there remains at least a tenth of the largest, or the second could tell the
  first from the sum to within ten per cent;
- secondary suppression: what is withheld of any total is, taken together, itself a cell that could be told, or whoever
  asks for the total would find it by subtracting. Where it is not, the smallest told cells are withheld with it.

Contributors are subjects where they are told apart, else rows. Values count without their signs. A mean is a sum for
whoever knows the count. Minimum and maximum are single rows' own values: they are told where at least `k` rows and
subjects share them (`answer_cells.Cells.shared`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

DOMINANT_SHARE: Final = 0.5
P_PERCENT: Final = 10
_PENDING: Final = 500_000
_PATIENCE: Final = 20
MARK_BITS: Final = 50
_MARK: Final = np.uint64(2**MARK_BITS - 1)
Ints = NDArray[np.int64]
Marks = NDArray[np.uint64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Contributors:
    """One entry for each subject of each cell, with what it adds; stretches are put together as they come.

    An entry's key is its cell (below 2**14) before the 50 bits of the subject's mark.
    """

    def __init__(self, facts: Mapping[str, np.ufunc]) -> None:
        self._reducers = facts
        self._keys: Marks = np.zeros(0, dtype=np.uint64)
        self._facts: dict[str, NDArray[Any]] = {name: np.zeros(0) for name in facts}
        self._pending: list[tuple[Marks, dict[str, NDArray[Any]]]] = []
        self._count = 0

    @property
    def cells(self) -> Ints:
        """The cell of each entry, rising."""
        self._settle()
        return (self._keys >> np.uint64(MARK_BITS)).astype(np.int64)

    @property
    def marks(self) -> Marks:
        """The mark of each entry's subject; 0 for all rows of the cell that name none."""
        self._settle()
        return self._keys & _MARK

    @property
    def facts(self) -> Mapping[str, NDArray[Any]]:
        """Of each entry: `total x`, `has x`, `low x`, `high x`, as far as they were asked for."""
        self._settle()
        return self._facts

    def add(self, cells: Ints, marks: Marks, measured: Mapping[str, Floats]) -> None:
        """Rows of a stretch. `marks` 0: a row that names no subject; together they contribute as one."""
        made = {name: _fact(name, measured) for name in self._reducers}
        part = _merged(_keyed(cells, marks), made, self._reducers)
        self._pending.append(part)
        self._count += len(part[0])
        if self._count > max(_PENDING, len(self._keys)):
            self._settle()

    def _settle(self) -> None:
        if not self._pending:
            return
        parts = [(self._keys, self._facts), *self._pending] if len(self._keys) else self._pending
        facts = {name: np.concatenate([part[1][name] for part in parts]) for name in self._reducers}
        keys = np.concatenate([part[0] for part in parts])
        self._pending, self._count = [], 0
        self._keys, self._facts = _merged(keys, facts, self._reducers)

    def distinct(self, size: int, counted: Mask | None = None) -> Ints:
        """Subjects of each cell, over all entries or those that are counted."""
        chosen = self.marks != 0 if counted is None else (self.marks != 0) & counted
        return np.bincount(self.cells[chosen], minlength=size)


def _keyed(cells: Ints, marks: Marks) -> Marks:
    return (cells.astype(np.uint64) << np.uint64(MARK_BITS)) | marks


def _fact(name: str, measured: Mapping[str, Floats]) -> NDArray[Any]:
    kind, _space, column = name.partition(" ")
    values = measured[column]
    is_there = np.isfinite(values)
    if kind == "has":
        return is_there
    return np.where(is_there, values, {"total": 0.0, "low": np.inf, "high": -np.inf}[kind])


def _merged(
    keys: Marks, facts: Mapping[str, NDArray[Any]], reducers: Mapping[str, np.ufunc]
) -> tuple[Marks, dict[str, NDArray[Any]]]:
    """Entries with the same key put together, in the order of the keys."""
    if not facts or not len(keys):
        return np.unique(keys), dict(facts)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return keys[starts], {name: reducers[name].reduceat(facts[name][order], starts) for name in facts}


@dataclass(frozen=True)
class Layer:
    """What is told of cells, and what it rests on: the cells themselves, or the sum of `column` in each.

    Args:
        rows: rows of each cell that have a value.
        contributors: subjects, where they are told apart.
        magnitude, tops: where they are not: the sum of the rows' sizes, and the two largest, of each cell.
    """

    rows: Ints
    contributors: Contributors | None
    column: str = ""
    magnitude: Floats | None = None
    tops: tuple[Floats, Floats] | None = None


def withheld(layer: Layer, hidden: Mask | None, margins: Sequence[Ints], k: int) -> Mask:
    """Which cells may not be told.

    Args:
        hidden: cells that are withheld already.
        margins: of each total that could be asked for, the total that each cell is part of.
    """
    size = len(layer.rows)
    found = ~_safe(layer, None, size, k)
    if hidden is not None:
        found |= hidden
    for attempt in range(_PATIENCE + 1):
        more = np.zeros(size, dtype=bool)
        for totals in margins:
            more |= _complement(layer, found | more, totals, k, whole=attempt == _PATIENCE)
        if not more.any():
            break
        found |= more
    return found


def _complement(layer: Layer, found: Mask, totals: Ints, k: int, *, whole: bool) -> Mask:
    """For each total whose withheld cells, together, could not be told: its smallest told cell, or all of them."""
    more = np.zeros(len(found), dtype=bool)
    if not found.any():
        return more
    size = int(totals.max()) + 1
    has_hidden = np.bincount(totals[found], minlength=size) > 0
    bad = has_hidden & ~_safe(layer, np.where(found, totals, -1), size, k)
    told = np.flatnonzero(bad[totals] & ~found)
    if whole:
        more[told] = True
    elif len(told):
        order = told[np.lexsort((told, layer.rows[told], totals[told]))]
        more[order[np.unique(totals[order], return_index=True)[1]]] = True
    return more


def _safe(layer: Layer, groups: Ints | None, size: int, k: int) -> Mask:
    """Which groups of cells, each taken as one, keep the rules.

    Args:
        groups: the group of each cell, -1 for none; None: each cell is its own.
    """
    inside = np.ones(len(layer.rows), dtype=bool) if groups is None else groups >= 0
    owners = np.arange(size) if groups is None else groups[inside]
    safe: Mask = np.bincount(owners, weights=layer.rows[inside], minlength=size) >= k
    if layer.contributors is not None:
        holders, named, values = _of_subjects(layer, layer.contributors, groups)
        safe &= np.bincount(holders[named], minlength=size) >= k
        first, second = top_two(holders, values, size)
        magnitude: Floats = np.bincount(holders, weights=values, minlength=size).astype(np.float64)
    elif layer.tops is not None and layer.magnitude is not None:
        tops = np.concatenate([each[inside] for each in layer.tops])
        first, second = top_two(np.concatenate([owners, owners]), tops, size)
        magnitude = np.bincount(owners, weights=layer.magnitude[inside], minlength=size).astype(np.float64)
    else:
        return safe
    return safe & ~dominated(first, second, magnitude)


def _of_subjects(layer: Layer, contributors: Contributors, groups: Ints | None) -> tuple[Ints, Mask, Floats]:
    """Of each subject of each group: the group, whether the subject is named, and the size of what it adds."""
    cells, marks, facts = contributors.cells, contributors.marks, contributors.facts
    values = facts[f"total {layer.column}"] if layer.column else np.zeros(len(cells))
    counted = facts[f"has {layer.column}"].copy() if layer.column else np.ones(len(cells), dtype=bool)
    if groups is None:
        return cells[counted], marks[counted] != 0, np.abs(values[counted])
    owners = groups[cells]
    counted &= owners >= 0
    keys, merged = _merged(_keyed(owners[counted], marks[counted]), {"total": values[counted]}, {"total": np.add})
    return (keys >> np.uint64(MARK_BITS)).astype(np.int64), (keys & _MARK) != 0, np.abs(merged["total"])


def dominated(first: Floats, second: Floats, magnitude: Floats) -> Mask:
    """Sums of which one contributor is more than half, or that the second could use to tell the first."""
    rest = magnitude - first - second
    with np.errstate(invalid="ignore", over="ignore"):
        fine = (first <= DOMINANT_SHARE * magnitude) & (rest >= first * P_PERCENT / 100)
    return np.asarray(~fine, dtype=bool)


def top_two(owners: Ints, values: Floats, size: int) -> tuple[Floats, Floats]:
    """The largest and the second largest value (none is negative) of each owner; 0 where there is none."""
    first, second = np.zeros(size), np.zeros(size)
    np.maximum.at(first, owners, values)
    largest = np.flatnonzero(values == first[owners])
    place = np.full(size, -1, dtype=np.int64)
    place[owners[largest]] = largest
    rest = values.copy()
    rest[place[place >= 0]] = 0
    np.maximum.at(second, owners, rest)
    return first, second


def margins_of(keys: Sequence[tuple[Any, ...]], groups: int) -> list[Ints]:
    """The totals that could be asked for: of each choice of fewer groups, the total that each cell is part of."""
    if not keys:
        return []
    found = []
    for count in range(groups):
        for chosen in combinations(range(groups), count):
            known: dict[tuple[Any, ...], int] = {}
            totals = [known.setdefault(tuple(key[place] for place in chosen), len(known)) for key in keys]
            found.append(np.asarray(totals, dtype=np.int64))
    return found
