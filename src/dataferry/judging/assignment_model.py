"""The assignment as a mixed-integer linear program, strict or elastic.

Without cuts the program is a network flow (scores of an entry, of a panel on an entry, of a judge are nested families
of sums), so that its linear relaxation has whole numbers at its corners; branching is only for the cuts that link
judges. Costs are few different whole numbers: random ones make the simplex method a hundred times slower, so what tells
equal plans apart is left to the second step of `Program`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dataferry.judging.assignment_candidates import TIE_LEVELS, Candidates, Flags, Ints, scrambled
from dataferry.judging.assignment_links import Cut
from dataferry.judging.assignment_loads import Needs
from dataferry.judging.assignment_problem import Demand
from dataferry.judging.assignment_program import Program

PRICES: Mapping[Demand, int] = {
    Demand.LOAD: 1,
    Demand.CAPACITY: 6,
    Demand.ANCHOR: 8,
    Demand.PANEL: 20,
    Demand.SCORES: 30,
    Demand.LINKED: 60,
}
"""What one unit of each demand costs to take back: an uneven load before a judge's own limit, before an anchor left
out, before a missing city, before a missing score, before scores that cannot be compared."""

_FINE_UNIT = 2.0**20
EXTRA_SCORE = 10
"""What one score above the number demanded costs."""


@dataclass(frozen=True)
class Slack:
    """A column that takes one demand back: which, for whom, and whether a unit of it adds or takes a score."""

    demand: Demand
    entry: int = -1
    judge: int = -1
    panel: str = ""
    sign: int = 1


@dataclass(frozen=True)
class Solution:
    """Chosen candidates, units of every slack that was used, and the cost of both."""

    chosen: Flags
    slacks: Mapping[Slack, int]
    cost: float


@dataclass
class Model:
    """Rows over candidate columns and slack columns."""

    found: Candidates
    costs: NDArray[np.float64]
    least: NDArray[np.float64]
    slacks: list[Slack] = field(default_factory=list)
    slack_costs: list[int] = field(default_factory=list)
    slack_most: list[float] = field(default_factory=list)
    _rows: list[Ints] = field(default_factory=list)
    _low: list[float] = field(default_factory=list)
    _high: list[float] = field(default_factory=list)
    _slack_cells: list[tuple[int, int, int]] = field(default_factory=list)

    def row(self, columns: Ints, low: float, high: float) -> int:
        self._rows.append(columns)
        self._low.append(low)
        self._high.append(high)
        return len(self._rows) - 1

    def slack(self, rows: Mapping[int, int], slack: Slack, cost: int, most: float = np.inf) -> None:
        """A column of price `cost` whose unit stands in for so many missing scores of each row (sign -1), or takes as
        many that are too much (sign 1)."""
        self._slack_cells += [(row, len(self.slacks), -slack.sign * units) for row, units in rows.items()]
        self.slacks.append(slack)
        self.slack_costs.append(cost)
        self.slack_most.append(most)

    def solve(self) -> Solution | None:
        """The cheapest solution, the same whatever the order of rows, or None where there is none.

        Raises:
            UnavailableError: the solver ran out of time.
        """
        pairs = len(self.found)
        costs = np.concatenate([self.costs, np.array(self.slack_costs, dtype=float)])
        slack_weights = scrambled(np.arange(len(self.slacks), dtype=np.uint64)) >> np.uint64(34)
        units = Program(
            costs=costs,
            fine=np.concatenate([self.found.fine, slack_weights]).astype(float) / _FINE_UNIT,
            least=np.concatenate([self.least, np.zeros(len(self.slacks))]),
            most=np.concatenate([np.ones(pairs), np.array(self.slack_most, dtype=float)]),
            rows=self._matrix(len(costs)),
            low=np.array(self._low, dtype=float),
            high=np.array(self._high, dtype=float),
        ).solve()
        if units is None:
            return None
        used = {slack: int(unit) for slack, unit in zip(self.slacks, units[pairs:], strict=True) if unit}
        return Solution(units[:pairs] == 1, used, float(costs @ units))

    def _matrix(self, columns: int) -> sparse.csr_array:
        lengths = np.array([len(row) for row in self._rows], dtype=np.int64)
        slack_rows, slack_columns, signs = np.array(self._slack_cells, dtype=np.int64).reshape(-1, 3).T
        rows = np.concatenate([np.repeat(np.arange(len(lengths)), lengths), slack_rows])
        where = np.concatenate([*self._rows, slack_columns + len(self.found)])
        values = np.concatenate([np.ones(int(lengths.sum())), signs.astype(float)])
        return sparse.csr_array((values, (rows, where)), shape=(len(lengths), columns))


def preferences(found: Candidates, pairs: int) -> NDArray[np.float64]:
    """Cost of each candidate: an earlier pair kept outweighs all expertise together, which outweighs all ties."""
    expertise = (TIE_LEVELS - 1) * pairs + 1
    kept = expertise * (pairs + 1)
    costs: NDArray[np.float64] = (found.tie - expertise * found.expert - kept * found.kept).astype(float)
    return costs


def strict_model(found: Candidates, needed: Needs, least: Ints, largest: Ints, cuts: Iterable[Cut]) -> Model:
    """Every demand as it stands. `least` and `largest` bound the load of each judge, a cut is demanded of every
    linked plan."""
    model = Model(
        found,
        preferences(found, int(needed.scores.sum()) + int(found.anchor.sum())),
        (found.locked | found.anchor).astype(float),
    )
    for entry, columns in _by(found.entry, len(found.entries)):
        is_anchor = bool(found.anchor[columns[:1]].any())
        scores = int(needed.scores[entry])
        model.row(columns, scores, np.inf if is_anchor else scores)
    for entry, panel, columns in _panel_columns(found, needed):
        model.row(columns, needed.panels[entry, panel], np.inf)
    for judge, columns in _by(found.judge, len(found.judges)):
        model.row(columns, int(least[judge]), int(largest[judge]))
    for cut in cuts:
        model.row(cut.columns, cut.least, np.inf)
    return model


def elastic_model(found: Candidates, needed: Needs, least: Ints, largest: Ints, cuts: Iterable[Cut]) -> Model:
    """Every demand at its price; only conflicts, languages, closed judges and scored pairs stand firm."""
    costs = np.where(found.anchor & ~found.locked, -float(PRICES[Demand.ANCHOR]), 0.0)
    model = Model(found, costs, found.locked.astype(float))
    for entry, columns in _by(found.entry, len(found.entries)):
        is_anchor = bool(found.anchor[columns[:1]].any())
        scores = int(needed.scores[entry])
        row = model.row(columns, scores, np.inf if is_anchor else scores)
        model.slack({row: 1}, Slack(Demand.SCORES, entry=entry, sign=-1), PRICES[Demand.SCORES])
        if not is_anchor:
            model.slack({row: 1}, Slack(Demand.SCORES, entry=entry, sign=1), EXTRA_SCORE)
    for entry, panel, columns in _panel_columns(found, needed):
        row = model.row(columns, needed.panels[entry, panel], np.inf)
        model.slack({row: 1}, Slack(Demand.PANEL, entry=entry, panel=panel, sign=-1), PRICES[Demand.PANEL])
    for judge, columns in _by(found.judge, len(found.judges)):
        row = model.row(columns, int(least[judge]), int(largest[judge]))
        capacity = found.judges[judge].capacity
        room = np.inf if capacity is None else max(0, capacity - int(largest[judge]))
        model.slack({row: 1}, Slack(Demand.LOAD, judge=judge, sign=-1), PRICES[Demand.LOAD])
        model.slack({row: 1}, Slack(Demand.LOAD, judge=judge, sign=1), PRICES[Demand.LOAD], room)
        model.slack({row: 1}, Slack(Demand.CAPACITY, judge=judge, sign=1), PRICES[Demand.CAPACITY])
    rows = {model.row(cut.columns, cut.least, np.inf): cut.least for cut in cuts}
    model.slack(rows, Slack(Demand.LINKED, sign=-1), PRICES[Demand.LINKED], 1)
    return model


def _by(index: Ints, count: int) -> Iterable[tuple[int, Ints]]:
    """Columns of each entry or judge."""
    order = np.argsort(index, kind="stable")
    return enumerate(np.split(order, np.cumsum(np.bincount(index, minlength=count))[:-1]))


def _panel_columns(found: Candidates, needed: Needs) -> Iterable[tuple[int, str, Ints]]:
    if not needed.panels:
        return
    panel_of = np.array([judge.panel for judge in found.judges])[found.judge]
    panels = sorted({panel for _, panel in needed.panels})
    for entry, columns in _by(found.entry, len(found.entries)):
        for panel in panels:
            if (entry, panel) in needed.panels:
                yield entry, panel, columns[panel_of[columns] == panel]
