"""Lengths, distances and areas on the WGS84 ellipsoid (Karney's geodesics, through pyproj)."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import ArrayLike
from pyproj import Geod

from dataferry.geo.points import Floats, as_floats, flag_unusable
from dataferry.geo.wkb import as_binary, geometries_of

_local = threading.local()
_POLYGON, _COLLECTIONS = 3, (4, 5, 6, 7)
_LINES = (1, 2)


def geodesic_distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Floats:
    """Shortest distance over the ellipsoid in metres between WGS84 points in degrees; NaN where one is no point."""
    x1, y1 = as_floats(lon1, lat1)
    x2, y2 = as_floats(lon2, lat2)
    x1, y1, x2, y2 = np.broadcast_arrays(x1, y1, x2, y2)
    good = ~(flag_unusable(x1, y1).flagged | flag_unusable(x2, y2).flagged)
    good &= (np.abs(y1) <= 90) & (np.abs(y2) <= 90)
    distance = np.full(x1.shape, np.nan)
    if good.any():
        distance[good] = _geod().inv(x1[good], y1[good], x2[good], y2[good])[2]
    return distance


def area_m2(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Areas of WKB geometries in WGS84 degrees, in square metres as float64.

    Edges are geodesics. The direction of a ring does not matter; holes are taken off; points and lines have area 0;
    null stays null. Convert GCJ-02 and projected geometries to EPSG:4326 first.
    """
    return pa.array([_area(geometry) for geometry in geometries_of(as_binary(column))], type=pa.float64())


def length_m(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Lengths of WKB lines in WGS84 degrees, in metres as float64; points and polygons have 0, null stays null."""
    return pa.array([_length(geometry) for geometry in geometries_of(as_binary(column))], type=pa.float64())


def _geod() -> Geod:
    if not hasattr(_local, "geod"):
        _local.geod = Geod(ellps="WGS84")
    geod: Geod = _local.geod
    return geod


def _area(geometry: Any) -> float | None:
    if geometry is None:
        return None
    kind = shapely.get_type_id(geometry)
    if kind in _COLLECTIONS:
        return sum(_area(part) or 0.0 for part in geometry.geoms)
    if kind != _POLYGON or geometry.is_empty:
        return 0.0
    return _ring_area(geometry.exterior) - sum(_ring_area(hole) for hole in geometry.interiors)


def _ring_area(ring: Any) -> float:
    points = shapely.get_coordinates(ring)
    area, _ = _geod().polygon_area_perimeter(points[:, 0], points[:, 1])
    return abs(float(area))


def _length(geometry: Any) -> float | None:
    if geometry is None:
        return None
    kind = shapely.get_type_id(geometry)
    if kind in _COLLECTIONS:
        return sum(_length(part) or 0.0 for part in geometry.geoms)
    if kind not in _LINES or geometry.is_empty:
        return 0.0
    points = shapely.get_coordinates(geometry)
    return float(_geod().line_length(points[:, 0], points[:, 1]))
