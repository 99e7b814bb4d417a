"""Classes of a map and ticks of an axis: round figures that people can say."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

CLASSES = 5
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def rounded(value: float, digits: int = 2) -> float:
    """`value` to so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    return round(value, digits - 1 - math.floor(math.log10(abs(value))))


def class_breaks(values: Sequence[float], classes: int = CLASSES) -> list[float]:
    """Inner limits of at most `classes` classes with about as many places in each, rounded; ascending, distinct.

    A value belongs to the class of the last break that is not above it.
    """
    finite = sorted(value for value in values if math.isfinite(value))
    if len(set(finite)) < 2:
        return []
    limits: list[float] = []
    for index in range(1, classes):
        position = index * (len(finite) - 1) / classes
        low = math.floor(position)
        high = min(low + 1, len(finite) - 1)
        limit = rounded(finite[low] + (finite[high] - finite[low]) * (position - low))
        if finite[0] < limit <= finite[-1] and (not limits or limit > limits[-1]):
            limits.append(limit)
    return limits


def class_of(value: float | None, breaks: Sequence[float]) -> int | None:
    """Number of the class, from 0; None for no figure."""
    if value is None or not math.isfinite(value):
        return None
    return sum(value >= limit for limit in breaks)


def nice_step(span: float, most: int) -> float:
    """A round step that cuts `span` into at most `most` parts."""
    raw = span / most
    if raw < sys.float_info.min or not math.isfinite(raw):
        return 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in _STEPS if step * power >= raw * (1 - 1e-9))


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round marks from at or below `low` to at or above `high`."""
    step = nice_step(high - low, most)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [index * step for index in range(first, max(last, first + 1) + 1)]
