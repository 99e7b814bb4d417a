"""What a conversion gives back: coordinates, and a flag on every point that could not be converted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dataferry.messages import UsageError

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Converted:
    """Arrays of one shape. A flagged point has NaN for x and y, so that it cannot be used by mistake.

    Args:
        x: longitude in degrees, or easting in metres.
        y: latitude in degrees, or northing in metres.
        flagged: NaN or infinite input, degrees out of range, a place the projection cannot show, or an inverse whose
            residual stayed above its tolerance.
    """

    x: Floats
    y: Floats
    flagged: Flags

    def then(self, later: Converted) -> Converted:
        """The outcome of a second conversion of these points: what either step flagged stays flagged."""
        return Converted(later.x, later.y, self.flagged | later.flagged)


def as_floats(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Contiguous float64 copies-if-needed of one shape. Raises UsageError `geo.shapes` when the shapes differ."""
    east = np.ascontiguousarray(x, dtype=np.float64)
    north = np.ascontiguousarray(y, dtype=np.float64)
    if np.shape(x) != np.shape(y):
        raise UsageError("geo.shapes", x=list(np.shape(x)), y=list(np.shape(y)))
    return east.reshape(np.shape(x)), north.reshape(np.shape(y))


def flag_unusable(x: Floats, y: Floats) -> Converted:
    """These points, with NaN and infinity flagged and made NaN in both coordinates."""
    flagged = ~(np.isfinite(x) & np.isfinite(y))
    if flagged.any():
        x, y = np.where(flagged, np.nan, x), np.where(flagged, np.nan, y)
    return Converted(x, y, flagged)
