"""Keeps the promise that calibration is the textbook's mixed model, and that its intervals hold what they say."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as formulas

from dataferry.judging import rank
from dataferry.judging.calibration import fit_group
from dataferry.judging.mixed_model import Design, fit
from dataferry.judging.scores import groups_of

from . import seasons


@pytest.mark.parametrize("season", [seasons.screening(3, strictness=1, gap=0.8, anchors=8), seasons.final(3)])
def test_the_fit_agrees_with_statsmodels(season: seasons.Season) -> None:
    design = season.design
    frame = pd.DataFrame(
        {
            "score": season.values,
            "entry": design.entry,
            "judge": design.judge,
            "division": design.division[design.entry],
            "panel": design.panel[design.judge],
            "one": 1,
        }
    )
    # Crossed effects in a library made for nested ones: a single group, everything a variance component.
    parts = {"entry": "0 + C(entry)", "judge": "0 + C(judge)"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = formulas.mixedlm("score ~ C(division) + C(panel)", frame, groups="one", vc_formula=parts).fit()
    ours = fit(design, season.values)
    assert ours.noise == pytest.approx(peer.scale, rel=0.03)
    assert [ours.entry_ratio * ours.noise, ours.judge_ratio * ours.noise] == pytest.approx(peer.vcomp, rel=0.05)
    np.testing.assert_allclose(ours.effects[: design.fixed], peer.fe_params, atol=0.1)
    effects = peer.random_effects[1].to_numpy()
    theirs = design.entry_rows @ peer.fe_params.to_numpy() + effects[: design.division.size]
    assert np.abs(ours.scores - theirs).max() < 0.15
    assert np.abs(ours.judges - effects[design.division.size :]).max() < 0.15


def test_variances_are_recovered() -> None:
    found = np.mean(
        [
            (s.entry_ratio * s.noise, s.judge_ratio * s.noise, s.noise)
            for season in (seasons.final(seed, home_bias=0) for seed in range(60))
            for s in [fit(season.design, season.values)]
        ],
        axis=0,
    )
    np.testing.assert_allclose(found, (64, 36, 25), rtol=0.2)


def test_the_scores_of_a_kind_and_a_strict_panel_come_together() -> None:
    """Ten points more from one panel move all calibrated scores alike, whoever that panel saw."""
    season = seasons.screening(5, strictness=0, gap=0, anchors=8)
    design = season.design
    kinder = season.values + 10 * (design.panel[design.judge] == seasons.HK)
    before, after = fit(design, season.values), fit(design, kinder)
    np.testing.assert_allclose(after.scores - before.scores, 5, atol=1e-6)
    assert after.panels[0] - before.panels[0] == pytest.approx(5)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    inside, inside_place, count = 0, 0, 0
    for seed in range(40):
        season = seasons.final(seed, home_bias=0)
        places = sorted(rank(season.scores(), None, method="calibrated", joint=True).places, key=lambda p: p.entry)
        middle = np.mean([float(place.score) for place in places]) - season.truth.mean()
        true_place = np.argsort(np.argsort(-season.truth)) + 1
        for place, truth, true in zip(places, season.truth, true_place, strict=True):
            inside += float(place.low) <= truth + middle <= float(place.high)
            inside_place += place.rank_low <= true <= place.rank_high
            count += 1
    assert 0.90 < inside / count < 0.99
    assert 0.90 < inside_place / count < 1


def test_a_perfect_table_and_a_flat_one_are_fitted_without_a_number_that_is_none() -> None:
    entry, judge = (part.ravel() for part in np.indices((6, 3)))
    design = Design(entry, judge, np.zeros(6, dtype=np.intp), np.zeros(3, dtype=np.intp))
    additive = 50 + 3.0 * entry + 2.0 * judge
    for values in (additive, np.full(entry.size, 70.0)):
        fitted = fit(design, values)
        assert np.isfinite(fitted.scores).all()
        assert np.isfinite(fitted.judges).all()
        assert fitted.noise == pytest.approx(0, abs=0.01)
    np.testing.assert_allclose(np.diff(fit(design, additive).scores), 3, atol=0.01)


def test_too_few_scores_are_said_so_and_get_no_interval() -> None:
    scores = [score for score in seasons.final(1, recusals=0).scores() if score.judge == "j00"]
    ranking = rank(scores, None, method="calibrated", joint=True)
    assert [finding.code for finding in ranking.findings] == ["judging.noise_not_estimable"]
    assert all(place.low is None and place.rank_high is None for place in ranking.places)
    order = [place.entry for place in ranking.of("HK")]
    assert order == [s.entry for s in sorted(scores, key=lambda s: -s.total) if s.division == "HK"]
    (group,) = groups_of(scores, None, None, joint=True)
    assert not fit_group(group).estimable
