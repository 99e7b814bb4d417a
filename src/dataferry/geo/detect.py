"""Finding a datum by evidence: under which hypothesis are the points where they say they are?

It only advises. Evidence is, from strong to weak: a district stated for each point and the outlines of the districts; a
second pair of coordinates in the same rows; the range of the numbers. Nothing is ever concluded from the place itself:
Hong Kong lies inside every package's "China box" and is not shifted for that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from dataferry.geo.crs import HK1980, WGS84, canonical_crs
from dataferry.geo.hypotheses import DEGREES, Hypothesis, plausible, within_area
from dataferry.geo.judge import Detection, Outcome, cells_of, decide, rank
from dataferry.geo.measure import geodesic_distance_m
from dataferry.geo.points import Flags, Floats, as_floats, flag_unusable
from dataferry.messages import Finding, UsageError

MOST_POINTS: Final = 50_000
"""Larger files are tested on this many rows, evenly spread."""

NEAR_M: Final = 25.0
"""Two pairs of coordinates of one row agree when they are this close, in metres."""

_SUFFIX: Final = re.compile(r"\s*(district|區|区)$")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_EXAMPLES: Final = 5


@dataclass(frozen=True)
class Boundaries:
    """District outlines: names, shapely geometries of the same count, and their CRS, or None to try datums."""

    names: Sequence[str | None]
    geometries: NDArray[np.object_]
    crs: str | None = None


def detect_datum(
    x: ArrayLike,
    y: ArrayLike,
    *,
    stated: Sequence[str | None] | None = None,
    boundaries: Boundaries | None = None,
    other: tuple[ArrayLike, ArrayLike] | None = None,
) -> Detection:
    """Advice on which CRS two columns are in.

    Args:
        x, y: the columns as they stand, in the order in which they claim to be x and y.
        stated: the district that each point says it is in; with `boundaries`.
        boundaries: outlines of those districts.
        other: a second pair of columns that states the same places.

    Raises:
        UsageError: arrays of different length, or boundaries without stated districts.
    """
    east, north = as_floats(np.ravel(np.asarray(x)), np.ravel(np.asarray(y)))
    if boundaries is not None:
        if stated is None or len(stated) != east.size:
            raise UsageError("geo.shapes", x=int(east.size), y=0 if stated is None else len(stated))
        return _against_boundaries(east, north, stated, boundaries)
    if other is not None:
        return _against_other(east, north, *as_floats(np.ravel(np.asarray(other[0])), np.ravel(np.asarray(other[1]))))
    return _by_range(east, north)


def fold_name(name: str | None) -> str:
    """A district's name for comparison: width, case, punctuation and the word for district do not count."""
    text = unicodedata.normalize("NFKC", name or "").casefold().strip().replace("&", " and ")
    return _NOT_WORD.sub("", _SUFFIX.sub("", text))


def _sample(usable: Flags) -> NDArray[np.intp]:
    rows = np.flatnonzero(usable)
    if rows.size <= MOST_POINTS:
        return rows
    return rows[np.linspace(0, rows.size - 1, MOST_POINTS).astype(np.intp)]


def _unusable(finite: Flags) -> list[Finding]:
    count = int((~finite).sum())
    if not count:
        return []
    return [Finding("geo.datum_unusable", "attention", {"count": count, "points": int(finite.size)})]


def _sampled(tested: int, usable: int) -> list[Finding]:
    return [Finding("geo.datum_sampled", "note", {"tested": tested, "points": usable})] if tested < usable else []


def _strangers(rows: Flags, stated: Sequence[str | None]) -> list[Finding]:
    """Rows whose stated district no boundary has."""
    if not rows.any():
        return []
    names = sorted({str(stated[row] or "") for row in np.flatnonzero(rows)[:1000]})[:_EXAMPLES]
    return [Finding("geo.datum_names_unknown", "attention", {"count": int(rows.sum()), "examples": names})]


