"""Dataferry's own SQL functions: conversions between datums, points with a datum, measures on the ellipsoid, cells.

Each is an Arrow function over the kernels of `dataferry.geo`, so the source datum is read from the type of the
argument when the query is planned, and the type of the answer carries the target datum. Nothing is relabelled.
A geometry without a datum is an error, never a guess. Null in, null out; so are places without a finite coordinate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from dataferry import geo
from dataferry.geo import BD09, GCJ02, HK1980, WGS84
from dataferry.messages import InputError
from dataferry.tables.refusals import remembered

EQUAL_AREA = "EPSG:6933"
"""EASE-Grid 2.0, a cylindrical equal-area projection of WGS84 (Brodzik et al. 2012, doi:10.3390/ijgi1010032)."""

CONVERSIONS: Mapping[str, str] = {
    "to_wgs84": WGS84,
    "to_gcj02": GCJ02,
    "to_bd09": BD09,
    "to_hk1980": HK1980,
    "to_utm51": "EPSG:32651",
}
"""Conversion functions and the datum they answer in; `to_utm51` gives metres for Shanghai."""

POINTS: Mapping[str, str] = {
    "point_wgs84": WGS84,
    "point_gcj02": GCJ02,
    "point_bd09": BD09,
    "point_hk1980": HK1980,
}
"""Constructors of points: east or longitude first, then north or latitude, in the datum of the name."""

MEASURES = ("area_m2", "length_m", "distance_m")
CELLS = ("h3_cell", "grid_cell")
CONSTANTS = ("build_instant", "build_seed")
OTHERS = ("box_wgs84", "wkt_wgs84")

NAMES: frozenset[str] = frozenset([*CONVERSIONS, *POINTS, *MEASURES, *CELLS, *CONSTANTS, *OTHERS])

_Kernel = Callable[..., pa.Array]


@cache
def _field(crs: str) -> pa.Field:
    metadata = json.dumps({"crs": geo.projjson(crs), "crs_type": "projjson"}, sort_keys=True)
    return pa.field(
        "geometry",
        pa.binary(),
        metadata={"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": metadata},
    )


@cache
def _crs_id(text: str) -> str | None:
    return geo.crs_of_projjson(text)


def _datum_of(argument: Any, function: str) -> str:
    """The datum in the type of a geometry argument.

    Raises:
        InputError: the argument is no geometry, or a geometry without a datum.
    """
    crs = getattr(argument, "crs", None)
    found = None if crs is None else _crs_id(crs.to_json())
    if found is None:
        raise InputError("tables.geometry_without_datum", function=function)
    return found


def _is_geometry(argument: Any) -> bool:
    return "geometry" in str(argument)


def _check_arguments(function: str, arguments: list[Any], wanted: str) -> None:
    """`wanted` is one letter an argument: g a geometry, n a number, s a text."""
    fits = len(arguments) == len(wanted) and all(
        _is_geometry(argument) == (letter == "g") for argument, letter in zip(arguments, wanted, strict=True)
    )
    if not fits:
        words = {"g": "geometry", "n": "number", "s": "text"}
        raise InputError("tables.wrong_arguments", function=function, wants=", ".join(words[w] for w in wanted))


def _shapes(wkb: pa.Array) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore"), dtype=object)


def _numbers(values: pa.Array) -> NDArray[np.float64]:
    return np.asarray(values.cast(pa.float64()).fill_null(float("nan")).to_numpy(zero_copy_only=False))


def _floats(values: NDArray[np.float64]) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def point_wkb(x: NDArray[np.float64], y: NDArray[np.float64]) -> pa.Array:
    """Little-endian WKB of points; null where a coordinate is not finite. Source: OGC 06-103r4, 8.2."""
    finite = np.isfinite(x) & np.isfinite(y)
    record = np.empty(len(x), dtype=np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")]))
    record["order"], record["kind"], record["x"], record["y"] = 1, 1, x, y
    offsets = np.arange(len(x) + 1, dtype=np.int32) * record.dtype.itemsize
    mask = None if finite.all() else pa.py_buffer(np.packbits(finite, bitorder="little").tobytes())
    buffers = [mask, pa.py_buffer(offsets), pa.py_buffer(record.tobytes())]
    return pa.Array.from_buffers(pa.binary(), len(x), buffers)


def _wgs84(wkb: pa.Array, source: str) -> pa.Array:
    return wkb if source == WGS84 else geo.convert_wkb(wkb, source, WGS84)


def _points_wgs84(wkb: pa.Array, source: str, function: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitude and latitude of points; other geometries are refused, nulls become NaN."""
    shapes = _shapes(_wgs84(wkb, source))
    kinds = shapely.get_type_id(shapes)
    if np.any((kinds != shapely.GeometryType.POINT) & (kinds != shapely.GeometryType.MISSING)):
        raise InputError("tables.wants_points", function=function)
    return shapely.get_x(shapes), shapely.get_y(shapes)


