"""The additive mixed model: score = mean + division + panel + entry + judge + noise, variances by REML.

Division and panel are fixed, entry and judge are random (shrunk). Henderson's mixed model equations are solved with the
entries eliminated, so that one likelihood costs as much as a matrix of judges. Source of the estimator: Patterson and
Thompson (1971), *Recovery of inter-block information when block sizes are unequal*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

LATTICE = 16
"""Logarithms of the variance ratios are whole multiples of 1/16: finer steps change no place, and a whole number is the
same on every machine."""
BOUND = 8 * LATTICE
PERFECT = 1e-10


@dataclass(frozen=True)
class Design:
    """Who scored what: for each score its entry and judge, for each entry its division, for each judge the panel."""

    entry: Whole
    judge: Whole
    division: Whole
    panel: Whole

    @cached_property
    def dummies(self) -> tuple[int, int]:
        """How many divisions and panels have an effect of their own: all but the first."""
        return int(self.division.max(initial=0)), int(self.panel.max(initial=0))

    @property
    def fixed(self) -> int:
        """Number of fixed effects: the mean, divisions, panels."""
        return 1 + sum(self.dummies)

    @cached_property
    def counts(self) -> Whole:
        """Scores of every entry."""
        return np.bincount(self.entry, minlength=self.division.size)

    @cached_property
    def fixed_rows(self) -> Floats:
        """Fixed effects of every score: (scores, fixed)."""
        divisions, _ = self.dummies
        rows, at = np.zeros((self.entry.size, self.fixed)), np.arange(self.entry.size)
        division, panel = self.division[self.entry], self.panel[self.judge]
        rows[at, division] = 1.0
        rows[at[panel > 0], divisions + panel[panel > 0]] = 1.0
        rows[:, 0] = 1.0
        return rows

    @cached_property
    def sums(self) -> Floats:
        """Rows of fixed effects and judges, added up for each entry: (entries, fixed + judges)."""
        sums = np.zeros((self.division.size, self.fixed + self.panel.size))
        np.add.at(sums[:, : self.fixed], self.entry, self.fixed_rows)
        np.add.at(sums, (self.entry, self.fixed + self.judge), 1.0)
        return sums

    @cached_property
    def entry_rows(self) -> Floats:
        """Fixed effects of an entry's calibrated score: its division, and the mean of all panels with equal weight."""
        divisions, panels = self.dummies
        rows = np.zeros((self.division.size, self.fixed))
        rows[np.arange(self.division.size), self.division] = 1.0
        rows[:, 0] = 1.0
        rows[:, divisions + 1 :] = 1.0 / (panels + 1)
        return rows

    @cached_property
    def cross(self) -> Floats:
        """Cross products of fixed effects and judges over all scores."""
        fixed, judges = self.fixed, self.panel.size
        cross = np.zeros((fixed + judges, fixed + judges))
        cross[:fixed, :fixed] = self.fixed_rows.T @ self.fixed_rows
        np.add.at(cross[fixed:, :fixed], self.judge, self.fixed_rows)
        cross[:fixed, fixed:] = cross[fixed:, :fixed].T
        at = np.arange(fixed, fixed + judges)
        cross[at, at] = np.bincount(self.judge, minlength=judges)
        return cross

    @cached_property
    def classes(self) -> tuple[tuple[int, Whole, Floats], ...]:
        """Entries with the same number of scores: that number, the entries, their rows' cross products."""
        found = []
        for count in np.unique(self.counts[self.counts > 0]):
            members = np.flatnonzero(self.counts == count)
            found.append((int(count), members, self.sums[members].T @ self.sums[members]))
        return tuple(found)


@dataclass(frozen=True)
class Fit:
    """The fitted model.

    Attributes:
        scores: calibrated score of every entry: its division's mean under all panels alike, plus its shrunk effect.
        effects: fixed effects, then judges' offsets inside their panel (points above +, below -, shrunk).
        noise: variance of what is left.
        entry_ratio, judge_ratio: variance of entries and judges, in units of the noise.
        lower: Cholesky factor of the equations of fixed effects and scaled judges.
    """

    design: Design
    scores: Floats
    effects: Floats
    noise: float
    entry_ratio: float
    judge_ratio: float
    lower: Floats

    @property
    def judges(self) -> Floats:
        return self.effects[self.design.fixed :]

    @property
    def divisions(self) -> Floats:
        """Effect of each division, counted from their mean."""
        effects = np.concatenate([[0.0], self.effects[1 : self.design.dummies[0] + 1]])
        return np.asarray(effects - effects.mean())

    @property
    def panels(self) -> Floats:
        """Effect of each panel, counted from their mean."""
        effects = np.concatenate([[0.0], self.effects[self.design.dummies[0] + 1 : self.design.fixed]])
        return np.asarray(effects - effects.mean())

    def residuals(self, values: Floats) -> Floats:
        """What division, panel, entry and judge leave of each score."""
        design, panel = self.design, self.panels[self.design.panel]
        return np.asarray(values - self.scores[design.entry] - panel[design.judge] - self.judges[design.judge])


