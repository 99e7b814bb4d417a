"""A linear program in whole numbers, solved to one and the same solution on every machine.

A solver that has many equally good solutions returns any of them, not even the same one twice. So it is asked twice:
first for the least cost, then, among all solutions of that cost, for the least sum of fine weights, which is unique.
Complementary slackness describes the solutions of least cost: columns and rows whose dual price is not zero are at
their bounds in every one of them (Dantzig and Thapa, Linear Programming 1, 1997).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, linprog, milp

from dataferry.messages import UnavailableError

Floats = NDArray[np.float64]
SECONDS = 120.0
_INFEASIBLE = 2
_ZERO = 1e-4
_WHOLE = 1e-5


@dataclass(frozen=True)
class Program:
    """Minimise `costs`, then `fine`, over columns between `least` and `most` and rows between `low` and `high`."""

    costs: Floats
    fine: Floats
    least: Floats
    most: Floats
    rows: sparse.csr_array
    low: Floats
    high: Floats

    def solve(self) -> NDArray[np.int64] | None:
        """The solution in whole numbers, or None where there is none.

        Raises:
            UnavailableError: the solver found neither a solution nor a proof that there is none in its time.
        """
        if not len(self.costs):
            return np.zeros(0, dtype=np.int64) if (self.low <= 0).all() else None
        first = self.relaxed(self.costs)
        if first is None:
            return None
        second = self._face(first).relaxed(self.fine)
        if second is not None and _is_whole(second.x):
            return _rounded(second.x)
        return self._branched()

    def relaxed(self, costs: Floats) -> Any:
        """The solution without the demand for whole numbers, with its dual prices."""
        equal, above, below = self._kinds()
        parts: dict[str, Any] = {}
        if above.any() or below.any():
            parts["A_ub"] = sparse.vstack([self.rows[above], -self.rows[below]])
            parts["b_ub"] = np.concatenate([self.high[above], -self.low[below]])
        if equal.any():
            parts["A_eq"], parts["b_eq"] = self.rows[equal], self.low[equal]
        bounds = np.column_stack([self.least, self.most])
        options = {"time_limit": SECONDS, "presolve": len(costs) < _LARGE}
        return _checked(linprog(costs, bounds=bounds, method="highs", options=options, **parts))

    def _kinds(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """Rows that are equations, that have an upper bound, and that have a lower one which no empty sum meets."""
        equal = self.low == self.high
        return equal, np.isfinite(self.high) & ~equal, (self.low > 0) & ~equal

    def _face(self, solved: Any) -> Program:
        """The same program on the solutions of least cost alone."""
        _, above, below = self._kinds()
        least, most, low, high = (part.copy() for part in (self.least, self.most, self.low, self.high))
        at_least, at_most = solved.lower.marginals > _ZERO, solved.upper.marginals < -_ZERO
        most[at_least], least[at_most] = self.least[at_least], self.most[at_most]
        prices = solved.ineqlin.marginals
        tight_above = np.flatnonzero(above)[prices[: above.sum()] < -_ZERO]
        tight_below = np.flatnonzero(below)[prices[above.sum() :] < -_ZERO]
        low[tight_above], high[tight_below] = self.high[tight_above], self.low[tight_below]
        return replace(self, least=least, most=most, low=low, high=high)

    def _branched(self) -> NDArray[np.int64] | None:
        """By branch and bound, for programs whose corners are not whole."""
        first = self.in_whole_numbers(self.costs)
        if first is None:
            return None
        value = float(self.costs @ np.round(first.x))
        rows = sparse.vstack([self.rows, sparse.csr_array(self.costs[None, :])]).tocsr()
        held = replace(self, rows=rows, low=np.append(self.low, -np.inf), high=np.append(self.high, value + 0.5))
        second = held.in_whole_numbers(self.fine)
        return _rounded((first if second is None else second).x)

    def in_whole_numbers(self, costs: Floats) -> Any:
        rows = LinearConstraint(self.rows, self.low, self.high)
        options = {"mip_rel_gap": 0.0, "time_limit": SECONDS}
        integrality = np.ones(len(costs))
        return _checked(
            milp(
                costs, integrality=integrality, bounds=Bounds(self.least, self.most), constraints=rows, options=options
            )
        )


_LARGE = 20_000
"""Columns from which on looking for simplifications takes longer than they save."""


def _checked(done: OptimizeResult) -> Any:
    """The result with a solution, or None where none exists."""
    if done.status == _INFEASIBLE:
        return None
    if done.x is None:
        raise UnavailableError("judging.solver_gave_up", seconds=SECONDS, problem=str(done.message)[:200])
    return done


def _rounded(x: Floats) -> NDArray[np.int64]:
    return np.round(x).astype(np.int64)


def _is_whole(x: Floats) -> bool:
    return bool(np.abs(x - np.round(x)).max(initial=0) < _WHOLE)
