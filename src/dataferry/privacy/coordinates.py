"""Where the rows are: the columns of coordinates, their datum, and to how many metres their decimals tell a place."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from dataferry.geo import canonical_crs, crs_name, find_coordinate_columns, in_degrees
from dataferry.tables import geometry_columns, plain_geometry

METRES_PER_DEGREE: Final = 111_320.0
"""A degree of longitude at the equator of WGS84, in metres."""
MOST_DECIMALS: Final = 9
_SAMPLE: Final = 50_000
_AS_WRITTEN: Final = 0.99


@dataclass(frozen=True)
class Coordinates:
    """Coordinates of a table.

    Args:
        columns: a geometry column, or the columns of x (longitude, easting) and y.
        crs: CRS id such as `DATAFERRY:GCJ02`; None when nothing says it.
        datum: what people call it (`GCJ-02`), or None.
        decimals: decimals that 99 of 100 numbers need.
        metres: side of the square that these decimals leave; of degrees it is taken at the equator, so the real
            square is no larger.
        points: whether places are single points rather than lines or areas.
        distinct: distinct places.
    """

    columns: tuple[str, ...]
    crs: str | None
    datum: str | None
    decimals: int
    metres: float
    points: bool
    distinct: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"columns": list(self.columns)}


def measure_coordinates(table: pa.Table, crs: str | None = None) -> Coordinates | None:
    """The finest coordinates of a table, or None when it has none.

    Args:
        crs: the datum of plain columns of numbers, and of geometry that states none.
    """
    found = []
    for columns, stated, shapes in _places(table):
        points, single = shapes
        points = points[np.isfinite(points).all(axis=1)]
        if len(points):
            found.append(_measured(columns, stated or (canonical_crs(crs) if crs else None), points, single))
    return min(found, key=lambda one: (one.metres, one.columns), default=None)


def xy_of(table: pa.Table, columns: tuple[str, ...]) -> NDArray[np.float64]:
    """The place of every row as an array (rows, 2), NaN where there is none; of a shape, its centroid."""
    if len(columns) == 1:
        shapes = shapely.from_wkb(plain_geometry(table.select(columns))[columns[0]].to_numpy())
        single = shapely.get_type_id(shapes) == shapely.GeometryType.POINT
        shapes = shapes if bool(np.all(single | shapely.is_missing(shapes))) else shapely.centroid(shapes)
        return np.column_stack([shapely.get_x(shapes), shapely.get_y(shapes)])
    return np.column_stack([_floats(table[name]) for name in columns])


def _places(table: pa.Table) -> list[tuple[tuple[str, ...], str | None, tuple[NDArray[np.float64], bool]]]:
    places: list[tuple[tuple[str, ...], str | None, tuple[NDArray[np.float64], bool]]] = []
    for name, stated in geometry_columns(table.schema).items():
        shapes = shapely.from_wkb(plain_geometry(table.select([name]))[name].to_numpy())
        single = bool(np.all(shapely.get_type_id(shapes) <= 0))
        places.append(((name,), stated, (shapely.get_coordinates(shapes), single)))
    names = [field.name for field in table.schema if is_number(field.type)]
    for pair in find_coordinate_columns(names).pairs():
        if not places:
            places.append((pair, None, (xy_of(table, pair), True)))
    return places


def _measured(columns: tuple[str, ...], crs: str | None, points: NDArray[np.float64], single: bool) -> Coordinates:
    decimals = decimals_of(points[:: max(1, len(points) // _SAMPLE)])
    degrees = in_degrees(crs) if crs else bool(np.all(np.abs(points) <= 180))
    metres = 10.0**-decimals * (METRES_PER_DEGREE if degrees else 1.0)
    x, y = dense_codes(points[:, 0]), dense_codes(points[:, 1])
    distinct = int(dense_codes(x * (int(y.max()) + 1) + y).max()) + 1
    return Coordinates(columns, crs, crs_name(crs) if crs else None, decimals, round(metres, 6), single, distinct)


def decimals_of(values: NDArray[np.float64]) -> int:
    """The fewest decimals, 0 to 9, that tell at least 99 of 100 of the numbers."""
    values = values[np.isfinite(values)]
    for places in range(MOST_DECIMALS):
        tolerance = 1e-12 * np.maximum(np.abs(values), 1.0)
        if np.mean(np.abs(np.round(values, places) - values) <= tolerance) >= _AS_WRITTEN:
            return places
    return MOST_DECIMALS


def is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def _floats(values: pa.ChunkedArray) -> NDArray[np.float64]:
    return np.asarray(values.cast(pa.float64(), safe=False).fill_null(float("nan")), dtype=np.float64)


def dense_codes(values: pa.ChunkedArray | NDArray[Any]) -> NDArray[np.int64]:
    """A code from 0 up for each distinct value, in the order in which they first appear; missing values have one."""
    array = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([pa.array(values)])
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    coded = pa.concat_arrays(array.chunks).dictionary_encode("encode")
    codes: NDArray[np.int64] = np.asarray(coded.indices, dtype=np.int64)
    return codes


def ordered_codes(values: pa.ChunkedArray | NDArray[Any]) -> NDArray[np.int64]:
    """As `dense_codes`, but numbered in the order of the values, so that the order of the rows does not matter."""
    array = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([pa.array(values)])
    if not len(array):
        return np.zeros(0, dtype=np.int64)
    coded = pa.concat_arrays(array.chunks).dictionary_encode("encode")
    order = np.asarray(pc.array_sort_indices(coded.dictionary), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    codes: NDArray[np.int64] = rank[np.asarray(coded.indices, dtype=np.int64)]
    return codes
