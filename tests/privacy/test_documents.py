"""Promise: identity numbers of both cities are judged by arithmetic, as strangers' implementations judge them."""

import csv
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric as stdnum_ric
from stdnum.cn import uscc as stdnum_uscc

from dataferry.privacy.documents import PROVINCES, hkid, resident, uscc
from dataferry.privacy.texts import Texts

TESTS = {"hkid": hkid, "cnid": resident, "uscc": uscc}


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


def test_vectors_of_three_open_source_suites(real: Path) -> None:
    with (real / "identity-vectors" / "vectors.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in TESTS]
    assert len(rows) > 20
    for row in rows:
        assert passes(TESTS[row["kind"]], row["value"]) == [row["expected"].startswith("valid")], row


@pytest.mark.parametrize(
    "written",
    ["A123456(3)", "A1234563", "a123456 (3)", "Ａ１２３４５６（３）", " A-123456-3 "],
)
def test_an_identity_card_is_the_same_however_it_is_written(written: str) -> None:
    assert passes(hkid, written) == [True]


def test_every_wrong_check_digit_is_refused() -> None:
    assert passes(hkid, *(f"A123456({check})" for check in "012456789A")) == [False] * 10
    assert passes(resident, *(f"11010519491231002{check}" for check in "0123456789X")) == [False] * 10 + [True]
    good = "91110000600037341L"
    assert passes(uscc, good) == [True]
    assert not any(passes(uscc, *(good[:-1] + letter for letter in "0123456789ABCDEFGHJKMNPQRTUWXY")))


@given(
    region=st.sampled_from(PROVINCES[:31]).map(lambda province: f"{province}0105"),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2024, 1, 1)),
    serial=st.integers(0, 999),
)
@settings(max_examples=60)
def test_resident_numbers_have_the_check_digit_that_python_stdnum_gives(region, born, serial) -> None:
    body = f"{region}{born:%Y%m%d}{serial:03d}"
    good = body + stdnum_ric.calc_check_digit(body + "0")
    assert passes(resident, good, body + ("0" if good[-1] != "0" else "1")) == [True, False]


@pytest.mark.parametrize(
    "body", ["990105194912310", "110105194902300", "110105194913010", "110105189912310", "110005194912310"]
)
def test_no_such_region_or_day(body: str) -> None:
    wrong = f"{body}02"
    assert not any(passes(resident, *(wrong + check for check in "0123456789X")))


@given(st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
@settings(max_examples=60)
def test_credit_codes_have_the_check_letter_that_python_stdnum_gives(organisation: str) -> None:
    body = f"91310115{organisation}"
    good = body + stdnum_uscc.calc_check_digit(body)
    assert passes(uscc, good) == [True]
    assert stdnum_uscc.is_valid(good)


@given(st.lists(st.text(max_size=24), max_size=8))
@settings(max_examples=60)
def test_no_text_whatever_makes_a_rule_fail(values: list[str]) -> None:
    """python-stdnum's resident check raises on unknown counties; ours has an answer for everything."""
    for test in TESTS.values():
        assert len(passes(test, *values)) == len(values)
