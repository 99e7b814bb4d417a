"""The map of a snapshot: each place where they are few, how many lie where otherwise. Drawn once, then kept.

Nothing is put on a map whose datum is unknown: a guess could be half a kilometre wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.core.cache import cache

from dataferry.messages import DataferryError
from dataferry.server.catalogue.models import Snapshot
from dataferry.server.catalogue.store import table_of
from dataferry.server.display.maps import METRES_PER_DEGREE, Frame, Place, base_path, frames_of, scale_bar, to_wgs84
from dataferry.server.display.scales import class_breaks, nice_step
from dataferry.server.display.words import INKS

MOST_SHAPES = 1500
MOST_READ = 400_000
CITY_BOXES: Mapping[str, tuple[float, float, float, float]] = {
    "hong-kong": (113.80, 22.10, 114.55, 22.60),
    "shanghai": (120.80, 30.60, 122.30, 31.95),
}
"""West, south, east, north in degrees: roughly each city with its waters."""

_CELLS_ACROSS = 44
_PART_ROWS = 32_768
_BATCH = 8192
_DAY = 24 * 3600
_VERSION = 2
_FEW_OUTSIDE = 0.1

Kind = Literal["each", "sample", "density"]


@dataclass(frozen=True)
class Summary:
    """One city's places in figures: for those who do not see the map."""

    city: str
    ink: str
    count: int
    extent: tuple[float, float, float, float]


@dataclass(frozen=True)
class PlacesMap:
    """Frames at one scale and what stands behind them.

    Args:
        bases: under each frame the districts' outlines.
        kind: each place drawn, every n-th shape drawn, or cells of `cell_km` by how many places they hold.
        looked_at: rows that were read for it, of `rows`.
        without: rows among them that state no place.
        outside: places among them that lie outside of the frames.
        fullest: for cells: longitude, latitude and count of the fullest.
    """

    kind: Kind
    frames: tuple[Frame, ...]
    bases: tuple[str, ...]
    breaks: tuple[float, ...]
    bar: float
    bar_km: float
    rows: int
    looked_at: int
    drawn: int
    without: int
    outside: int
    cell_km: float
    summaries: tuple[Summary, ...]
    fullest: tuple[tuple[float, float, int], ...]

    @property
    def layers(self) -> list[tuple[Frame, str]]:
        """Each frame with the outlines under it."""
        return list(zip(self.frames, self.bases, strict=True))


@dataclass(frozen=True)
class NoMap:
    """Why there is no map: `no_places`, `unknown_datum`, `empty`, `unreadable` or `cannot_convert`."""

    why: str


@dataclass
class _Seen:
    """What one pass over the file found: middles of all places in degrees, and some of the shapes themselves."""

    middles: Any
    cities: Any
    shapes: list[tuple[int, Any]]
    looked_at: int
    without: int
    points: int


def places_map(snapshot: Snapshot, city: str) -> PlacesMap | NoMap:
    """The map of a snapshot. Kept by the digest of its table: a snapshot never changes."""
    if not snapshot.has_geometry:
        return NoMap("no_places")
    key = f"catalogue-map:{_VERSION}:{snapshot.table_sha256}:{city}"
    found: PlacesMap | NoMap | None = cache.get(key)
    if found is None:
        try:
            with table_of(snapshot) as path:
                found = draw(path, city)
        except DataferryError:
            return NoMap("unreadable")
        cache.set(key, found, _DAY)
    return found


def draw(path: Path, city: str) -> PlacesMap | NoMap:
    """The map of a GeoParquet file's first geometry column."""
    import pyarrow.parquet as pq

    from dataferry.tables import geometry_columns
    from dataferry.tables.engine import schema_of

    columns = geometry_columns(schema_of(path))
    if not columns:
        return NoMap("no_places")
    name, crs = next(iter(columns.items()))
    if crs is None:
        return NoMap("unknown_datum")
    with pq.ParquetFile(path) as file:
        rows = file.metadata.num_rows
        try:
            seen = _look(file, name, crs, city)
        except DataferryError:
            return NoMap("cannot_convert")
    if len(seen.middles) == 0:
        return NoMap("empty")
    return _drawing(seen, rows)


