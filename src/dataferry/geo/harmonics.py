"""Sines of many multiples of one angle, from +, -, x, / and the square root only.

The GCJ-02 offset needs ten sines of multiples of pi x / 60 and pi y / 60. One polynomial gives the sine of a quarter of
the smallest angle; every other one follows by doubling, tripling and quintupling. Because IEEE 754 fixes the result of
each of these operations, a conversion gives the same bits on every machine and for any cutting into chunks, which
`numpy.sin` does not promise, and it takes a fraction of the time.

Throughout, `t` is *twice* a sine and `c` *twice* a cosine: then `t(2a) = t c` and `c(2a) = 2 - t**2`, which keeps full
accuracy near zero (`c**2 - 2` would not).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Taylor coefficients of 2 sin, highest power first: below 1e-17 for angles up to pi / 4.
_TWICE_SINE: Final = tuple(2.0 * (-1) ** k / math.factorial(2 * k + 1) for k in range(7, -1, -1))


def twice_sine_cosine(angle: Floats, t: Floats, c: Floats, square: Floats) -> None:
    """`t = 2 sin(angle)` and `c = 2 cos(angle)` for |angle| <= pi/4; `square` is scratch space. Radians."""
    np.multiply(angle, angle, out=square)
    np.multiply(square, _TWICE_SINE[0], out=t)
    for coefficient in _TWICE_SINE[1:-1]:
        t += coefficient
        t *= square
    t += _TWICE_SINE[-1]
    t *= angle
    np.multiply(t, t, out=square)
    np.subtract(4.0, square, out=c)
    np.sqrt(c, out=c)


def double(t: Floats, c: Floats, square: Floats) -> None:
    """In place, from the angle to twice the angle."""
    np.multiply(t, t, out=square)
    t *= c
    np.subtract(2.0, square, out=c)


def triple(t: Floats, c: Floats, square: Floats) -> None:
    """In place, from the angle to three times the angle."""
    np.multiply(t, t, out=square)
    np.subtract(1.0, square, out=square)
    c *= square
    square += 2.0
    t *= square


def quintuple(t: Floats, c: Floats, square: Floats, other: Floats) -> None:
    """In place, from the angle to five times the angle."""
    np.multiply(t, t, out=square)
    np.subtract(square, 3.0, out=other)
    other *= square
    other += 1.0
    c *= other
    np.subtract(square, 5.0, out=other)
    other *= square
    other += 5.0
    t *= other
