"""Hypotheses about what a pair of coordinate columns means, and which of them are worth a trial."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from dataferry.geo.crs import BD09, CGCS2000, GCJ02, HK1980, WGS84, crs_name, epsg, in_degrees
from dataferry.geo.points import Converted, Flags, Floats
from dataferry.geo.transform import convert

DEGREES: Final = (WGS84, GCJ02, BD09)
METRES: Final = (HK1980, "EPSG:4547", "EPSG:4549", "EPSG:4550", "EPSG:32649", "EPSG:32650", "EPSG:32651", "EPSG:3857")
"""HK1980 grid; CGCS2000 Gauss-Krueger at 114, 120, 123 E; UTM 49, 50, 51 N; web Mercator."""

CHINA: Final = (73.0, 17.0, 136.0, 54.0)
"""Longitudes and latitudes that the two cities' files come from, west, south, east, north; for plausibility only."""


@dataclass(frozen=True)
class Hypothesis:
    """The columns hold x and y in `crs`, or y and x when `swapped`; what they are held against is in `against_crs`."""

    crs: str
    swapped: bool = False
    against_crs: str | None = None
    against_swapped: bool = False

    def name(self) -> str:
        """Short, for tables and messages: `GCJ-02`, or `WGS 84 (y, x)` when swapped."""
        return crs_name(self.crs) + (" (y, x)" if self.swapped else "")

    def against_name(self) -> str:
        """What the points were held against, likewise; empty when that was nothing."""
        return "" if self.against_crs is None else Hypothesis(self.against_crs, self.against_swapped).name()

    def to_json(self) -> dict[str, Any]:
        held = {"against_crs": self.against_crs, "against_swapped": self.against_swapped}
        return {"crs": self.crs, "swapped": self.swapped, **held}

    def placed(self, x: Floats, y: Floats, target: str) -> Converted:
        """The points in `target`, if this hypothesis is true."""
        return convert(y, x, self.crs, target) if self.swapped else convert(x, y, self.crs, target)


def plausible(x: Floats, y: Floats, candidates: Iterable[str] = (*DEGREES, *METRES)) -> list[Hypothesis]:
    """Hypotheses under which at least half of the points are within the area that the CRS is made for.

    CGCS2000 degrees are left out: at this accuracy they are WGS84 degrees.
    """
    found = []
    for crs in candidates:
        for swapped in (False, True):
            hypothesis = Hypothesis(crs, swapped)
            if crs != CGCS2000 and x.size and within_area(hypothesis, x, y).mean() >= 0.5:
                found.append(hypothesis)
    return found


def within_area(hypothesis: Hypothesis, x: Floats, y: Floats) -> Flags:
    """Which points lie in the area of use of a projected CRS (with half a degree around), or in `CHINA`."""
    west, south, east, north = CHINA
    area = None if in_degrees(hypothesis.crs) else epsg(hypothesis.crs).area_of_use
    if area is not None:
        west, south = max(west, area.west - 0.5), max(south, area.south - 0.5)
        east, north = min(east, area.east + 0.5), min(north, area.north + 0.5)
    placed = hypothesis.placed(x, y, WGS84)
    with np.errstate(invalid="ignore"):
        return (placed.x >= west) & (placed.x <= east) & (placed.y >= south) & (placed.y <= north)
