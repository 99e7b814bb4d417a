"""Made-up seasons with a known truth: screening by two city panels, and a final. For tests and `./run bench judging`.

All numbers are points of 100. The shapes are those of a real contest: 40 + 40 entries before 5 + 5 judges, then 8 + 12
finalists before 3 + 6 judges.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from dataferry.judging import Score
from dataferry.judging.mixed_model import Design, fit

Floats = NDArray[np.float64]
PLACES = 20
HK, SH = 0, 1
CITIES = ("HK", "SH")


@dataclass(frozen=True)
class Season:
    """Who scored what, what they gave, and how good the entries really are."""

    design: Design
    values: Floats
    truth: Floats

    @property
    def division(self) -> NDArray[np.intp]:
        return self.design.division

    def scores(self) -> list[Score]:
        """The season as signed sheets with totals only."""
        design = self.design
        return [
            Score(
                f"e{entry:03}",
                f"j{judge:02}",
                CITIES[design.panel[judge]],
                CITIES[design.division[entry]],
                {},
                Decimal(repr(round(float(value), 6))),
            )
            for entry, judge, value in zip(design.entry, design.judge, self.values, strict=True)
        ]


def screening(seed: int, *, strictness: float, gap: float, anchors: int, per_city: int = 40, judges: int = 5) -> Season:
    """Three judges of an entry's own city score it; anchors (half of each city) are scored by everybody.

    Args:
        strictness: standard deviations of quality by which the Hong Kong panel is more generous.
        gap: standard deviations by which Hong Kong entries are truly better.
    """
    random = np.random.default_rng([seed, anchors, int(100 * strictness), int(100 * gap)])
    division, panel = np.repeat([HK, SH], per_city), np.repeat([HK, SH], judges)
    truth = random.normal(size=2 * per_city) + gap * (division == HK)
    pairs = []
    for city in (HK, SH):
        for number in range(per_city):
            # Neighbours on a ring: loads are equal and every judge meets every colleague.
            seen = [(number + step * (1 + number // judges % 2)) % judges for step in range(3)]
            own = [city * judges + judge for judge in seen]
            everyone = range(2 * judges)
            pairs += [(city * per_city + number, judge) for judge in (everyone if number < anchors // 2 else own)]
    entry, judge = np.array(pairs, dtype=np.intp).T
    offset = random.normal(scale=0.6, size=2 * judges) + strictness * (panel == HK)
    scale = random.uniform(0.7, 1.3, size=2 * judges)
    seen = scale[judge] * truth[entry] + offset[judge] + random.normal(scale=0.7, size=entry.size)
    return Season(Design(entry, judge, division, panel), np.clip(np.round(60 + 10 * seen), 0, 100), truth)


def final(seed: int, *, panels: tuple[int, int] = (3, 6), home_bias: float = 8, recusals: int = 12) -> Season:
    """Twenty finalists before all judges; judges add `home_bias` to their own city's; some cells are missing."""
    random = np.random.default_rng([seed, *panels, int(home_bias), recusals])
    division, panel = np.repeat([HK, SH], (8, 12)), np.repeat([HK, SH], panels)
    truth = random.normal(70, 8, size=20)
    entry, judge = (part.ravel() for part in np.indices((20, panel.size)))
    offset = random.normal(scale=6, size=panel.size)
    values = truth[entry] + offset[judge] + random.normal(scale=5, size=entry.size)
    values += home_bias * (division[entry] == panel[judge])
    keep = np.ones(entry.size, dtype=bool)
    for cell in random.permutation(entry.size):
        if keep.sum() == entry.size - recusals:
            break
        panel_left = keep & (entry == entry[cell]) & (panel[judge] == panel[judge[cell]])
        # The round does not open with fewer than two judges of a city for an entry.
        keep[cell] = panel_left.sum() <= min(2, np.sum(panel == panel[judge[cell]]))
    design = Design(entry[keep], judge[keep], division, panel)
    return Season(design, values[keep], truth)


def raw_means(season: Season) -> Floats:
    design = season.design
    return np.bincount(design.entry, weights=season.values) / np.bincount(design.entry)


def z_scores(season: Season) -> Floats:
    """Mean of scores standardised judge by judge."""
    design, values = season.design, season.values
    counts = np.bincount(design.judge)
    centre = np.bincount(design.judge, weights=values) / counts
    left = values - centre[design.judge]
    width = np.sqrt(np.bincount(design.judge, weights=left**2) / (counts - 1))
    return np.bincount(design.entry, weights=left / width[design.judge]) / np.bincount(design.entry)


def calibrated(season: Season) -> Floats:
    """The product's own fit."""
    return fit(season.design, season.values).scores


def shrunk_only(season: Season) -> Floats:
    """The same fit without fixed effects of city and panel."""
    design = season.design
    plain = Design(design.entry, design.judge, np.zeros_like(design.division), np.zeros_like(design.panel))
    return fit(plain, season.values).scores


def panel_means(season: Season, offsets: Floats | None = None) -> Floats:
    """Mean of the two panels' means, after taking off the judges' offsets."""
    design = season.design
    values = season.values if offsets is None else season.values - offsets[design.judge]
    means = []
    for city in (HK, SH):
        at = design.panel[design.judge] == city
        size = design.division.size
        means.append(
            np.bincount(design.entry[at], weights=values[at], minlength=size)
            / np.bincount(design.entry[at], minlength=size)
        )
    return np.mean(means, axis=0)


def calibrated_panel_means(season: Season) -> Floats:
    return panel_means(season, fit(season.design, season.values).judges)


def rank_sums(season: Season) -> Floats:
    """Borda: mean share of the judge's other entries that the judge put below."""
    design = season.design
    points = np.empty(season.values.size)
    for judge in range(design.panel.size):
        at = np.flatnonzero(design.judge == judge)
        below = season.values[at][:, None] > season.values[at][None, :]
        points[at] = below.sum(axis=1) / max(at.size - 1, 1)
    return np.bincount(design.entry, weights=points) / np.bincount(design.entry)


def hong_kong_places(season: Season, figures: Floats) -> int:
    """Hong Kong entries among the first twenty, less those that truly belong there."""

    def among(values: Floats) -> int:
        return int(np.sum(season.division[np.argsort(-values, kind="stable")[:PLACES]] == HK))

    return among(figures) - among(season.truth)


def best_wins(season: Season, figures: Floats) -> bool:
    return bool(np.argmax(figures) == np.argmax(season.truth))


def hong_kong_shift(season: Season, figures: Floats) -> int:
    """1 where Hong Kong wins the Grand Award without deserving it, -1 the other way round."""
    return int(season.division[np.argmax(figures)] == HK) - int(season.division[np.argmax(season.truth)] == HK)