def area_m2(wkb: pa.Array, crs: str) -> pa.Array:
    """Area on the WGS84 ellipsoid in m2 (holes taken away; points and lines 0), from any known datum."""
    return geo.area_m2(_wgs84(wkb, crs))


def length_m(wkb: pa.Array, crs: str) -> pa.Array:
    """Geodesic length of lines in metres (points and polygons 0), from any known datum."""
    return geo.length_m(_wgs84(wkb, crs))


def distance_m(one: pa.Array, one_crs: str, other: pa.Array, other_crs: str) -> pa.Array:
    """Geodesic distance between points in metres."""
    x1, y1 = _points_wgs84(one, one_crs, "distance_m")
    x2, y2 = _points_wgs84(other, other_crs, "distance_m")
    return _floats(geo.geodesic_distance_m(x1, y1, x2, y2))


def h3_cell(wkb: pa.Array, crs: str, resolutions: pa.Array) -> pa.Array:
    """H3 index of points as text, resolution 0 to 15 (https://h3geo.org/docs/core-library/restable)."""
    from h3.api import basic_str

    x, y = _points_wgs84(wkb, crs, "h3_cell")
    wanted = resolutions.to_pylist()
    if any(value is not None and not 0 <= value <= 15 for value in set(wanted)):
        raise InputError("tables.h3_resolution")
    known = np.isfinite(x) & np.isfinite(y)
    cells = [
        basic_str.latlng_to_cell(lat, lon, resolution) if good and resolution is not None else None
        for lon, lat, resolution, good in zip(x.tolist(), y.tolist(), wanted, known.tolist(), strict=True)
    ]
    return pa.array(cells, pa.string())


def grid_cell(wkb: pa.Array, crs: str, metres: pa.Array) -> pa.Array:
    """Name of the equal-area square a point falls in: `6933:<metres>:<column>:<row>`.

    The grid is EPSG:6933 cut at multiples of `metres` from its origin (0 E, equator). Every cell has the same area on
    the ground, `metres` squared; on the ground it is a little wider than high in Hong Kong (1.07 : 0.94) and nearly
    square in Shanghai (0.99 : 1.01).
    """
    lon, lat = _points_wgs84(wkb, crs, "grid_cell")
    size = _numbers(metres)
    if np.any(~(size[np.isfinite(size)] >= 1)) or np.any(np.isinf(size)):
        raise InputError("tables.grid_size")
    known = np.isfinite(lon) & np.isfinite(lat) & np.isfinite(size)
    cells = np.full(len(lon), None, dtype=object)
    moved = geo.convert(lon[known], lat[known], WGS84, EQUAL_AREA)
    columns, rows = np.floor(moved.x / size[known]), np.floor(moved.y / size[known])
    names = [
        f"6933:{step:.12g}:{column:.0f}:{row:.0f}" if np.isfinite(column) and np.isfinite(row) else None
        for step, column, row in zip(size[known], columns, rows, strict=True)
    ]
    cells[known] = names
    return pa.array(cells, pa.string())


