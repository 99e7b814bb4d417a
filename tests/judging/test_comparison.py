"""Keeps the promise that all methods stand beside each other, with what each assumes and which places change."""

import pytest

from dataferry.judging import Method, compare
from dataferry.messages import LANGUAGES, RefusedError

from .seasons import final, screening
from .sheets import totals


def test_every_method_says_what_it_assumes_in_every_language() -> None:
    said = {method.assumption().text(language) for method in Method for language in LANGUAGES}
    assert len(said) == len(Method) * len(LANGUAGES)


def test_places_that_change_and_lines_that_are_crossed() -> None:
    """The panel of three likes a, the panel of one b: means of judges and of panels disagree on who wins."""
    scores = totals({"a": [80, 80, 80], "b": [76, 76, 76], "c": [10, 20, 15]})
    scores += totals({"a": [60], "b": [70], "c": [10]}, panel="SH")
    comparison = compare(scores, None, ["raw-mean", "panel-means"], line=1)
    assert comparison.chosen == "raw-mean"
    assert [(change.entry, dict(change.places)) for change in comparison.changes] == [
        ("a", {"raw-mean": 1, "panel-means": 2}),
        ("b", {"raw-mean": 2, "panel-means": 1}),
    ]
    assert all(change.crosses == ("panel-means",) for change in comparison.changes)


def test_an_award_line_inside_intervals_is_marked() -> None:
    scores = totals({"a": [90, 91, 92], "b": [80, 81, 80], "c": [80, 80, 81], "d": [40, 41, 42]})
    lines = {line.line: line for line in compare(scores, None, ["raw-mean"], line=[1, 2, 3]).lines}
    assert not lines[1].inside
    assert lines[2].inside
    assert lines[2].contested == ("b", "c")
    assert lines[2].tied == ("b", "c")
    assert not lines[3].inside


def test_lines_follow_the_quota_of_each_division() -> None:
    scores = screening(1, strictness=0, gap=0, anchors=4).scores()
    comparison = compare(scores, None, ["calibrated", "raw-mean"], line={"HK": 8, "SH": 12})
    assert {(line.group, line.line) for line in comparison.lines} == {("HK", 8), ("SH", 12)}
    joint = compare(scores, None, ["calibrated", "raw-mean"], line=20, joint=True)
    assert {(line.group, line.line) for line in joint.lines} == {("", 20)}


def test_a_method_that_does_not_fit_the_scores_is_shown_with_its_reason() -> None:
    scores = screening(1, strictness=0, gap=0, anchors=4).scores()
    comparison = compare(scores, None, joint=True, line=20)
    assert set(comparison.refused) == {"panel-means", "calibrated-panel-means"}
    document = comparison.document()["methods"]["panel-means"]
    assert document["ranking"] is None
    assert document["refused"]["code"] == "judging.panels_not_crossed"
    with pytest.raises(RefusedError):
        compare(scores, None, ["panel-means"], joint=True)


def test_methods_agree_where_everything_is_plain() -> None:
    scores = totals({"a": [90, 91], "b": [70, 71], "c": [50, 51]})
    assert compare(scores, None, line=1).changes == ()
    assert set(compare(scores, None, []).rankings) == set(Method)
    assert compare(final(1).scores(), None, joint=True).document()["lines"] == []
