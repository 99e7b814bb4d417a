"""Keeps the promise that a ranking follows from the scores alone: exact, in any row order, with every gap said."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.judging import Ballot, Method, Score, compare, judge_reports, pairwise, rank
from dataferry.messages import InputError, RefusedError

from .seasons import final, screening
from .sheets import RUBRIC, sheet, totals

FINAL = final(2).scores()
SCREENING = screening(2, strictness=1, gap=0.8, anchors=4).scores()


def codes(findings: object) -> list[str]:
    return [finding.code for finding in findings]  # type: ignore[attr-defined]


def test_a_mean_is_exact() -> None:
    scores = totals({"a": ["70.1", "70.2", "70.3"], "b": ["70.3", "70.2", "70.1"], "c": ["70", "70", "70.7"]})
    ranking = rank(scores, None, method="raw-mean")
    assert [(p.entry, p.place, p.score) for p in ranking.places] == [
        ("c", 1, Decimal("70.233333")),
        ("a", 2, Decimal("70.2")),
        ("b", 2, Decimal("70.2")),
    ]
    assert ranking.unresolved == (("a", "b"),)
    assert codes(ranking.findings) == ["judging.tie_unresolved"]
    assert ranking.state == "attention"


def test_totals_that_never_end_are_compared_as_fractions() -> None:
    """20/3 + 40/3 is 20 exactly, though each rounded total is not."""
    thirds = RUBRIC.from_document([{"code": "x", "weight": "100", "highest": "3"}])
    rows = {"a": (1, 1, 1), "b": (0, 1, 2)}
    scores = [
        Score(entry, f"j{n}", "HK", "HK", {"x": Decimal(v)}, thirds.total({"x": Decimal(v)}))
        for entry, values in rows.items()
        for n, v in enumerate(values)
    ]
    assert rank(scores, thirds, method="raw-mean").unresolved == (("a", "b"),)


@settings(max_examples=15)
@given(
    st.sampled_from([FINAL, SCREENING]),
    st.sampled_from(list(Method)),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_any_order_of_the_rows_gives_the_same_bytes(
    scores: list[Score], method: Method, joint: bool, random: object
) -> None:
    shuffled = scores.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def said(rows: list[Score]) -> str:
        try:
            return json.dumps(rank(rows, None, method=method, joint=joint, ties=["chair"]).document())
        except RefusedError as error:
            return json.dumps(error.to_json())

    assert said(shuffled) == said(scores)


def test_any_order_gives_the_same_comparison_reports_and_pairwise_round() -> None:
    back = FINAL[::-1]
    assert json.dumps(compare(FINAL, None, line=[1, 4], joint=True).document()) == json.dumps(
        compare(back, None, line=[4, 1], joint=True).document()
    )
    assert [r.document() for r in judge_reports(FINAL)] == [r.document() for r in judge_reports(back)]
    ballots = [Ballot(f"j{n}", *pair) for n in range(3) for pair in (("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"))]
    assert pairwise(ballots).document() == pairwise(ballots[::-1]).document()


@pytest.mark.parametrize("method", Method)
def test_an_exact_tie_stays_a_tie_under_every_method(method: Method) -> None:
    """Two entries with the same scores of the same judges: a fit must not tell them apart by rounding."""
    scores = [score for score in FINAL if score.entry != "e001"]
    scores += [Score("e001", s.judge, s.panel, s.division, {}, s.total) for s in FINAL if s.entry == "e000"]
    ranking = rank(scores, None, method=method, joint=True)
    assert ("e000", "e001") in ranking.unresolved


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(
    "scores",
    [
        totals({"a": [70]}),
        totals({"a": [70, 80, 90]}),
        totals({"a": [70], "b": [80], "c": [80]}),
        totals({"a": [70, 70], "b": [70, 70]}),
        totals({"a": [70, None], "b": [None, 80]}),
        totals({"a": [70, 60], "b": [70, 61], "c": [70, None], "d": [70, 63]}),
        totals({"a": [0, 100], "b": [100, 0]}) + totals({"a": [50]}, panel="SH") + totals({"b": [50]}, panel="SH"),
        totals({"a": [70, 71]}) + totals({"a": [60]}, panel="SH") + totals({"z": [60]}, panel="SH", division="SH"),
    ],
    ids=["one-score", "one-entry", "one-judge", "flat", "unlinked-judges", "same-value-judge", "crossed", "odd"],
)
@pytest.mark.parametrize("joint", [True, False])
def test_thin_tables_give_numbers_or_a_reason(method: Method, scores: list[Score], joint: bool) -> None:
    try:
        ranking = rank(scores, None, method=method, joint=joint)
    except RefusedError as error:
        if error.code not in {"judging.panels_not_linked", "judging.panels_not_crossed"}:
            raise
        return
    assert '"NaN"' not in json.dumps(ranking.document(), allow_nan=False)
    placed = {place.entry for place in ranking.places}
    assert placed | set(ranking.unranked) == {score.entry for score in scores}
    assert all(place.place >= 1 for place in ranking.places)


CELLS = st.dictionaries(
    st.tuples(st.integers(0, 5), st.integers(0, 4)),
    st.sampled_from(["0", "50", "50.1", "99.9", "100"]),
    min_size=1,
    max_size=30,
)


@settings(max_examples=150)
@given(CELLS, st.sampled_from(list(Method)), st.booleans())
def test_any_table_gives_places_in_order_of_score_or_a_reason(
    cells: dict[tuple[int, int], str], method: Method, joint: bool
) -> None:
    scores = [
        Score(f"e{entry}", f"j{judge}", "HS"[judge % 2], "HS"[entry % 2], {}, Decimal(value))
        for (entry, judge), value in cells.items()
    ]
    try:
        ranking = rank(scores, None, method=method, joint=joint)
    except RefusedError:
        return
    json.dumps(ranking.document(), allow_nan=False)
    for city in ("",) if joint else ("H", "S"):
        places = ranking.places if joint else ranking.of(city)
        assert [p.score for p in places] == sorted((p.score for p in places), reverse=True)
        for place in places:
            assert place.place == 1 + sum(other.score > place.score for other in places)
            assert place.score.is_finite()
            if place.low is not None:
                assert place.rank_low <= place.rank_high <= len(places)
                assert place.low <= place.high


def test_an_entry_without_a_score_has_no_place_and_blocks() -> None:
    scores = totals({"a": [70, 71], "b": [60, 66]})
    ranking = rank(scores, None, method="raw-mean", entries={"a": "HK", "b": "HK", "c": "HK", "d": "SH"})
    assert ranking.unranked == ("c", "d")
    assert codes(ranking.findings) == ["judging.entry_without_score"] * 2
    assert ranking.state == "blocked"
    assert [place.entry for place in ranking.places] == ["a", "b"]
    assert ranking.place("b") == ranking.places[1]
    assert ranking.place("c") is None


def test_an_entry_that_lost_a_whole_panel_has_no_mean_of_panels() -> None:
    scores = totals({"a": [70, 71], "b": [60, 66], "c": [80, 90]})
    scores += totals({"a": [70, 75], "b": [62, 66], "c": [None, None]}, panel="SH")
    for method in (Method.PANEL_MEANS, Method.CALIBRATED_PANEL_MEANS):
        ranking = rank(scores, None, method=method)
        assert ranking.unranked == ("c",)
        assert ranking.findings[0].data == {"entry": "c", "panels": ["SH"]}
        assert ranking.state == "blocked"
    assert rank(scores, None, method="raw-mean").unranked == ()


def test_means_of_panels_are_refused_where_panels_saw_different_entries() -> None:
    with pytest.raises(RefusedError) as refused:
        rank(SCREENING, None, method="panel-means", joint=True)
    assert refused.value.code == "judging.panels_not_crossed"


def test_a_thin_link_between_panels_is_pointed_out() -> None:
    ranking = rank(screening(1, strictness=0, gap=0, anchors=2).scores(), None, method="raw-mean", joint=True)
    assert codes(ranking.findings)[0] == "judging.weak_link"
    assert ranking.findings[0].data["common"] == 2


def test_floors_are_missed_by_the_mean_of_the_judges() -> None:
    scores = [sheet("a", "j1", 5, 10), sheet("a", "j2", 7, 10), sheet("b", "j1", 5, 10), sheet("b", "j2", 6, 10)]
    ranking = rank(scores, RUBRIC, method="raw-mean")
    assert {place.entry: place.below_floor for place in ranking.places} == {"a": (), "b": ("idea",)}


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ([sheet("a", "j", 5, 5), sheet("a", "j", 6, 5)], "score_twice"),
        ([sheet("a", "j", 5, 5), sheet("b", "j", 6, 5, panel="SH")], "judge_in_two_panels"),
        ([sheet("a", "j", 5, 5), sheet("a", "k", 6, 5, division="SH")], "entry_in_two_divisions"),
        ([Score("a", "j", "HK", "HK", {"idea": Decimal(5), "use": Decimal(5)}, Decimal(51))], "total_differs"),
        ([Score("a", "j", "HK", "HK", {}, Decimal("NaN"))], "total_unreadable"),
        ([Score("a", "j", "HK", "HK", {}, Decimal("1e-99999999"))], "total_unreadable"),
        ([Score("a", "j", "HK", "HK", {"idea": Decimal(5)}, Decimal(30))], "sheet_faulty"),
    ],
)
def test_faulty_scores_are_refused_with_their_place(scores: list[Score], code: str) -> None:
    with pytest.raises(InputError) as error:
        rank(scores, RUBRIC, method="raw-mean")
    assert error.value.code == "judging." + code


def test_nothing_to_rank_is_an_empty_ranking() -> None:
    assert rank([], RUBRIC, method="calibrated").places == ()
    assert rank([], RUBRIC, method="calibrated", joint=True).document()["places"] == []