def _parts(file: Any, column: str) -> Iterator[Any]:
    """All rows of a small file; of a big one as many from the start of evenly spread row groups."""
    groups = file.metadata.num_row_groups
    parts = max(1, MOST_READ // _PART_ROWS)
    whole = file.metadata.num_rows <= MOST_READ
    chosen = range(groups) if whole else sorted({index * groups // parts for index in range(parts)})
    for group in chosen:
        left = math.inf if whole else _PART_ROWS
        for batch in file.iter_batches(_BATCH, row_groups=[group], columns=[column]):
            yield batch.column(0)
            left -= len(batch)
            if left <= 0:
                break


def _look(file: Any, column: str, crs: str, city: str) -> _Seen:
    import numpy as np
    import shapely

    step = max(1, math.ceil(min(file.metadata.num_rows, MOST_READ) / MOST_SHAPES))
    middles, shapes = [], []
    looked_at = without = points = placed = 0
    for wkb in _parts(file, column):
        parsed = shapely.from_wkb(wkb.to_numpy(zero_copy_only=False), on_invalid="ignore")
        bounds = shapely.bounds(parsed)
        known = np.isfinite(bounds).all(axis=1)
        middle = np.column_stack([bounds[known][:, [0, 2]].mean(axis=1), bounds[known][:, [1, 3]].mean(axis=1)])
        middle = _degrees(middle, crs)
        inside = (np.abs(middle[:, 0]) <= 180) & (np.abs(middle[:, 1]) <= 90)
        chosen = parsed[known][inside]
        points += int((shapely.get_dimensions(chosen) == 0).sum())
        first = (-placed) % step
        shapes += [(placed + at, chosen[at]) for at in range(first, len(chosen), step)]
        middles.append(middle[inside])
        placed += len(chosen)
        looked_at += len(parsed)
        without += len(parsed) - len(chosen)
    found = np.concatenate(middles) if middles else np.empty((0, 2))
    kept = [(at, to_wgs84(shape, crs)) for at, shape in shapes]
    return _Seen(found, _cities(found, city), kept, looked_at, without, points)


def _degrees(points: Any, crs: str) -> Any:
    import numpy as np

    from dataferry.geo import convert
    from dataferry.server.display.maps import WGS84

    if crs in WGS84 or len(points) == 0:
        return points
    done = convert(points[:, 0], points[:, 1], crs, "EPSG:4326")
    moved = np.column_stack([done.x, done.y])
    return np.where(np.isfinite(moved), moved, 999.0)


def _cities(middles: Any, city: str) -> Any:
    """For each place the frame it belongs to: a city's number, -1 for none. 0 for all where the cities do not fit."""
    import numpy as np

    found = np.full(len(middles), -1)
    names = list(INKS)
    for name in [city] if city in CITY_BOXES else names:
        west, south, east, north = CITY_BOXES[name]
        x, y = middles[:, 0], middles[:, 1]
        found[(x >= west) & (x <= east) & (y >= south) & (y <= north)] = names.index(name)
    if len(middles) and (found == -1).mean() > _FEW_OUTSIDE:
        return np.full(len(middles), len(names))
    return found


def _drawing(seen: _Seen, rows: int) -> PlacesMap:
    few = len(seen.middles) <= MOST_SHAPES
    crowd = not few and seen.points >= 0.9 * len(seen.middles)
    names = [*INKS, ""]
    cell_km: float = 0.0
    fullest: tuple[tuple[float, float, int], ...] = ()
    by_city: dict[str, list[Place]] = {}
    if crowd:
        by_city, cell_km, fullest = _cells(seen, names)
    else:
        for at, shape in seen.shapes:
            if seen.cities[at] >= 0:
                name = names[int(seen.cities[at])]
                by_city.setdefault(name, []).append(Place(shape, None, "", "", name))
    breaks = tuple(class_breaks([place.value for places in by_city.values() for place in places if place.value]))
    frames, scale = frames_of(by_city, breaks)
    bar, bar_km = scale_bar(scale)
    outside = int((seen.cities == -1).sum())
    drawn = len(seen.middles) - outside if crowd else sum(len(places) for places in by_city.values())
    kind: Kind = "density" if crowd else "each" if few and seen.looked_at == rows else "sample"
    summaries = tuple(_summaries(seen, names))
    return PlacesMap(
        kind,
        frames,
        tuple(base_path(frame, scale) for frame in frames),
        breaks,
        bar,
        bar_km,
        rows,
        seen.looked_at,
        drawn,
        seen.without,
        outside,
        cell_km,
        summaries,
        fullest,
    )


def _cells(seen: _Seen, names: list[str]) -> tuple[dict[str, list[Place]], float, tuple[tuple[float, float, int], ...]]:
    """Hexagons of one size in metres, each with how many places it holds."""
    import numpy as np
    import shapely

    groups = {name: seen.middles[seen.cities == index] for index, name in enumerate(names)}
    groups = {name: points for name, points in groups.items() if len(points)}
    across = max(_metres_across(points) for points in groups.values())
    size = nice_step(max(across, 500.0), _CELLS_ACROSS)
    by_city: dict[str, list[Place]] = {}
    cells: list[tuple[int, float, float]] = []
    for name, points in groups.items():
        lat = math.cos(math.radians(float(points[:, 1].mean())))
        scale = np.array([METRES_PER_DEGREE * lat, METRES_PER_DEGREE]) / size
        centres, counts = np.unique(_hexagons(points * scale), axis=0, return_counts=True)
        corners = np.array([(math.sin(a), math.cos(a)) for a in np.radians(np.arange(0, 360, 60))]) / math.sqrt(3)
        rings = (centres[:, None, :] + corners[None, :, :]) / scale
        hexagons = shapely.polygons(rings)
        by_city[name] = [
            Place(hexagon, float(count), f"{count:,}", "", name)
            for hexagon, count in zip(hexagons, counts.tolist(), strict=True)
        ]
        for centre, count in zip((centres / scale).tolist(), counts.tolist(), strict=True):
            cells.append((count, centre[0], centre[1]))
    fullest = sorted(cells, reverse=True)[:8]
    return by_city, size / 1000, tuple((round(x, 4), round(y, 4), count) for count, x, y in fullest)


def _hexagons(points: Any) -> Any:
    """The centre of each point's hexagon in a honeycomb whose cells are 1 wide, points up; rounded to be comparable.

    The nearer of the two centres in the two interleaved rectangular lattices that make up the honeycomb.
    """
    import numpy as np

    high = math.sqrt(3)
    even = np.column_stack([np.round(points[:, 0]), np.round(points[:, 1] / high) * high])
    odd = np.column_stack([np.floor(points[:, 0]) + 0.5, (np.floor(points[:, 1] / high) + 0.5) * high])
    nearer = ((points - even) ** 2).sum(axis=1) <= ((points - odd) ** 2).sum(axis=1)
    return np.round(np.where(nearer[:, None], even, odd), 6)


def _metres_across(points: Any) -> float:
    import numpy as np

    west, south = points.min(axis=0)
    east, north = points.max(axis=0)
    wide = (east - west) * math.cos(math.radians(float(south + north) / 2))
    return float(np.max([wide, north - south]) * METRES_PER_DEGREE)


def _summaries(seen: _Seen, names: list[str]) -> Iterator[Summary]:
    for index, name in enumerate(names):
        points = seen.middles[seen.cities == index]
        if len(points):
            (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
            extent = (round(west, 4), round(south, 4), round(east, 4), round(north, 4))
            yield Summary(name, INKS.get(name, "both"), len(points), extent)
