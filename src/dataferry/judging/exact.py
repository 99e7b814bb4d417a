"""Exact numbers: what judges wrote stays decimal, means are fractions, and only what leaves is rounded."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

DECIMALS = 6
"""Fitted figures are rounded to this many decimals before they are compared, so that a replay decides alike."""

FINEST = -12
LARGEST = 12
_STEP = Decimal(1).scaleb(-DECIMALS)


def readable(value: Decimal) -> bool:
    """A number of human size: finite, at most 12 digits before and behind the point (`1e-999999999` is a trap)."""
    return value.is_finite() and value.as_tuple().exponent >= FINEST and value.adjusted() <= LARGEST  # type: ignore[operator]


def decimal_of(value: Fraction) -> Decimal:
    """The fraction as a decimal: exact where it ends, otherwise rounded half to even at six decimals."""
    with localcontext() as context:
        context.prec = 60
        quotient = Decimal(value.numerator) / Decimal(value.denominator)
        if Fraction(quotient) == value:
            return plain(quotient)
        return plain(quotient.quantize(_STEP))


def rounded(value: float) -> Decimal:
    """A fitted figure at six decimals."""
    return plain(Decimal(repr(float(value))).quantize(_STEP))


def plain(value: Decimal) -> Decimal:
    """One way of writing a number: no exponent, no zeros at the end, no negative zero."""
    return Decimal(format(value.normalize() + 0, "f"))


def written(value: Decimal | None) -> str | None:
    """How a decimal is written in a document."""
    return None if value is None else format(plain(value), "f")
