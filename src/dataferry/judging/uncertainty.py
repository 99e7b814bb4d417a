"""How far a figure and a place could have fallen otherwise, by draws from the fitted model.

Every method's figure is a weighted mean of scores, so its error has two parts: the judges' offsets that the method left
in (all of them for plain means, what the fit could not tell for calibrated ones), and the noise. Draws are seeded by
the scores themselves, with a generator whose stream NumPy has frozen, so that a replay gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
from scipy.linalg import solve_triangular

from dataferry.judging.calibration import Fitted
from dataferry.judging.methods import Method
from dataferry.judging.mixed_model import Floats
from dataferry.judging.outcome import Interval

DRAWS = 1000
FEWEST_DRAWS = 200
CELLS = 2_400_000
"""Draws times entries at most, to bound memory: from 2,400 entries on there are fewer draws."""
OUTSIDE = (0.025, 0.975)


@dataclass(frozen=True)
class Errors:
    """Draws of the errors of a group's figures: (draws, entries)."""

    entries: tuple[str, ...]
    draws: Floats

    def intervals(self, figures: Mapping[str, Fraction]) -> dict[str, Interval]:
        """95 % intervals. What moves all entries alike moves no place, so errors count from their common mean."""
        errors = self.draws - self.draws.mean(axis=1, keepdims=True)
        figure = np.array([float(figures[entry]) for entry in self.entries])
        best, worst = np.quantile(errors, OUTSIDE, axis=0)
        order = np.argsort(-(figure + errors), axis=1, kind="stable")
        places = np.empty_like(order)
        np.put_along_axis(places, order, np.broadcast_to(np.arange(1, figure.size + 1), order.shape), axis=1)
        high, low = np.quantile(places, OUTSIDE, axis=0, method="inverted_cdf")
        return {
            entry: Interval(points(figure[at] + best[at]), points(figure[at] + worst[at]), int(high[at]), int(low[at]))
            for at, entry in enumerate(self.entries)
        }


def points(value: float) -> Decimal:
    """Ends of score intervals have two decimals: more would claim what draws cannot tell."""
    return Decimal(f"{value:.2f}") + 0


def draw_errors(fitted: Fitted, method: Method) -> Errors | None:
    """Errors of the method's figures; `None` where the noise is unknown or nothing is compared."""
    if not fitted.estimable or len(fitted.entries) < 2:
        return None
    count = min(DRAWS, max(FEWEST_DRAWS, CELLS // len(fitted.entries)))
    random = np.random.RandomState(fitted.seed())
    if method is Method.CALIBRATED:
        return Errors(fitted.entries, posterior_entries(fitted, count, random))
    weights = judge_weights(fitted, by_panels=method.by_panels)
    noise = np.sqrt(fitted.fit.noise * (weights**2).sum(axis=1))
    errors = random.standard_normal((count, len(fitted.entries))) * noise
    match method:
        case Method.RAW_MEAN | Method.PANEL_MEANS:
            width = np.sqrt(fitted.fit.noise * fitted.fit.judge_ratio)
            errors += (random.standard_normal((count, len(fitted.judges))) * width) @ weights.T
        case Method.CALIBRATED_PANEL_MEANS:
            errors += posterior_effects(fitted, count, random)[:, fitted.fit.design.fixed :] @ weights.T
    return Errors(fitted.entries, errors)


def judge_weights(fitted: Fitted, *, by_panels: bool) -> Floats:
    """Weight of each judge's score in each entry's mean: (entries, judges), rows sum to 1."""
    design = fitted.fit.design
    weights = np.zeros((len(fitted.entries), len(fitted.judges)))
    weights[design.entry, design.judge] = 1.0
    if by_panels:
        panels = design.panel[:, None] == np.arange(design.panel.max(initial=0) + 1)
        of_panel = weights @ panels
        weights /= np.maximum(of_panel[:, design.panel], 1.0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def posterior_effects(fitted: Fitted, count: int, random: np.random.RandomState) -> Floats:
    """Errors of fixed effects and judges' offsets: (draws, fixed + judges)."""
    fit = fitted.fit
    lower = fit.lower
    scale = np.ones(lower.shape[0])
    scale[fit.design.fixed :] = np.sqrt(fit.judge_ratio)
    standard = random.standard_normal((lower.shape[0], count))
    drawn = solve_triangular(lower, standard, lower=True, trans=1) * np.sqrt(fit.noise)
    return np.asarray(drawn.T * scale, dtype=np.float64)


def posterior_entries(fitted: Fitted, count: int, random: np.random.RandomState) -> Floats:
    """Errors of calibrated scores: (draws, entries)."""
    fit, design = fitted.fit, fitted.fit.design
    effects = posterior_effects(fitted, count, random)
    share = fit.entry_ratio / (1 + fit.entry_ratio * design.counts)
    own = random.standard_normal((count, len(fitted.entries))) * np.sqrt(fit.noise * share)
    return np.asarray(
        effects[:, : design.fixed] @ design.entry_rows.T - (effects @ design.sums.T) * share + own, dtype=np.float64
    )
