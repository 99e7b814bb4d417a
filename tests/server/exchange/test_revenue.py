"""Promise: money in parts always sums to the cent, refunds take exactly the shares back, and tiers hold at borders."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.server.exchange.pricing import checked_tiers, usage_lines
from dataferry.server.exchange.revenue import converted, parts_of, split, take_back

AMOUNTS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=30).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_split_sums_and_is_fair_to_the_unit(amount: int, weights: list[int]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * weight, sum(weights))) < 1
        assert part == 0 or weight > 0


@given(st.integers(0, 10**6), WEIGHTS, st.lists(st.integers(1, 10**6), max_size=12))
def test_refunds_in_parts_empty_every_share(amount: int, weights: list[int], refunds: list[int]) -> None:
    left = split(amount, weights)
    for wanted in [*refunds, amount]:
        refund = min(wanted, sum(left))
        back = take_back(refund, left)
        assert sum(back) == refund
        left = [before - part for before, part in zip(left, back, strict=True)]
        assert min(left) >= 0
    assert left == [0] * len(weights), "the last refund leaves nobody anything"


@given(st.integers(1, 10**10), WEIGHTS, st.integers(0, 9_999))
def test_parts_of_a_payment_sum_with_the_fee(amount: int, weights: list[int], fee: int) -> None:
    shares = [
        {"owner": "M-2026-0001" if place == 0 else f"owner {place}", "weight": w} for place, w in enumerate(weights)
    ]
    parts = parts_of(amount, "merchant:M-2026-0001", "exchange:hong-kong", shares, fee)
    assert sum(part.amount for part in parts) == amount
    house = [part for part in parts if part.kind == "exchange"]
    assert abs(sum(part.amount for part in house) - Fraction(amount * fee, 10_000)) <= Fraction(1, 2)
    named = {part.beneficiary for part in parts if part.kind == "supplier"}
    assert named <= {"merchant:M-2026-0001"}


def test_the_supplier_gets_all_where_no_shares_are_declared() -> None:
    (part,) = parts_of(100, "merchant:M-2026-0001", "exchange:shanghai", [], 0)
    assert (part.beneficiary, part.kind, part.amount) == ("merchant:M-2026-0001", "supplier", 100)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 5]])
def test_split_refuses_weights_that_say_nothing(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="split"):
        split(10, weights)


TIERS = {
    "kind": "tiers",
    "per": 1,
    "tiers": [{"up_to": 100, "amount": 7}, {"up_to": 1000, "amount": 5}, {"up_to": None, "amount": 2}],
}


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        (0, 0),
        (1, 7),
        (99, 693),
        (100, 700),
        (101, 705),
        (999, 700 + 899 * 5),
        (1000, 700 + 900 * 5),
        (1001, 700 + 900 * 5 + 2),
    ],
)
def test_tiers_are_exact_at_their_borders(rows: int, total: int) -> None:
    lines = usage_lines(TIERS, rows)
    assert sum(line["amount"] for line in lines) == total
    assert sum(line["quantity"] for line in lines) == rows


@given(st.integers(0, 5_000))
def test_one_row_more_never_costs_less(rows: int) -> None:
    before, after = (sum(line["amount"] for line in usage_lines(TIERS, n)) for n in (rows, rows + 1))
    assert after >= before


def test_rows_by_the_thousand_are_rounded_once_half_to_even() -> None:
    plan = {"kind": "per_row", "per": 1000, "amount": 1}
    assert [sum(line["amount"] for line in usage_lines(plan, rows)) for rows in (499, 500, 501, 1500, 2500)] == [
        0,
        0,
        1,
        2,
        2,
    ]


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [{"up_to": 10, "amount": 1}],
        [{"up_to": None, "amount": 1}, {"up_to": None, "amount": 1}],
        [{"up_to": 10, "amount": 1}, {"up_to": 10, "amount": 1}, {"up_to": None, "amount": 0}],
        [{"up_to": 10, "amount": -1}, {"up_to": None, "amount": 0}],
        [{"up_to": 1.5, "amount": 1}, {"up_to": None, "amount": 0}],
        [{"up_to": True, "amount": 1}, {"up_to": None, "amount": 0}],
        [{"up_to": None, "amount": "1"}],
        [{}],
    ],
)
def test_tiers_that_cannot_be_are_refused(tiers: list[dict[str, object]]) -> None:
    with pytest.raises(InputError):
        checked_tiers(tiers)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**9), st.integers(1, 10**9))
def test_conversion_is_exact_and_rounded_once(amount: int, numerator: int, denominator: int) -> None:
    exact = Fraction(amount * numerator, denominator)
    assert abs(converted(amount, numerator, denominator) - exact) <= Fraction(1, 2)
    assert converted(-amount, numerator, denominator) == -converted(amount, numerator, denominator)
