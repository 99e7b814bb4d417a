"""Keeps the promise that totals are exact, and that a rubric with an unknown or odd weight opens no round."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.judging import Criterion, Rubric
from dataferry.messages import InputError

from .sheets import RUBRIC


def criterion(**changed: object) -> Criterion:
    given = {"code": "a", "weight": Decimal(100), "highest": Decimal(10), **changed}
    return Criterion(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        ([], "rubric_empty"),
        ([criterion(weight=None)], "weight_unknown"),
        ([criterion(weight=Decimal(99))], "weights_not_100"),
        ([criterion(weight=Decimal(-1))], "weight_negative"),
        ([criterion(), criterion(weight=Decimal(0))], "criterion_twice"),
        ([criterion(lowest=Decimal(10))], "scale_empty"),
        ([criterion(step=Decimal(3))], "scale_step"),
        ([criterion(step=Decimal(0))], "scale_step"),
        ([criterion(floor=Decimal(60))], "floor_outside"),
        ([criterion(highest=Decimal("1e999999999"))], "criterion_unreadable"),
        ([criterion(step=Decimal("1e-999999999"))], "criterion_unreadable"),
        ([criterion(highest=Decimal("NaN"))], "criterion_unreadable"),
    ],
)
def test_a_rubric_that_may_not_open_says_why(criteria: list[Criterion], code: str) -> None:
    rubric = Rubric(tuple(criteria))
    assert [finding.code for finding in rubric.findings()] == ["judging." + code]
    assert all(finding.severity == "blocked" for finding in rubric.findings())
    with pytest.raises(InputError, match="cannot be used yet"):
        rubric.total({"a": Decimal(5)})


def test_a_bonus_stands_inside_the_hundred_or_on_top() -> None:
    parts = [criterion(code="a", weight=Decimal(90)), criterion(code="b", weight=Decimal(10), bonus=True)]
    assert Rubric(tuple(parts)).findings() == ()
    on_top = Rubric((criterion(), criterion(code="b", weight=Decimal(5), bonus=True)))
    assert on_top.findings() == ()
    assert on_top.total({"a": Decimal(10), "b": Decimal(10)}) == 105
    assert on_top.total({"a": Decimal(10)}) == 100


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"idea": "11", "use": "1"}, "value_outside"),
        ({"idea": "-1", "use": "1"}, "value_outside"),
        ({"idea": "NaN", "use": "1"}, "value_outside"),
        ({"idea": "Infinity", "use": "1"}, "value_outside"),
        ({"idea": "7.5", "use": "1"}, "value_off_step"),
        ({"idea": "1e-999999999", "use": "1"}, "value_off_step"),
        ({"idea": "7"}, "value_missing"),
        ({"idea": "7", "use": "1", "beauty": "9"}, "value_unknown"),
    ],
)
def test_a_faulty_sheet_is_never_counted(values: dict[str, str], code: str) -> None:
    read = RUBRIC.read(values)
    assert [finding.code for finding in RUBRIC.check(read)] == ["judging." + code]
    with pytest.raises(InputError) as error:
        RUBRIC.total(read)
    assert error.value.data["code"] == "judging." + code


def test_a_draft_may_have_gaps_and_what_is_no_number_is_refused() -> None:
    assert RUBRIC.read({"idea": " 7 ", "use": "", "other": None}) == {"idea": Decimal(7)}
    assert RUBRIC.check({"idea": Decimal(7)}, complete=False) == ()
    for text in ("seven", "7,5", 7.5, True):
        with pytest.raises(InputError, match="not a number"):
            RUBRIC.read({"idea": text})


def test_totals_are_exact_and_only_endless_ones_are_rounded() -> None:
    values = {"idea": Decimal(7), "use": Decimal("0.5")}
    assert RUBRIC.total(values) == Decimal(44)
    thirds = Rubric((criterion(highest=Decimal(3)),))
    assert thirds.exact({"a": Decimal(1)}) == Fraction(100, 3)
    assert thirds.total({"a": Decimal(1)}) == Decimal("33.333333")
    stars = Rubric((criterion(lowest=Decimal(1), highest=Decimal(5)),))
    assert [stars.total({"a": Decimal(n)}) for n in (1, 3, 5)] == [0, 50, 100]


@given(st.integers(0, 10), st.integers(0, 20), st.integers(0, 10), st.integers(0, 20))
def test_a_higher_value_never_lowers_the_total(idea: int, use: int, more: int, further: int) -> None:
    low = {"idea": Decimal(min(idea, more)), "use": Decimal(min(use, further)) / 2}
    high = {"idea": Decimal(max(idea, more)), "use": Decimal(max(use, further)) / 2}
    assert 0 <= RUBRIC.total(low) <= RUBRIC.total(high) <= 100


def test_floors_and_documents() -> None:
    assert RUBRIC.below_floor({"idea": Decimal("5.99"), "use": Decimal(0)}) == ("idea",)
    assert RUBRIC.below_floor({"idea": Decimal(6)}) == ()
    assert Rubric.from_document(RUBRIC.document()) == RUBRIC
    unknown = Rubric((criterion(weight=None),))
    assert Rubric.from_document(unknown.document()) == unknown
