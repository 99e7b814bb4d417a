"""When a cell, or a figure of it, may be told. The rules are those of the handbook of statistical disclosure control.

A. Hundepool and others, Statistical Disclosure Control (Wiley 2012), chapter 4, and the ESSnet handbook of that name:

- threshold: a cell stands for at least `k` rows, and `k` subjects where they are told apart;
- dominance, the (n, k) rule with n = 1: no contributor is more than half of a sum;
- p%: without the two largest contributors there remains at least a tenth of the largest, or the second could tell the
  first from the sum to within ten per cent;
- secondary suppression: what is withheld of any total is, taken together, itself a cell that could be told, or whoever
  asks for the total would find it by subtracting. Where it is not, the smallest told cells are withheld with it. No
  total has one withheld cell alone among told ones, and no cell that may not be told follows from all the totals
  together: what hides it would else be found first, and then it.

Contributors are subjects where they are told apart, else rows. Values count without their signs. A mean is a sum for
whoever knows the count. Minimum and maximum are single rows' own values: they are told where at least `k` rows and
subjects share them (`answer_cells.Cells.shared`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

DOMINANT_SHARE: Final = 0.5
P_PERCENT: Final = 10
_PENDING: Final = 500_000
_PATIENCE: Final = 20
_PATIENT_SOLVINGS: Final = 3
_MOST_STEPS, _OUT_OF_STEPS = 600, 7
_NOTHING: Final = 1e-6
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
    unsafe = ~_safe(layer, None, len(layer.rows), k)
    found = unsafe if hidden is None else unsafe | hidden
    solvings = 0
    for attempt in count():
        order = _order(layer.rows, found, margins)
        more = np.zeros(len(found), dtype=bool)
        for totals in margins:
            bad = _bad_totals(layer, found | more, totals, k)
            more |= _also(bad, found | more, totals, order, whole=attempt >= _PATIENCE)
        if not more.any():
            more = _beside_solved(found, unsafe, margins, order, whole=solvings >= _PATIENT_SOLVINGS)
            solvings += 1
        if not more.any():
            return found
        found = found | more
    raise AssertionError  # `count` has no end


def _order(rows: Ints, found: Mask, margins: Sequence[Ints]) -> Ints:
    """The rank of each cell: first where totals have withheld cells, which hide each other; then small."""
    crossings = np.zeros(len(rows), dtype=np.int64)
    for totals in margins:
        crossings += (np.bincount(totals[found], minlength=int(totals.max()) + 1) > 0)[totals]
    ranks = np.empty(len(rows), dtype=np.int64)
    ranks[np.lexsort((np.arange(len(rows)), rows, -crossings))] = np.arange(len(rows))
    return ranks


def _bad_totals(layer: Layer, found: Mask, totals: Ints, k: int) -> Mask:
    """Totals whose withheld cells could not be told together, or that have one among told ones."""
    size = int(totals.max()) + 1
    hidden = np.bincount(totals[found], minlength=size)
    lone = (hidden == 1) & (np.bincount(totals, minlength=size) > 1)
    return np.asarray((hidden > 0) & (lone | ~_safe(layer, np.where(found, totals, -1), size, k)), dtype=bool)


def _also(bad: Mask, found: Mask, totals: Ints, order: Ints, *, whole: bool) -> Mask:
    """Of each bad total the first told cell, or all of them."""
    more = np.zeros(len(found), dtype=bool)
    told = np.flatnonzero(bad[totals] & ~found)
    if whole:
        more[told] = True
    elif len(told):
        ranked = told[np.lexsort((order[told], totals[told]))]
        more[ranked[np.unique(totals[ranked], return_index=True)[1]]] = True
    return more


def _beside_solved(found: Mask, unsafe: Mask, margins: Sequence[Ints], order: Ints, *, whole: bool) -> Mask:
    """Told cells beside those that may not be told and that all the totals together would still give away."""
    more = np.zeros(len(found), dtype=bool)
    lines = [totals for totals in margins if totals.max() > 0]
    if not lines or not unsafe.any():
        return more
    solved = unsafe & _solved(found, margins)
    for totals in lines:
        bad = np.bincount(totals[solved], minlength=int(totals.max()) + 1) > 0
        more |= _also(bad, found | more, totals, order, whole=whole)
    return more


def _solved(found: Mask, margins: Sequence[Ints]) -> Mask:
    """Which withheld cells the totals determine: those that are zero in every solution of the homogeneous equations.

    A random vector less its part in the space of the equations is such a solution, and is zero elsewhere by chance
    alone. A total of a single cell is left aside: whether it is told is for the question that asks for it. Where the
    computing would take too long, every cell is taken for one that is determined.
    """
    from scipy import sparse
    from scipy.sparse.linalg import lsqr

    places = np.flatnonzero(found)
    parts = []
    for totals in margins:
        owners = totals[places]
        used = np.bincount(totals)[owners] > 1
        shape = (len(places), int(totals.max()) + 1)
        parts.append(sparse.csr_matrix((np.ones(used.sum()), (np.flatnonzero(used), owners[used])), shape=shape))
    equations = sparse.hstack(parts, format="csr")
    drawn = np.random.default_rng(0).uniform(1, 2, len(places))
    weights, ending = lsqr(equations, drawn, atol=1e-12, btol=1e-12, conlim=0, iter_lim=_MOST_STEPS)[:2]
    solved = np.zeros(len(found), dtype=bool)
    solved[places] = (np.abs(drawn - equations @ weights) < _NOTHING) | (ending == _OUT_OF_STEPS)
    return solved


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


def margins_of(levels: Sequence[Sequence[Sequence[Any]]], cells: int) -> list[Ints]:
    """The totals that could be asked for: of each choice of coarser groups, the total that each cell is part of.

    Args:
        levels: of each group the cells' values, then the same made coarser (days as weeks) as it can be asked.
    """
    if not cells:
        return []
    found = []
    for chosen in product(*([*group, None] for group in levels)):
        if all(values is group[0] for values, group in zip(chosen, levels, strict=True)):
            continue
        kept = [values for values in chosen if values is not None]
        known: dict[tuple[Any, ...], int] = {}
        keys = zip(*kept, strict=True) if kept else [()] * cells
        found.append(np.asarray([known.setdefault(key, len(known)) for key in keys], dtype=np.int64))
    return found
