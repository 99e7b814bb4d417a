"""Keeps the promises on fairness between two cities: the figures of the measured tables, over many made-up seasons."""

import numpy as np
import pytest

from dataferry.judging import Method, rank
from dataferry.messages import RefusedError

from . import seasons


def test_anchors_let_the_calibrated_ranking_see_through_a_kind_panel_and_a_true_gap() -> None:
    """One panel a standard deviation kinder, its city 0.8 better, eight anchors: places won beyond the truth."""
    bias = {seasons.raw_means: 0.0, seasons.z_scores: 0.0, seasons.calibrated: 0.0}
    count = 200
    for seed in range(count):
        season = seasons.screening(seed, strictness=1, gap=0.8, anchors=8)
        for method in bias:
            bias[method] += seasons.hong_kong_places(season, method(season)) / count
    assert abs(bias[seasons.calibrated]) <= 1
    assert bias[seasons.raw_means] > 2
    assert bias[seasons.z_scores] < -2


def test_equal_panels_keep_the_grand_award_fair_where_one_city_sends_twice_the_judges() -> None:
    """Three judges against six, a home bias of eight points, twelve recusals: the shift of a city's chance to win."""
    shift, plain, count = 0.0, 0.0, 600
    for seed in range(count):
        season = seasons.final(seed, panels=(3, 6), home_bias=8, recusals=12)
        shift += seasons.hong_kong_shift(season, seasons.calibrated_panel_means(season)) / count
        plain += seasons.hong_kong_shift(season, seasons.raw_means(season)) / count
    assert abs(shift) < 0.05
    assert plain < -0.10


BULK = {
    Method.RAW_MEAN: seasons.raw_means,
    Method.CALIBRATED: seasons.calibrated,
    Method.PANEL_MEANS: seasons.panel_means,
    Method.CALIBRATED_PANEL_MEANS: seasons.calibrated_panel_means,
}


@pytest.mark.parametrize("method", BULK)
def test_what_the_seasons_compute_in_bulk_is_what_rank_says(method: Method) -> None:
    season = seasons.final(7)
    ranking = rank(season.scores(), None, method=method, joint=True)
    said = np.array([float(place.score) for place in sorted(ranking.places, key=lambda place: place.entry)])
    np.testing.assert_allclose(said, BULK[method](season), atol=2e-6)


def test_z_scores_in_bulk_order_entries_as_rank_does() -> None:
    season = seasons.screening(7, strictness=1, gap=0.8, anchors=8)
    ranking = rank(season.scores(), None, method="z-score", joint=True)
    said = np.array([float(place.score) for place in sorted(ranking.places, key=lambda place: place.entry)])
    assert np.corrcoef(said, seasons.z_scores(season))[0, 1] > 1 - 1e-9


def test_without_anchors_no_joint_ranking_but_one_for_each_division() -> None:
    scores = seasons.screening(1, strictness=1, gap=0, anchors=0).scores()
    for method in Method:
        with pytest.raises(RefusedError) as refused:
            rank(scores, None, method=method, joint=True)
        assert refused.value.code == "judging.panels_not_linked"
        assert refused.value.data["panels"] == ["HK", "SH"]
        ranking = rank(scores, None, method=method)
        for city in seasons.CITIES:
            assert ranking.of(city)[0].place == 1
            assert len(ranking.of(city)) == 40
