"""Coordinate audit: a file that states a place twice, in two CRSs, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from dataferry.geo.crs import WGS84, canonical_crs
from dataferry.geo.measure import geodesic_distance_m
from dataferry.geo.points import Flags, Floats, as_floats, flag_unusable
from dataferry.geo.transform import convert
from dataferry.messages import Finding

BANDS_M: Final = (1, 10, 100, 1000)
"""Distances, in metres, that rows are counted beyond."""

_ROWS_APART_M: Final = 25.0
_DATUM_SHIFT_M: Final = 30.0
_METRES_PER_DEGREE: Final = 111_320.0


@dataclass(frozen=True)
class CoordinateAudit:
    """Distances over the ellipsoid between the two statements of each row, in metres.

    Args:
        distance_m: one per row, NaN where a statement is missing or unusable.
        compared: rows with a distance.
        missing: rows where a statement is absent, not finite or zero.
        unusable: rows where a statement is there but cannot be a place in its CRS.
        shift_east_m, shift_north_m: median of second minus first; far from zero, it speaks of a wrong datum.
        beyond: for each of `BANDS_M`, the rows farther apart.
        worst: indices of rows, farthest apart first. JSON and findings count rows from 1 instead.
    """

    first_crs: str
    second_crs: str
    distance_m: Floats
    compared: int
    missing: int
    unusable: int
    median_m: float | None
    p95_m: float | None
    largest_m: float | None
    shift_east_m: float | None
    shift_north_m: float | None
    beyond: dict[int, int]
    worst: tuple[int, ...]
    findings: tuple[Finding, ...]

    def to_json(self) -> dict[str, Any]:
        figures = ("median_m", "p95_m", "largest_m", "shift_east_m", "shift_north_m")
        return {
            "first_crs": self.first_crs,
            "second_crs": self.second_crs,
            "rows": int(self.distance_m.size),
            "compared": self.compared,
            "missing": self.missing,
            "unusable": self.unusable,
            **{name: _rounded(getattr(self, name)) for name in figures},
            "beyond_m": {str(band): count for band, count in self.beyond.items()},
            "worst": [{"row": row + 1, "distance_m": _rounded(float(self.distance_m[row]))} for row in self.worst],
            "findings": [{**finding.to_json(), "text": finding.text()} for finding in self.findings],
        }


def audit_coordinates(
    first: tuple[ArrayLike, ArrayLike],
    first_crs: str,
    second: tuple[ArrayLike, ArrayLike],
    second_crs: str,
    worst: int = 10,
) -> CoordinateAudit:
    """How far apart two stated places of each row are.

    Args:
        first, second: (x, y) arrays of one length, each in its CRS.
        worst: how many of the farthest rows to name.

    Raises:
        UsageError, RefusedError: as `convert`.
    """
    first_crs, second_crs = canonical_crs(first_crs), canonical_crs(second_crs)
    x1, y1 = as_floats(*first)
    x2, y2 = as_floats(*second)
    absent = _absent(x1, y1) | _absent(x2, y2)
    a, b = convert(x1, y1, first_crs, WGS84), convert(x2, y2, second_crs, WGS84)
    distance = geodesic_distance_m(a.x, a.y, b.x, b.y)
    distance[absent] = np.nan
    good = np.isfinite(distance)
    figures = _figures(a.x[good], a.y[good], b.x[good], b.y[good], distance[good])
    beyond = {band: int((distance[good] > band).sum()) for band in BANDS_M}
    rows = np.argsort(-np.where(good, distance, -1.0), kind="stable")[: min(worst, int(good.sum()))]
    missing, unusable = int(absent.sum()), int((~good & ~absent).sum())
    return CoordinateAudit(
        first_crs=first_crs,
        second_crs=second_crs,
        distance_m=distance,
        compared=int(good.sum()),
        missing=missing,
        unusable=unusable,
        beyond=beyond,
        worst=tuple(int(row) for row in rows),
        findings=tuple(_findings(distance, good, figures, missing, unusable)),
        **figures,
    )


def _absent(x: Floats, y: Floats) -> Flags:
    """Not finite, or zero, which stands for "unknown" in many files and is no place of either city."""
    absent: Flags = flag_unusable(x, y).flagged | (x == 0) | (y == 0)
    return absent


def _figures(x1: Floats, y1: Floats, x2: Floats, y2: Floats, distance: Floats) -> dict[str, float | None]:
    if not distance.size:
        return dict.fromkeys(("median_m", "p95_m", "largest_m", "shift_east_m", "shift_north_m"))
    return {
        "median_m": float(np.median(distance)),
        "p95_m": float(np.quantile(distance, 0.95)),
        "largest_m": float(distance.max()),
        "shift_east_m": float(np.median((x2 - x1) * np.cos(np.radians(y1)))) * _METRES_PER_DEGREE,
        "shift_north_m": float(np.median(y2 - y1)) * _METRES_PER_DEGREE,
    }


def _findings(
    distance: Floats, good: Flags, figures: dict[str, float | None], missing: int, unusable: int
) -> list[Finding]:
    count, median, largest = int(good.sum()), figures["median_m"], figures["largest_m"]
    if median is None or largest is None:
        return [Finding("geo.audit_nothing", "attention", {"rows": int(distance.size)})]
    found = []
    apart = good & (np.nan_to_num(distance) > _ROWS_APART_M)
    if median > _DATUM_SHIFT_M:
        data = {"median_m": _rounded(median), "count": count}
        east, north = _rounded(figures["shift_east_m"]), _rounded(figures["shift_north_m"])
        found.append(Finding("geo.audit_shift", "attention", {**data, "east_m": east, "north_m": north}))
    elif apart.any():
        rows = (np.flatnonzero(apart)[:20] + 1).tolist()
        data = {"count": int(apart.sum()), "limit_m": int(_ROWS_APART_M), "largest_m": _rounded(largest)}
        found.append(Finding("geo.audit_rows_apart", "attention", {**data, "rows": rows}))
    else:
        data = {"count": count, "median_m": _rounded(median), "largest_m": _rounded(largest)}
        found.append(Finding("geo.audit_agrees", "note", data))
    if missing:
        found.append(Finding("geo.audit_missing", "note", {"count": missing}))
    if unusable:
        found.append(Finding("geo.audit_unusable", "attention", {"count": unusable}))
    return found


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3) + 0.0