def _conversion(name: str, target: str) -> tuple[str, Any, _Kernel]:
    def kernel(sources: list[str], wkb: pa.Array) -> pa.Array:
        return wkb if sources[0] == target else geo.convert_wkb(wkb, sources[0], target)

    return "g", _field(target), kernel


def _constructor(target: str) -> tuple[str, Any, _Kernel]:
    def kernel(_: list[str], x: pa.Array, y: pa.Array) -> pa.Array:
        return point_wkb(_numbers(x), _numbers(y))

    return "nn", _field(target), kernel


def _box(_: list[str], *sides: pa.Array) -> pa.Array:
    boxes = shapely.box(*(_numbers(side) for side in sides))
    return pa.array(shapely.to_wkb(boxes), pa.binary())


def _from_wkt(_: list[str], text: pa.Array) -> pa.Array:
    try:
        shapes = shapely.from_wkt(text.cast(pa.string()).to_numpy(zero_copy_only=False))
    except shapely.errors.ShapelyError as error:
        raise InputError("tables.bad_wkt", reason=str(error)[:120]) from error
    return pa.array(shapely.to_wkb(shapes, include_srid=False), pa.binary())


def _definitions() -> dict[str, tuple[str, Any, _Kernel]]:
    """Function name -> (arguments, type of the answer, kernel(datums of the geometries, *arrays))."""
    return {
        **{name: _conversion(name, target) for name, target in CONVERSIONS.items()},
        **{name: _constructor(target) for name, target in POINTS.items()},
        "box_wgs84": ("nnnn", _field(WGS84), _box),
        "wkt_wgs84": ("s", _field(WGS84), _from_wkt),
        "area_m2": ("g", pa.float64(), lambda datums, wkb: area_m2(wkb, datums[0])),
        "length_m": ("g", pa.float64(), lambda datums, wkb: length_m(wkb, datums[0])),
        "distance_m": ("gg", pa.float64(), lambda datums, a, b: distance_m(a, datums[0], b, datums[1])),
        "h3_cell": ("gn", pa.string(), lambda datums, wkb, n: h3_cell(wkb, datums[0], n)),
        "grid_cell": ("gn", pa.string(), lambda datums, wkb, n: grid_cell(wkb, datums[0], n)),
    }


def _function(name: str, arguments: str, answer: Any, kernel: _Kernel) -> Any:
    """One SQL function for the engine; errors of ours are remembered, because the engine keeps only their text."""
    from sedonadb import udf

    def answer_type(types: list[Any], _: list[Any]) -> Any:
        with remembered():
            _check_arguments(name, types, arguments)
            for argument in types:
                if _is_geometry(argument):
                    _datum_of(argument, name)
        return answer

    def call(*values: Any) -> pa.Array:
        with remembered():
            datums, arrays = [], []
            for value, letter in zip(values, arguments, strict=True):
                array = pa.array((value.storage if letter == "g" else value).to_array())
                arrays.append(array.cast(pa.binary()) if letter == "g" else array)
                if letter == "g":
                    datums.append(_datum_of(value.type, name))
            return kernel(datums, *arrays)

    return udf.arrow_udf(answer_type, None, name=name)(call)


def _constant(name: str, value: Any, kind: pa.DataType) -> Any:
    from sedonadb import udf

    def call(*, num_rows: int = 1) -> pa.Array:
        return pa.array([value] * num_rows, kind)

    return udf.arrow_udf(kind, [], name=name)(call)


def register(session: Any, names: frozenset[str], *, instant: datetime, seed: int) -> None:
    """Give a SedonaDB session the named functions of `NAMES`.

    Args:
        instant: what `build_instant()` answers, with its zone.
        seed: what `build_seed()` answers.
    """
    if "build_instant" in names:
        session.register(_constant("build_instant", instant, pa.timestamp("us", "UTC")))
    if "build_seed" in names:
        session.register(_constant("build_seed", seed, pa.int64()))
    wanted = names - frozenset(CONSTANTS)
    for name, definition in _definitions().items() if wanted else ():
        if name in wanted:
            session.register(_function(name, *definition))


__all__ = ["CONVERSIONS", "NAMES", "POINTS", "register"]
