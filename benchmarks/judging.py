"""Fairness of the judging methods over made-up seasons, measured beside expected, and what a fit costs."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.stats import kendalltau
from tests.judging import seasons
from tests.judging.seasons import Floats, Season

from benchmarks._judging_assignment import assignment
from dataferry.judging import Method, rank
from dataferry.judging.mixed_model import Design, fit

DESCRIPTION = (
    "two cities over made-up seasons, measured (expected). screening: strictness, gap, anchors: tau, places above the "
    "truth; promised: calibrated within 1 with 8 anchors. final: judges, home bias, recusals: best wins, shift of one "
    "city; promised: within 0.05. cost: a fit at 1x, 10x, 100x, and beside statsmodels. assignment: seconds, limits"
)
SEASONS = {"small": 40, "full": 200}
FINALS = {"small": 200, "full": 1000}
Figure = Callable[[Season], Floats]

SCREENING: Mapping[str, Figure] = {
    "raw": seasons.raw_means,
    "z": seasons.z_scores,
    "shrunk": seasons.shrunk_only,
    "calibrated": seasons.calibrated,
}
# Strictness, gap, anchors: Kendall's tau with the truth, and Hong Kong places among 20 less the truth.
SCREENING_EXPECTED: Mapping[tuple[float, float, int], tuple[tuple[float, float], ...]] = {
    (0, 0, 0): ((0.71, 0.2), (0.73, -0.2), (0.74, -0.1)),
    (1, 0, 0): ((0.62, 5.1), (0.73, 0.0), (0.73, 1.6)),
    (1, 0, 4): ((0.62, 5.1), (0.75, 0.0), (0.75, 0.8), (0.75, -0.4)),
    (0, 0.8, 0): ((0.72, -0.7), (0.64, -4.8), (0.70, -3.4)),
    (0, 0.8, 4): ((0.73, -0.6), (0.68, -3.8), (0.75, -1.8), (0.77, 0.3)),
    (1, 0.8, 8): ((0.70, 3.0), (0.71, -3.3), (0.77, -0.8), (0.77, 0.1)),
    (1, 0.8, 16): ((0.71, 2.9), (0.75, -2.0), (0.79, -0.3), (0.79, 0.3)),
}
FINAL: Mapping[str, Figure] = {
    "judge_means": seasons.raw_means,
    "panel_means": seasons.panel_means,
    "rank_sums": seasons.rank_sums,
    "calibrated": seasons.calibrated,
    "calibrated_panel_means": seasons.calibrated_panel_means,
}
# Judges of each city, home bias, recusals: chance that the best wins, shift of Hong Kong's chance; None: not measured.
FINAL_EXPECTED: Mapping[tuple[tuple[int, int], int, int], Mapping[str, tuple[float, float]]] = {
    ((4, 4), 0, 0): {"judge_means": (0.812, 0.0), "panel_means": (0.812, 0.0)},
    ((3, 6), 4, 0): {"judge_means": (0.789, -0.066), "panel_means": (0.791, -0.007), "rank_sums": (0.766, -0.071)},
    ((3, 6), 8, 0): {"judge_means": (0.739, -0.156), "panel_means": (0.771, -0.002), "rank_sums": (0.697, -0.185)},
    ((3, 6), 0, 12): {"judge_means": (0.775, 0.0), "panel_means": (0.738, -0.009), "calibrated": (0.782, 0.0)},
    ((3, 6), 8, 12): {
        "judge_means": (0.731, -0.147),
        "panel_means": (0.761, -0.009),
        "rank_sums": (0.682, -0.182),
        "calibrated": (0.728, -0.152),
        "calibrated_panel_means": (0.770, -0.009),
    },
    ((3, 6), 4, 12): {
        "judge_means": (0.783, -0.083),
        "panel_means": (0.785, -0.014),
        "rank_sums": (0.750, -0.097),
        "calibrated_panel_means": (0.791, -0.018),
    },
}
SIZES = {"1x": (120, 6), "10x": (1_200, 60), "100x": (12_000, 600)}


def screening(count: int) -> dict[str, Any]:
    """Table of tau and bias by strictness, gap, anchors; without anchors the product refuses the joint ranking."""
    table: dict[str, Any] = {}
    for (strictness, gap, anchors), expected in SCREENING_EXPECTED.items():
        methods = dict(list(SCREENING.items())[: len(expected)])
        bias, agree = dict.fromkeys(methods, 0.0), dict.fromkeys(methods, 0.0)
        for seed in range(count):
            season = seasons.screening(seed, strictness=strictness, gap=gap, anchors=anchors)
            for name, figures in methods.items():
                figure = figures(season)
                bias[name] += seasons.hong_kong_places(season, figure) / count
                agree[name] += float(kendalltau(figure, season.truth).statistic) / count
        for name, (tau, shift) in zip(methods, expected, strict=True):
            text = f"{agree[name]:.2f}, {bias[name]:+.1f} ({tau:.2f}, {shift:+.1f})"
            table[f"{strictness}, {gap}, {anchors} {name}"] = text
        if not anchors:
            table[f"{strictness}, {gap}, {anchors} calibrated"] = "refused"
        if (strictness, gap, anchors) == (1, 0.8, 8):
            table["promise_kept"] = abs(bias["calibrated"]) <= 1 and bias["raw"] > 2 and bias["z"] < -2
    return table


def final(count: int) -> dict[str, Any]:
    """Grand Award by judges, home bias and recusals: chance that the best wins, shift of Hong Kong's chance."""
    table: dict[str, Any] = {}
    for (panels, bias, recusals), expected in FINAL_EXPECTED.items():
        won, shift = dict.fromkeys(FINAL, 0.0), dict.fromkeys(FINAL, 0.0)
        for seed in range(count):
            season = seasons.final(seed, panels=panels, home_bias=bias, recusals=recusals)
            for name, figures in FINAL.items():
                figure = figures(season)
                won[name] += seasons.best_wins(season, figure) / count
                shift[name] += seasons.hong_kong_shift(season, figure) / count
        for name in FINAL:
            beside = " ({:.3f}, {:+.3f})".format(*expected[name]) if name in expected else ""
            table[f"{panels[0]}+{panels[1]}, {bias}, {recusals} {name}"] = (
                f"{won[name]:.3f}, {shift[name]:+.3f}{beside}"
            )
        if (bias, recusals) == (8, 12):
            table["promise_kept"] = abs(shift["calibrated_panel_means"]) < 0.05 and shift["judge_means"] < -0.10
    return table


