"""Keeps the promise that ties are broken by the declared chain, never by row order, and that nobody decides unsaid."""

import pytest

from dataferry.judging import Ballot, ChairDecision, Decisions, Method, Score, TieRule, rank
from dataferry.messages import InputError

from .sheets import RUBRIC, sheet, totals

# d has the same total (60 idea, 40 use) as the others by a better idea: 6 points more there are 6 fewer in use.
TIED = [
    *[sheet(entry, judge, 6, 9) for entry in "abc" for judge in ("j1", "j2")],
    *[sheet("d", judge, 8, 6) for judge in ("j1", "j2")],
    sheet("e", "j1", 10, 10),
    sheet("e", "j2", 1, 1),
]
CHAIN = ["criterion:idea", "pairwise", "chair"]


def places(scores: list[Score], **kwargs: object) -> list[tuple[str, int, str | None]]:
    ranking = rank(scores, RUBRIC, method="raw-mean", **kwargs)  # type: ignore[arg-type]
    return [(place.entry, place.place, place.decided_by) for place in ranking.places]


def test_the_chain_link_by_link() -> None:
    assert places(TIED) == [("a", 1, None), ("b", 1, None), ("c", 1, None), ("d", 1, None), ("e", 5, None)]
    by_idea = "criterion:idea"
    assert places(TIED, ties=CHAIN) == [
        ("d", 1, by_idea),
        ("a", 2, by_idea),
        ("b", 2, by_idea),
        ("c", 2, by_idea),
        ("e", 5, None),
    ]
    ballots = (Ballot("j1", "c", "a"), Ballot("j1", "c", "b"), Ballot("j1", "a", "b"), Ballot("j2", "b", "a"))
    voted = Decisions(ballots)
    assert places(TIED, ties=CHAIN, decisions=voted)[1:4] == [
        ("c", 2, "pairwise"),
        ("a", 3, "pairwise"),
        ("b", 3, "pairwise"),
    ]
    decided = Decisions(ballots, (ChairDecision(("b", "a"), "b answered the question of the jury"),))
    assert places(TIED, ties=CHAIN, decisions=decided)[1:4] == [
        ("c", 2, "pairwise"),
        ("b", 3, "chair"),
        ("a", 4, "chair"),
    ]
    assert places(TIED[::-1], ties=CHAIN, decisions=decided) == places(TIED, ties=CHAIN, decisions=decided)


def test_ballots_that_do_not_reach_every_tied_entry_decide_nothing() -> None:
    ranking = rank(TIED, RUBRIC, method="raw-mean", ties=CHAIN, decisions=Decisions((Ballot("j1", "c", "a"),)))
    assert [finding.code for finding in ranking.findings] == [
        "judging.tie_ballots_not_linked",
        "judging.tie_unresolved",
    ]
    assert ranking.unresolved == (("a", "b", "c"),)


def test_the_chair_decides_on_all_of_the_tied_or_on_none() -> None:
    partly = Decisions(chair=(ChairDecision(("a", "b"), "heard again"),))
    assert [place for _, place, _ in places(TIED, ties=["chair"], decisions=partly)] == [1, 1, 1, 1, 5]
    wholly = Decisions(chair=(ChairDecision(("x", "c", "a", "d", "b"), "heard again"),))
    assert [entry for entry, _, _ in places(TIED, ties=["chair"], decisions=wholly)] == list("cadbe")
    against = Decisions(chair=(*wholly.chair, ChairDecision(("a", "b", "c", "d"), "on second thoughts")))
    with pytest.raises(InputError) as error:
        places(TIED, ties=["chair"], decisions=against)
    assert error.value.code == "judging.chair_decided_twice"


def test_the_chair_has_no_say_where_the_score_decides() -> None:
    scores = totals({"a": [70, 70], "b": [70, "69.999999"]})
    decisions = Decisions(chair=(ChairDecision(("b", "a"), "because"),))
    ranking = rank(scores, None, method="raw-mean", ties=["chair"], decisions=decisions)
    assert [(place.entry, place.decided_by) for place in ranking.places] == [("a", None), ("b", None)]


def test_a_criterion_is_averaged_like_the_total() -> None:
    """Means of panels: the single judge of one panel weighs as much as three of the other, for the criterion too."""
    scores = [
        *[sheet("a", judge, 9, 6) for judge in ("j1", "j2", "j3")],
        sheet("a", "k1", 5, 6, panel="SH"),
        *[sheet("b", judge, 7, 6) for judge in ("j1", "j2", "j3")],
        sheet("b", "k1", 7, 6, panel="SH"),
    ]
    by_panels = rank(scores, RUBRIC, method=Method.PANEL_MEANS, ties=["criterion:idea"])
    assert by_panels.unresolved == (("a", "b"),)
    assert rank(scores, RUBRIC, method="raw-mean").places[0].entry == "a"


def test_rules_are_read_strictly() -> None:
    assert [str(TieRule.parse(text)) for text in CHAIN] == CHAIN
    for text in ("criterion:", "criterion", "coin", "chair:me", "Pairwise"):
        with pytest.raises(InputError, match="not a rule for ties"):
            TieRule.parse(text)
    with pytest.raises(InputError, match="criterion:beauty"):
        places(TIED, ties=["criterion:beauty"])
    for order, reason, code in ((("a", "b"), "  ", "chair_without_reason"), (("a", "a"), "x", "chair_names_twice")):
        with pytest.raises(InputError) as error:
            ChairDecision(order, reason)
        assert error.value.code == "judging." + code


def test_totals_alone_cannot_be_told_apart_by_a_criterion() -> None:
    ranking = rank(totals({"a": [70], "b": [70]}), None, method="raw-mean", ties=["criterion:idea"])
    assert [f.code for f in ranking.findings][-2:] == ["judging.tie_criterion_missing", "judging.tie_unresolved"]