def _against_boundaries(x: Floats, y: Floats, stated: Sequence[str | None], boundaries: Boundaries) -> Detection:
    codes = {name: code for code, name in enumerate(sorted({fold_name(n) for n in boundaries.names} - {""}))}
    owner = np.array([codes.get(fold_name(name), -1) for name in boundaries.names], dtype=np.int64)
    claimed = np.array([codes.get(fold_name(name), -1) for name in stated], dtype=np.int64)
    finite = ~flag_unusable(x, y).flagged
    usable = finite & (claimed >= 0)
    rows = _sample(usable)
    notes = [*_unusable(finite), *_strangers(finite & (claimed < 0), stated), *_sampled(rows.size, int(usable.sum()))]
    x, y, claimed = x[rows], y[rows], claimed[rows]
    tree, outcomes = shapely.STRtree(boundaries.geometries), []
    for frame in _frames_of(boundaries):
        for candidate in plausible(x, y):
            hypothesis = Hypothesis(candidate.crs, candidate.swapped, frame)
            outcomes.append(Outcome(hypothesis, _in_stated(hypothesis, frame, x, y, claimed, tree, owner)))
    return decide(rank(outcomes, cells_of(x, y)), rows.size, len(stated), notes)


def _frames_of(boundaries: Boundaries) -> list[str]:
    """The declared CRS of the outlines, or every one that their numbers allow."""
    if boundaries.crs is not None:
        return [canonical_crs(boundaries.crs)]
    corners = shapely.bounds(boundaries.geometries)
    corners = corners[np.isfinite(corners).all(axis=1)]
    centre_x, centre_y = corners[:, [0, 2]].mean(axis=1), corners[:, [1, 3]].mean(axis=1)
    return [found.crs for found in plausible(centre_x, centre_y, (*DEGREES, HK1980)) if not found.swapped]


def _in_stated(
    hypothesis: Hypothesis,
    frame: str,
    x: Floats,
    y: Floats,
    claimed: NDArray[np.int64],
    tree: Any,
    owner: NDArray[np.int64],
) -> Flags:
    """Which points lie in (or on the edge of) an outline of the district that they state."""
    placed = hypothesis.placed(x, y, frame)
    fit = np.zeros(x.size, dtype=np.bool_)
    good = np.flatnonzero(~placed.flagged)
    point, outline = tree.query(shapely.points(placed.x[good], placed.y[good]), predicate="intersects")
    matching = owner[outline] == claimed[good[point]]
    fit[good[point[matching]]] = True
    return fit


def _against_other(x: Floats, y: Floats, other_x: Floats, other_y: Floats) -> Detection:
    finite = ~(flag_unusable(x, y).flagged | flag_unusable(other_x, other_y).flagged)
    finite &= (x != 0) & (other_x != 0)
    rows = _sample(finite)
    x, y, other_x, other_y = x[rows], y[rows], other_x[rows], other_y[rows]
    outcomes = []
    for second in plausible(other_x, other_y):
        reference = second.placed(other_x, other_y, WGS84)
        for first in plausible(x, y):
            placed = first.placed(x, y, WGS84)
            distance = geodesic_distance_m(placed.x, placed.y, reference.x, reference.y)
            typical = float(np.nanmedian(distance)) if np.isfinite(distance).any() else None
            fit = np.nan_to_num(distance, nan=np.inf) <= NEAR_M
            outcomes.append(Outcome(Hypothesis(first.crs, first.swapped, second.crs, second.swapped), fit, typical))
    notes = [*_unusable(finite), *_sampled(rows.size, int(finite.sum()))]
    return decide(rank(outcomes, cells_of(x, y)), rows.size, finite.size, notes)


def _by_range(x: Floats, y: Floats) -> Detection:
    finite = ~flag_unusable(x, y).flagged
    rows = _sample(finite)
    a, b = x[rows], y[rows]
    outcomes = [Outcome(found, within_area(found, a, b)) for found in plausible(a, b)]
    notes = [*_unusable(finite), *_sampled(rows.size, int(finite.sum()))]
    return decide(rank(outcomes, cells_of(a, b)), rows.size, x.size, notes)
