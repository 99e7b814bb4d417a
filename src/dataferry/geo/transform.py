"""From any known CRS to any other, by a route of named steps, and never by a ballpark.

    EPSG:2326, 4490, 4549, ...  <->  EPSG:4326  <->  DATAFERRY:GCJ02  <->  DATAFERRY:BD09

PROJ answers EPSG:2326 -> EPSG:4490 with a "ballpark geographic offset" that is 304 m wrong, in silence. Here every PROJ
operation must have a stated accuracy; CGCS2000 (EPSG:4490) is taken as WGS84 to one metre, and what remains is refused.
"""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike
from pyproj import Transformer
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from dataferry.geo import crs as ids
from dataferry.geo.bd09 import BD09
from dataferry.geo.gcj02 import GCJ02
from dataferry.geo.points import Converted, Floats, as_floats, flag_unusable
from dataferry.geo.shift import forward, inverse
from dataferry.messages import RefusedError

CGCS2000_ACCURACY_M: Final = 1.0
"""How far CGCS2000 and WGS84 coordinates of one place may differ; PROJ knows no operation between them."""

_local = threading.local()


@dataclass(frozen=True)
class Step:
    """One step of a route.

    Args:
        method: `proj`, `same` (4490 read as 4326), or a public formula: `gcj02`, `gcj02-inverse`, `bd09`,
            `bd09-inverse`.
        accuracy_m: stated accuracy in metres; 0 for exact steps.
        operation: what PROJ calls it, or the method again.
    """

    source: str
    target: str
    method: Literal["proj", "same", "gcj02", "gcj02-inverse", "bd09", "bd09-inverse"]
    accuracy_m: float
    operation: str


@dataclass(frozen=True)
class Route:
    """How one CRS becomes another."""

    steps: tuple[Step, ...]

    @property
    def accuracy_m(self) -> float:
        """Sum of the stated accuracies, in metres."""
        return sum(step.accuracy_m for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        return {"accuracy_m": self.accuracy_m, "route": [asdict(step) for step in self.steps]}


def convert(x: ArrayLike, y: ArrayLike, source: str, target: str) -> Converted:
    """Points from one CRS in another.

    Args:
        x, y: longitude and latitude in degrees, or easting and northing in metres; arrays of one shape.
        source, target: CRS ids. The declared source is believed, whatever the place.

    Returns:
        float64 arrays of the same shape. What cannot be converted is NaN and flagged, never left as it was.

    Raises:
        UsageError: an unknown CRS, or arrays of two shapes.
        RefusedError: `geo.ballpark` when there is no operation of stated accuracy.
    """
    path = route(source, target)
    points = flag_unusable(*as_floats(x, y))
    for step in path.steps:
        points = points.then(_apply(step, points.x, points.y))
    return points


def route(source: str, target: str) -> Route:
    """The steps from one CRS to another; the same errors as `convert`."""
    return _route(ids.canonical_crs(source), ids.canonical_crs(target))


@lru_cache(maxsize=256)
def _route(source: str, target: str) -> Route:
    if source == target:
        return Route(())
    if source == ids.BD09:
        return Route((_formula(ids.BD09, ids.GCJ02, "bd09-inverse"), *_route(ids.GCJ02, target).steps))
    if target == ids.BD09:
        return Route((*_route(source, ids.GCJ02).steps, _formula(ids.GCJ02, ids.BD09, "bd09")))
    if source == ids.GCJ02:
        return Route((_formula(ids.GCJ02, ids.WGS84, "gcj02-inverse"), *_route(ids.WGS84, target).steps))
    if target == ids.GCJ02:
        return Route((*_route(source, ids.WGS84).steps, _formula(ids.WGS84, ids.GCJ02, "gcj02")))
    return Route(_geodetic_steps(source, target))


def _formula(source: str, target: str, method: Literal["gcj02", "gcj02-inverse", "bd09", "bd09-inverse"]) -> Step:
    return Step(source, target, method, 0.0, method)


def _geodetic_steps(source: str, target: str) -> tuple[Step, ...]:
    direct = _proj_step(source, target)
    if direct:
        return (direct,)
    into, out_of = _to_wgs84(source), _to_wgs84(target)
    if into is None or out_of is None:
        raise RefusedError("geo.ballpark", source=source, target=target)
    back = tuple(_turned(step) for step in reversed(out_of))
    return (*into, *(step for step in back if step))


def _to_wgs84(crs_id: str) -> tuple[Step, ...] | None:
    """Steps to EPSG:4326; None when only a ballpark would lead there."""
    if crs_id == ids.WGS84:
        return ()
    direct = _proj_step(crs_id, ids.WGS84)
    if direct:
        return (direct,)
    same = Step(ids.CGCS2000, ids.WGS84, "same", CGCS2000_ACCURACY_M, "CGCS2000 read as WGS 84")
    if crs_id == ids.CGCS2000:
        return (same,)
    geodetic = ids.epsg(crs_id).geodetic_crs
    if geodetic is None or geodetic.to_epsg() != int(ids.CGCS2000.removeprefix("EPSG:")):
        return None
    first = _proj_step(crs_id, ids.CGCS2000)
    return (first, same) if first else None


def _turned(step: Step) -> Step | None:
    if step.method == "same":
        return Step(step.target, step.source, "same", step.accuracy_m, "WGS 84 read as CGCS2000")
    return _proj_step(step.target, step.source)


def _proj_step(source: str, target: str) -> Step | None:
    """PROJ's operation between two EPSG CRSs, or None when it has none of stated accuracy."""
    group = TransformerGroup(ids.epsg(source), ids.epsg(target), always_xy=True, allow_ballpark=False)
    candidates = group.transformers
    if not candidates or any(candidate.accuracy < 0 for candidate in candidates):
        return None
    accuracy = max(candidate.accuracy for candidate in candidates)
    return Step(source, target, "proj", float(accuracy), candidates[0].description)


def _apply(step: Step, x: Floats, y: Floats) -> Converted:
    if step.method == "same":
        return Converted(x, y, np.zeros(np.shape(x), dtype=np.bool_))
    if step.method == "proj":
        return _project(step, x, y)
    shift = GCJ02() if step.method.startswith("gcj02") else BD09()
    return inverse(shift, x, y) if step.method.endswith("inverse") else forward(shift, x, y)


def _project(step: Step, x: Floats, y: Floats) -> Converted:
    if ids.in_degrees(step.source):
        # PROJ wraps longitudes and folds latitudes; a latitude of 114 must not come back as 66.
        outside = (np.abs(x) > 180) | (np.abs(y) > 90)
        x, y = np.where(outside, np.nan, x), np.where(outside, np.nan, y)
    try:
        east, north = _transformer(step.source, step.target).transform(x, y, errcheck=False)
    except ProjError as error:
        raise RefusedError("geo.ballpark", source=step.source, target=step.target) from error
    return flag_unusable(np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64))


def _transformer(source: str, target: str) -> Transformer:
    """This thread's own transformer: SQL engines call from several threads, and PROJ contexts are not shared."""
    made: dict[tuple[str, str], Transformer] = _local.__dict__.setdefault("made", {})
    if (source, target) not in made:
        made[source, target] = Transformer.from_crs(
            ids.epsg(source), ids.epsg(target), always_xy=True, allow_ballpark=False
        )
    return made[source, target]