class Likelihood:
    """Restricted likelihood of the two variance ratios for one set of scores.

    The scores ride along as a last column of the equations: one Cholesky factor then holds the solution and what it
    leaves of the squares.
    """

    def __init__(self, design: Design, values: Floats) -> None:
        self.design, self.values = design, values
        self.sums = np.bincount(design.entry, weights=values, minlength=design.division.size)
        self.squares = float(values @ values)
        by_judge = np.bincount(design.judge, weights=values, minlength=design.panel.size)
        right = np.concatenate([design.fixed_rows.T @ values, by_judge])
        # A trace of the squares on top keeps the factor defined where the model explains everything.
        self.whole = bordered(design.cross, right, self.squares * (1 + PERFECT) or 1.0)
        self.parts = []
        for count, members, cross in design.classes:
            sums = self.sums[members]
            part = bordered(cross, design.sums[members].T @ sums, float(sums @ sums))
            self.parts.append((count, members.size, part))
        self.known: dict[tuple[int, int], float] = {}

    def factor(self, entry_ratio: float, judge_ratio: float) -> tuple[Floats, Floats, float]:
        """Cholesky factor of the bordered equations, their scale, and the entries' log determinant."""
        matrix, determinant = self.whole.copy(), 0.0
        for count, members, part in self.parts:
            matrix -= entry_ratio / (1 + entry_ratio * count) * part
            determinant += members * float(np.log1p(entry_ratio * count))
        judges = np.arange(self.design.fixed, matrix.shape[0] - 1)
        scale = np.ones(matrix.shape[0])
        scale[judges] = np.sqrt(judge_ratio)
        matrix *= scale[:, None] * scale
        matrix[judges, judges] += 1.0
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64), scale[:-1], determinant

    def deviance(self, at: tuple[int, int]) -> float:
        """Minus twice the restricted log likelihood, up to a constant, at a point of the lattice."""
        if at not in self.known:
            lower, _, determinant = self.factor(*ratios(at))
            diagonal = np.log(np.diag(lower))
            freedom = self.values.size - self.design.fixed
            self.known[at] = 2 * float(freedom * diagonal[-1] + diagonal[:-1].sum()) + determinant
        return self.known[at]

    def best(self) -> tuple[int, int]:
        """The point of the lattice where the scores are likeliest, by a compass search from coarse to fine."""
        at, step = (0, 0), 2 * LATTICE
        while step:
            around = [(at[0] + dx * step, at[1] + dy * step) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
            inside = [point for point in around if max(map(abs, point)) <= BOUND]
            nearest = min(inside, key=self.deviance)
            if self.deviance(nearest) < self.deviance(at) - 1e-9:
                at = nearest
            else:
                step //= 2
        return at

    def fit(self, at: tuple[int, int]) -> Fit:
        """The solution at given ratios."""
        entry_ratio, judge_ratio = ratios(at)
        lower, scale, _ = self.factor(entry_ratio, judge_ratio)
        effects = scale * solve_triangular(lower[:-1, :-1], lower[-1, :-1], lower=True, trans=1)
        design = self.design
        noise = float(lower[-1, -1] ** 2) / max(self.values.size - design.fixed, 1)
        share = entry_ratio / (1 + entry_ratio * design.counts)
        entries = share * (self.sums - design.sums @ effects)
        scores = design.entry_rows @ effects[: design.fixed] + entries
        return Fit(design, scores, effects, noise, entry_ratio, judge_ratio, lower[:-1, :-1])


def bordered(matrix: Floats, column: Floats, corner: float) -> Floats:
    """The symmetric matrix with one more row and column."""
    return np.block([[matrix, column[:, None]], [column[None, :], np.array([[corner]])]])


def ratios(at: tuple[int, int]) -> tuple[float, float]:
    """Variance ratios of entries and judges at a point of the lattice."""
    return float(np.exp(at[0] / LATTICE)), float(np.exp(at[1] / LATTICE))


def fit(design: Design, values: Floats, *, estimate: bool = True) -> Fit:
    """Fit the model; with `estimate=False` entries, judges and noise are taken to vary alike.

    Args:
        values: (scores,) in points.
    """
    middle = float(values.mean())
    likelihood = Likelihood(design, values - middle)
    varied = likelihood.squares > PERFECT * values.size * max(1.0, middle * middle)
    fitted = likelihood.fit(likelihood.best() if estimate and varied else (0, 0))
    fitted.effects[0] += middle
    return replace(fitted, scores=fitted.scores + middle, noise=fitted.noise if varied else 0.0)
