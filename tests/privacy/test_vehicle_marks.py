"""Promise: plates of both sides and across the border, in either script, and vehicle identification numbers."""

import pyarrow as pa
import pytest

from dataferry.privacy.texts import Texts
from dataferry.privacy.vehicle_marks import cross_border, hong_kong, mainland, vin, vin_form


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


@pytest.mark.parametrize(
    "plate",
    [
        "沪A12345",
        "沪A·12345",
        "滬A 1234B",
        "沪AD12345",
        "沪A12345D",
        "粤B12345",
        "蘇E·1A2B3",
        "京A1234警",
        "沪Ａ１２３４５",
        "沪a12345",
    ],
)
def test_mainland_plates(plate: str) -> None:
    assert passes(mainland, plate) == [True]


@pytest.mark.parametrize(
    "other", ["A12345", "沪112345", "沪A1234", "沪A1234567", "沪I12345", "港A12345", "沪A1234O", "沪A"]
)
def test_no_mainland_plates(other: str) -> None:
    assert passes(mainland, other) == [False]


def test_plates_across_the_border_are_of_their_own_kind() -> None:
    both_ends = ("粤Z1234港", "粵Z·A12B澳")
    assert passes(cross_border, *both_ends, "粤A1234港", "粤Z12345", "沪Z1234港") == [True, True, False, False, False]
    assert passes(mainland, *both_ends) == [False, False]


def test_hong_kong_marks_have_no_i_o_q_and_no_leading_zero() -> None:
    assert (
        passes(hong_kong, "AB1234", "ab 1", "Z9", "IO12", "AB0123", "ABC12", "AB12345", "1234")
        == [True] * 3 + [False] * 5
    )


def test_vin_with_the_check_digit_of_the_published_example() -> None:
    assert passes(vin, "1M8GDM9AXKP042788", "1m8gdm9axkp042788", "1M8GDM9A1KP042788", "1M8GDM9AXKP04278") == [
        True, True, False, False,
    ]  # fmt: skip
    assert passes(vin, "11111111111111111") == [False], "digits alone are no vehicle"
    assert passes(vin_form, "WVWZZZ1JZXW000001", "WVWZZZ1JZXW00000I", "12345678901234567") == [True, False, False]
