"""Promise: conditions are a small language of their own, three-valued as Kleene's, and nothing in it is run."""

from __future__ import annotations

from itertools import product

import pytest

from dataferry.border.condition_text import Vocabulary, parse
from dataferry.border.conditions import Known, Members, Range, Truth

YES_NO = ("yes", "no")
WORDS = Vocabulary(
    {"a": YES_NO, "b": YES_NO, "place": ("here", "far-away")},
    {"kinds": ("x", "y")},
    frozenset({"n", "m"}),
    frozenset({"t"}),
)


def known(**values: object) -> Known:
    return Known(values, {"t": parse("a and not b", WORDS)}, {})


def truth(text: str, **values: object) -> Truth:
    return parse(text, WORDS).truth(known(**values))


@pytest.mark.parametrize(("a", "b"), list(product((True, False, None), repeat=2)))
def test_and_or_not_follow_kleene(a: Truth, b: Truth) -> None:
    values = {name: "yes" if value else "no" for name, value in (("a", a), ("b", b)) if value is not None}
    rank = {False: 0, None: 1, True: 2}
    back = {number: value for value, number in rank.items()}
    assert truth("a and b", **values) is back[min(rank[a], rank[b])]
    assert truth("a or b", **values) is back[max(rank[a], rank[b])]
    assert truth("not a", **values) is back[2 - rank[a]]
    assert truth("shown(a)", **values) is (a is True)
    assert truth("t", **values) is back[min(rank[a], 2 - rank[b])]


@pytest.mark.parametrize(
    ("text", "low", "high", "expected"),
    [
        ("n >= 10", 10, 10, True), ("n >= 10", 9, 9, False), ("n >= 10", 9, 10, None), ("n >= 10", 10, None, True),
        ("n < 10", 9, 9, True), ("n < 10", 10, 10, False), ("n < 10", 0, None, None), ("n < 10", 10, None, False),
        ("n > 10", 11, 11, True), ("n > 10", 10, 10, False), ("n <= 10", 10, 10, True), ("n <= 10", 11, 12, False),
        ("n = 10", 10, 10, True), ("n = 10", 11, None, False), ("n != 10", 11, 11, True), ("n = 10", 9, 11, None),
    ],
)  # fmt: skip
def test_a_number_known_in_part_decides_as_soon_as_it_can(
    text: str, low: int, high: int | None, expected: Truth
) -> None:
    assert truth(text, n=Range(low, high)) is expected


def test_facts_compare_with_facts_words_and_sets() -> None:
    assert truth("n > m", n=Range(5, 5), m=Range(4, 4)) is True
    assert truth("n > m", n=Range(0, 0)) is False, "no count is below zero"
    assert truth("n > m", n=Range(5, 5)) is None
    assert truth("place in (here, far-away)", place="far-away") is True
    assert truth("place != here", place="here") is False
    assert truth("kinds has x", kinds=Members(frozenset({"x"}), more=False)) is True
    assert truth("kinds has y", kinds=Members(frozenset({"x"}), more=False)) is False
    assert truth("kinds has y", kinds=Members(frozenset({"x"}), more=True)) is None
    assert truth("a or b and place = here", a="no", b="yes", place="here") is True


def test_what_is_missing_is_what_would_tell() -> None:
    assert parse("a and (b or place = here)", WORDS).missing(known(a="yes", b="no")) == {"place"}
    assert parse("a and b", WORDS).missing(known(a="no")) == frozenset()
    assert parse("not shown(a and b)", WORDS).missing(known(a="yes")) == {"b"}
    assert parse("n > m", WORDS).missing(known(n=Range(5, 5))) == {"m"}
    assert parse("t or a", WORDS).missing(known()) == {"a", "b"}


@pytest.mark.parametrize(
    "text",
    ["", "a and", "(a", "a)", "a b", "c", "place", "place = there", "place = here = here", "n", "n >= x", "n ~ 3",
     "kinds = x", "kinds has z", "n >= -1", "shown a", "place in here", "__import__('os')", "a; b", "not", "a == yes"],
)  # fmt: skip
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text, WORDS)
