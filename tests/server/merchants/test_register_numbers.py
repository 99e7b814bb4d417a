"""Promise: a social credit code is right exactly when GB 32100 says so, in agreement with the screening of tables."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.server.merchants.register_numbers import arithmetic, is_social_credit_code

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
BODIES = st.tuples(
    st.text(LETTERS, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(LETTERS, min_size=9, max_size=9),
).map("".join)


def test_the_code_of_a_real_company() -> None:
    """Bank of China's, as its reports print it."""
    assert is_social_credit_code("911000001000013428")
    assert not is_social_credit_code("911000001000013427")
    assert not is_social_credit_code("911000001000013428 ")
    assert arithmetic("hong-kong", "12345678") == "unknown"
    assert arithmetic("shanghai", "12345678") == "blocked"


@settings(max_examples=60)
@given(BODIES)
def test_exactly_one_check_character_is_right(body: str) -> None:
    right = [letter for letter in LETTERS if is_social_credit_code(body + letter)]
    assert len(right) == 1
    swapped = body[:8] + body[9] + body[8] + body[10:]
    assert body[8] == body[9] or not is_social_credit_code(swapped + right[0])
