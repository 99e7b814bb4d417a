"""Which hypothesis fits best, by how much, and whether that could be chance.

Two hypotheses are compared on the points that only one of them explains. Points close together are wrong together, so
those of one cell of about a kilometre count as a single vote, and the votes go through an exact sign test. The chance
is multiplied by the number of rivals. With few votes no lead is significant, and the answer is "cannot tell".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dataferry.geo.hypotheses import Hypothesis
from dataferry.geo.points import Flags, Floats
from dataferry.messages import Finding

SIGNIFICANT: Final = 0.001
"""A lead that chance would give more often than this is none."""

LEAST_SHARE: Final = 0.5
"""A hypothesis that explains fewer of the points than this is no answer, even if it leads."""

_EXACT: Final = 1000

Cells = NDArray[np.int64]


@dataclass(frozen=True)
class Trial:
    """One hypothesis put to the points.

    Args:
        fits: how many points are where they say they are.
        share: `fits` over the points tested.
        lead: by how many points the best trial is ahead; 0 for the best.
        chance: probability that a lead like this over this trial is chance; 1 for the best itself.
        typical_m: median distance to the second pair of coordinates in metres, where that is what was compared.
    """

    hypothesis: Hypothesis
    fits: int
    share: float
    lead: int = 0
    chance: float = 1.0
    typical_m: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            **self.hypothesis.to_json(),
            "name": self.hypothesis.name(),
            "fits": self.fits,
            "share": round(self.share, 6),
            "lead": self.lead,
            "chance": self.chance,
            "typical_m": None if self.typical_m is None else round(self.typical_m, 3),
        }


@dataclass(frozen=True)
class Detection:
    """Advice about a datum, never a decision.

    Args:
        verdict: the hypothesis found, or None for "cannot tell".
        trials: best first.
        rivals: hypotheses that cannot be told from the best one.
        tested: points that took part, of `points` in the file.
        lead: points by which the verdict is ahead of the next trial that differs from it.
        chance: probability of such a lead by chance.
        findings: the answer in words, and what was left out.
    """

    verdict: Hypothesis | None
    trials: tuple[Trial, ...]
    rivals: tuple[Hypothesis, ...]
    tested: int
    points: int
    lead: int
    chance: float
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "verdict": None if self.verdict is None else self.verdict.to_json(),
            "trials": [trial.to_json() for trial in self.trials],
            "rivals": [rival.to_json() for rival in self.rivals],
            "tested": self.tested,
            "points": self.points,
            "lead": self.lead,
            "chance": self.chance,
            "findings": [{**finding.to_json(), "text": finding.text()} for finding in self.findings],
        }


@dataclass(frozen=True)
class Outcome:
    """A hypothesis and, for each tested point, whether it is where it says it is."""

    hypothesis: Hypothesis
    fit: Flags
    typical_m: float | None = None


def cells_of(x: Floats, y: Floats) -> Cells:
    """A number for the cell of about a kilometre that each point is in, from the columns as they stand."""
    size = 0.01 if np.nanmax(np.abs([x, y]), initial=0) <= 360 else 1000.0
    columns, rows = np.floor(x / size).astype(np.int64), np.floor(y / size).astype(np.int64)
    cells: Cells = np.unique(np.stack([columns, rows]), axis=1, return_inverse=True)[1].reshape(-1)
    return cells


def rank(outcomes: Sequence[Outcome], cells: Cells) -> list[Trial]:
    """Trials, best first, each with the chance that the best leads it by luck."""
    ordered = sorted(outcomes, key=lambda outcome: (-int(outcome.fit.sum()), outcome.typical_m or 0.0))
    if not ordered:
        return []
    best, others = ordered[0], max(len(ordered) - 1, 1)
    trials = []
    for outcome in ordered:
        fits = int(outcome.fit.sum())
        trials.append(
            Trial(
                outcome.hypothesis,
                fits,
                fits / max(outcome.fit.size, 1),
                int(best.fit.sum()) - fits,
                1.0 if outcome is best else min(1.0, others * chance_of_lead(best.fit, outcome.fit, cells)),
                outcome.typical_m,
            )
        )
    return trials


def chance_of_lead(first: Flags, second: Flags, cells: Cells) -> float:
    """One-sided sign test over cells: the probability of at least so many votes for `first` if both were as good."""
    balance = np.bincount(cells, weights=first.astype(np.float64) - second)
    votes_for, votes = int((balance > 0).sum()), int((balance != 0).sum())
    if votes == 0:
        return 1.0
    if votes > _EXACT:
        # Hoeffding's bound: never smaller than the exact value.
        return math.exp(-2 * votes * max(0.0, votes_for / votes - 0.5) ** 2)
    return float(sum(math.comb(votes, k) for k in range(votes_for, votes + 1)) / 2**votes)


def decide(trials: Sequence[Trial], tested: int, points: int, notes: Sequence[Finding] = ()) -> Detection:
    """The verdict from ranked trials: one hypothesis about the points, or None."""
    if not trials or tested == 0:
        nothing = Finding("geo.datum_nothing", "attention", {"points": points, "tested": tested})
        return Detection(None, tuple(trials), (), tested, points, 0, 1.0, (nothing, *notes))
    best = trials[0]
    rivals = tuple(trial for trial in trials[1:] if trial.chance >= SIGNIFICANT)
    mine = (best.hypothesis.crs, best.hypothesis.swapped)
    found = best.share >= LEAST_SHARE and all((t.hypothesis.crs, t.hypothesis.swapped) == mine for t in rivals)
    beaten = next((t for t in trials[1:] if (t.hypothesis.crs, t.hypothesis.swapped) != mine), None)
    lead, chance = (beaten.lead, beaten.chance) if beaten else (best.fits, 1.0)
    answer = _answer(best, rivals, beaten, found, tested)
    return Detection(
        best.hypothesis if found else None,
        tuple(trials),
        tuple(trial.hypothesis for trial in rivals),
        tested,
        points,
        lead,
        chance,
        (answer, *notes),
    )


def _answer(best: Trial, rivals: Sequence[Trial], beaten: Trial | None, found: bool, tested: int) -> Finding:
    data: dict[str, Any] = {"datum": best.hypothesis.name(), "crs": best.hypothesis.crs, "fits": best.fits}
    data["tested"] = tested
    if best.share < LEAST_SHARE:
        return Finding("geo.datum_none_fits", "attention", data)
    if not found:
        tied = [best, *rivals]
        if all(t.hypothesis.crs == t.hypothesis.against_crs for t in tied):
            return Finding("geo.datum_same_as_boundary", "attention", data)
        return Finding("geo.datum_tied", "attention", {**data, "rivals": _labels([t.hypothesis for t in tied])})
    if beaten is None:
        return Finding("geo.datum_only", "note", data)
    chance = "< 1e-9" if beaten.chance < 1e-9 else f"{beaten.chance:.2g}"
    next_data = {"next": beaten.hypothesis.name(), "lead": beaten.lead, "chance": chance}
    return Finding("geo.datum_found", "note", {**data, **next_data})


def _labels(hypotheses: Sequence[Hypothesis]) -> list[str]:
    """Names of tied hypotheses, with what they were held against where that differs."""
    several = len({(h.against_crs, h.against_swapped) for h in hypotheses}) > 1
    return [h.name() + (f" / {h.against_name()}" if several and h.against_crs else "") for h in hypotheses]
