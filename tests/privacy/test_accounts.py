"""Promise: bank cards by length, beginning and Luhn's digit; e-mail addresses as they are used."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn as stdnum_luhn

from dataferry.privacy.accounts import bank_card, email
from dataferry.privacy.texts import Texts


def passes(test, *values: str) -> list[bool]:
    return test(Texts(pa.array(values, pa.string()))).passed.tolist()


def test_cards_of_the_schemes_and_what_is_none() -> None:
    assert passes(bank_card, "4111 1111 1111 1111", "378282246310005", "5555-5555-5555-4444") == [True] * 3
    assert passes(bank_card, "4111111111111112", "9111111111111111", "41111111", "4111111111111111A") == [False] * 4


@given(st.from_regex(r"62[0-9]{16}", fullmatch=True))
@settings(max_examples=60)
def test_luhn_is_that_of_python_stdnum(body: str) -> None:
    digit = stdnum_luhn.calc_check_digit(body)
    assert passes(bank_card, body + digit, body + str((int(digit) + 1) % 10)) == [True, False]


def test_mailboxes() -> None:
    assert passes(email, "a.b+c@example.com", "A@B-C.COM.HK", " x@example.org ", "ｘ＠example.com") == [True] * 4
    assert (
        passes(email, "a@b", "a b@c.com", "@c.com", "a@-c.com", "a@c..com", "a@c.c0m", "www.example.com") == [False] * 7
    )
