"""Promise: a head counts once; exact below the limit, within the stated bound above it, the same bytes in any order."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.border import HeadCount, HeadSketch
from dataferry.border.heads import LIMIT
from dataferry.messages import InputError, UsageError

SALT = b"a salt of an exporter"
LITTLE = 64
IDS = st.lists(st.integers(0, 400).map(str), max_size=300)


def sketch(ids: list[str], limit: int = LITTLE) -> HeadSketch:
    made = HeadSketch(SALT, limit)
    made.add(ids)
    return made


@settings(max_examples=100, deadline=None)
@given(one=IDS, other=IDS, third=IDS)
def test_merging_is_adding_in_any_order(one: list[str], other: list[str], third: list[str]) -> None:
    whole = sketch(one + other + third).to_bytes()
    assert sketch(third).merge(sketch(one)).merge(sketch(other)).to_bytes() == whole
    assert sketch(one).merge(sketch(other).merge(sketch(third))).to_bytes() == whole
    assert sketch(one + other + third).merge(sketch(other)).to_bytes() == whole, "nobody is counted twice"
    found = sketch(one + other + third).count()
    true = len({*one, *other, *third})
    assert found.low <= found.best <= found.high
    assert found.exact == (true <= LITTLE)
    assert found == HeadCount(true, true, true, exact=True) or not found.exact


def test_exact_up_to_the_limit_and_one_more_is_an_estimate() -> None:
    ids = [f"person {number}" for number in range(LIMIT + 1)]
    found = sketch(ids[:-1], LIMIT)
    assert found.count() == HeadCount(LIMIT, LIMIT, LIMIT, exact=True)
    assert LIMIT > 10_000, "the threshold of sensitive people is counted exactly"
    found.add(ids[-1:])
    after = found.count()
    assert not after.exact
    assert after.low == LIMIT + 1 <= after.best <= after.high


def test_the_bound_holds_over_many_salts() -> None:
    people, limit, tries = 4_000, 256, 200
    ids = [number.to_bytes(4, "big") for number in range(people)]
    missed = close = 0
    for seed in range(tries):
        made = HeadSketch(seed.to_bytes(16, "big"), limit)
        made.add(ids)
        found = made.count()
        missed += not found.low <= people <= found.high
        close += abs(found.best - people) <= people * 2 / limit**0.5
    assert missed <= 2, "each end fails once in 2,000: more than 2 of 200 would happen once in a thousand runs"
    assert close >= tries * 0.9, "the standard error is one over the root of the limit"


def test_a_large_count_is_within_the_stated_share() -> None:
    made = HeadSketch(SALT)
    made.add(str(number) for number in range(120_000))
    found = made.count()
    assert found.low <= 120_000 <= found.high
    assert (found.high - found.low) / 120_000 < 0.055


def test_kept_and_read_again_it_goes_on() -> None:
    ids = [str(number) for number in range(500)]
    kept = sketch(ids[:300]).to_bytes()
    assert SALT not in kept
    again = HeadSketch.from_bytes(kept, SALT)
    again.add(ids)
    assert again.to_bytes() == sketch(ids).to_bytes()
    assert sketch(ids, 128).merge(sketch(ids, 64)).to_bytes() == sketch(ids, 64).to_bytes(), "the smaller limit holds"


def test_text_and_bytes_are_one_id() -> None:
    made = sketch(["張三"])
    made.add(["張三".encode()])
    assert made.count().best == 1
    assert sketch([]).count() == HeadCount(0, 0, 0, exact=True)


def test_another_salt_is_refused() -> None:
    kept = sketch(["a"]).to_bytes()
    with pytest.raises(InputError, match="another salt"):
        HeadSketch.from_bytes(kept, b"some other salt here")
    with pytest.raises(InputError, match="another salt"):
        sketch(["a"]).merge(HeadSketch(b"some other salt here"))


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 150), change=st.integers(1, 255), cut=st.integers(0, 150))
def test_damaged_bytes_are_refused(place: int, change: int, cut: int) -> None:
    kept = bytearray(sketch([str(number) for number in range(20)]).to_bytes())
    whole = bytes(kept)
    kept[place] ^= change
    for wrong in (bytes(kept), whole[:cut], whole + b"x"):
        with pytest.raises(InputError):
            HeadSketch.from_bytes(wrong, SALT)


@pytest.mark.parametrize("wrong", ["", b"", None, 7])
def test_an_empty_id_is_refused(wrong: object) -> None:
    made = sketch(["a"])
    with pytest.raises(InputError):
        made.add(["b", wrong])  # type: ignore[list-item]
    assert made.count().best == 1


def test_a_salt_or_limit_of_another_length_is_refused() -> None:
    for salt, limit in ((b"short", LITTLE), (b"x" * 65, LITTLE), (SALT, 1), (SALT, 1 << 30)):
        with pytest.raises(UsageError):
            HeadSketch(salt, limit)
