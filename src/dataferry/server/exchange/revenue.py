"""Money in parts: every part a whole number of minor units, the parts always the sum. Pure arithmetic, no rows.

The rule is that of the largest remainder: each part gets the whole units of its exact share, and the units left over
go one each to the parts with the largest remainders, the first named first among equals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Part:
    """What one beneficiary gets: `kind` is exchange, supplier or upstream; `weight` as it was declared."""

    beneficiary: str
    kind: str
    weight: int
    amount: int


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide a non-negative amount by weights; the parts sum to it.

    Each part differs from its exact share by less than one unit, and a weight of nought gets nothing.

    Raises:
        ValueError: a negative amount or weight, or no weight above nought (a fault of the caller).
    """
    total = sum(weights)
    if amount < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("a split needs an amount and weights that are not negative, one of them above nought")
    parts = [amount * weight // total for weight in weights]
    left = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in by_remainder[:left]:
        parts[place] += 1
    return parts


def take_back(amount: int, parts: Sequence[int]) -> list[int]:
    """Divide a refund over what is left of each part; no part goes below nought, and the last refund empties them all.

    Raises:
        ValueError: more than the parts hold together.
    """
    if amount > sum(parts):
        raise ValueError("a refund cannot be larger than what is left")
    return split(amount, parts) if amount else [0] * len(parts)


def parts_of(amount: int, supplier: str, exchange: str, shares: Sequence[Mapping[str, Any]], fee: int) -> list[Part]:
    """Who gets what of a payment.

    Args:
        amount: minor units paid.
        supplier, exchange: the references under which these two are beneficiaries.
        shares: of the signed terms, [{"owner": ..., "weight": n}]; the supplier gets all where there are none. The
            supplier takes part where it is named, by its reference or merchant number.
        fee: of the exchange, in hundredths of a percent; taken first, rounded to the nearest minor unit, a half in
            favour of the owners.
    """
    net, house = split(amount, [BASIS_POINTS - fee, fee])
    owners = [(str(share["owner"]), int(share["weight"])) for share in shares if int(share["weight"]) > 0]
    owners = owners or [(supplier, 1)]
    own = {supplier, supplier.partition(":")[2]}
    made = []
    for (owner, weight), part in zip(owners, split(net, [weight for _, weight in owners]), strict=True):
        is_own = owner in own
        made.append(Part(supplier if is_own else owner[:200], "supplier" if is_own else "upstream", weight, part))
    return [*made, Part(exchange, "exchange", fee, house)] if fee else made


def rounded(amount: Fraction) -> int:
    """To the nearest minor unit, a half to the even one: the one rounding of all money here."""
    return round(amount)


def converted(amount: int, numerator: int, denominator: int) -> int:
    """An amount at the exact rate numerator/denominator, rounded once."""
    return rounded(Fraction(amount * numerator, denominator))


def in_major(amount: int, currency: str) -> str:
    """An amount of minor units for a message: 120.50 HKD."""
    whole, rest = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole}.{rest:02d} {currency}"
