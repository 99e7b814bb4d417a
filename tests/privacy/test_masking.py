"""Promise: an example tells what a value is and never whose."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.privacy.masking import masked


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("A123456(3)", "A1*****(*)"),
        ("陳大文", "陳**"),
        ("amy@example.com", "am*@*******.***"),
        ("X", "*"),
        ("", ""),
        ("Flat A, 12/F, 345 Nathan Road", "Fl** *, **/*, *** ******…"),
    ],
)
def test_masked(value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=2, max_size=40))
@settings(max_examples=60)
def test_of_letters_and_digits_at_most_two_are_shown_and_never_half(value: str) -> None:
    text = masked(value)
    shown = sum(a == b != "*" for a, b in zip(value, text, strict=False))
    assert shown <= 2
    assert shown <= max(1, len(value) // 4)