def table_of(entries: int, judges: int, each: int = 4) -> tuple[Design, Floats]:
    """Scores of one round of this size, two panels linked by eight anchors."""
    random = np.random.default_rng(entries)
    division, panel = np.arange(entries) % 2, np.arange(judges) % 2
    pairs = []
    for number in range(entries):
        own = random.permutation(np.flatnonzero(panel == division[number]))[:each]
        linking = random.permutation(judges)[:6]
        pairs += [(number, judge) for judge in (linking if number < 8 else own)]
    entry, judge = np.array(pairs, dtype=np.intp).T
    quality, offset = random.normal(70, 8, entries), random.normal(0, 6, judges)
    return Design(entry, judge, division, panel), quality[entry] + offset[judge] + random.normal(0, 5, entry.size)


def seconds(work: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def cost(scale: str) -> dict[str, Any]:
    """A fit from its table at three sizes, as multiples of the smallest; a whole ranking; a peer."""
    times = {}
    for name, size in list(SIZES.items())[: 3 if scale == "full" else 2]:
        design, values = table_of(*size)

        def once(design: Design = design, values: Floats = values) -> object:
            return fit(Design(design.entry, design.judge, design.division, design.panel), values)

        times[name] = seconds(once)
    design, values = table_of(*SIZES["10x"])
    scores = Season(design, np.round(values, 1), values).scores()
    whole = seconds(lambda: rank(scores, None, method=Method.CALIBRATED, joint=True), 1)
    final = seasons.final(1)
    return {
        "fit_times_1x": {name: spent / times["1x"] for name, spent in times.items()},
        "entries_and_judges": {name: "{:,} x {}".format(*SIZES[name]) for name in times},
        "ranking_with_intervals_times_fit_at_10x": whole / times["10x"],
        "statsmodels_times_ours_on_a_final": peer_seconds(final) / seconds(lambda: fit(final.design, final.values)),
    }


def peer_seconds(season: Season) -> float:
    import pandas as pd
    import statsmodels.formula.api as formulas

    design = season.design
    columns = {"score": season.values, "entry": design.entry, "judge": design.judge, "one": 1}
    frame = pd.DataFrame({**columns, "d": design.division[design.entry], "p": design.panel[design.judge]})
    parts = {"entry": "0 + C(entry)", "judge": "0 + C(judge)"}

    def once() -> object:
        return formulas.mixedlm("score ~ C(d) + C(p)", frame, groups="one", vc_formula=parts).fit()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return seconds(once)


def run(scale: str) -> dict[str, Any]:
    """Measured (expected) figures of both tables, and ratios of cost."""
    return {
        "seasons": SEASONS[scale],
        "screening": screening(SEASONS[scale]),
        "finals": FINALS[scale],
        "final": final(FINALS[scale]),
        "cost": cost(scale),
        "assignment": assignment(scale),
    }
