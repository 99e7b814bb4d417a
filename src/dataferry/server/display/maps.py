"""Places as drawings: a frame per city, all frames at the same scale, places in classes of one figure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from dataferry.server.display.scales import class_of, nice_step
from dataferry.server.display.words import INKS

WIDTH, HEIGHT, PADDING = 560.0, 470.0, 26.0
MARGIN = 12.0
METRES_PER_DEGREE = 111_320.0
WGS84 = frozenset({"EPSG:4326", "OGC:CRS84", "EPSG:4490"})
_SMALLEST_EXTENT = 500.0
_LETTER = 6.6
_IDEOGRAPH = 12.4


@dataclass(frozen=True)
class Place:
    """One place before it is drawn: a shapely geometry in degrees, its figure (also as text), its name, its city."""

    geometry: Any
    value: float | None
    text: str
    label: str
    city: str


@dataclass(frozen=True)
class Shape:
    """One place. `path` is SVG path data; a point has none. `x`, `y` and `place` (degrees) are a point inside it.

    `level` is its class, None without figure.
    """

    path: str
    x: float
    y: float
    level: int | None
    label: str
    value: str
    kind: str
    place: tuple[float, float]
    labelled: bool = False


@dataclass(frozen=True)
class Frame:
    """One city's part of the map, in a view box of WIDTH by HEIGHT. `bbox` is west, south, east, north in degrees.

    `wide` and `high` are what its places take of the view box, about its middle.
    """

    city: str
    ink: str
    shapes: tuple[Shape, ...]
    bbox: tuple[float, float, float, float]
    wide: float
    high: float

    @property
    def left(self) -> float:
        return round((WIDTH - self.wide) / 2, 1)

    @property
    def top(self) -> float:
        return round((HEIGHT - self.high) / 2, 1)


def cities_in_order(by_city: Mapping[str, Sequence[Place]]) -> list[str]:
    order = {city: index for index, city in enumerate(INKS)}
    return sorted(by_city, key=lambda city: (order.get(city, len(order)), city))


def frames_of(by_city: Mapping[str, Sequence[Place]], breaks: Sequence[float]) -> tuple[tuple[Frame, ...], float]:
    """A frame for each city at one scale, and that scale in metres per unit of the view box."""
    cities = cities_in_order(by_city)
    boxes = {city: _bbox(by_city[city]) for city in cities}
    scale = max(metres_per_unit(box) for box in boxes.values())
    return tuple(_frame(city, by_city[city], boxes[city], scale, breaks) for city in cities), scale


def scale_bar(scale: float) -> tuple[float, float]:
    """Length of the bar in units of the view box, and in kilometres."""
    kilometres = nice_step(scale * WIDTH / 1000, 5)
    return kilometres * 1000 / scale, kilometres


def to_wgs84(shapes: Any, crs: str | None) -> Any:
    """Degrees of WGS 84 for the drawing, whatever their datum."""
    if crs is None or crs in WGS84:
        return shapes
    import numpy as np
    import shapely

    from dataferry.geo import convert

    def moved(points: Any) -> Any:
        done = convert(points[:, 0], points[:, 1], crs, "EPSG:4326")
        return np.column_stack([done.x, done.y])

    return shapely.transform(shapes, moved)


def _bbox(places: Sequence[Place]) -> tuple[float, float, float, float]:
    import shapely

    west, south, east, north = shapely.total_bounds([place.geometry for place in places])
    return float(west), float(south), float(east), float(north)


def metres_per_unit(box: tuple[float, float, float, float]) -> float:
    west, south, east, north = box
    wide = (east - west) * METRES_PER_DEGREE * math.cos(math.radians((south + north) / 2))
    high = (north - south) * METRES_PER_DEGREE
    return max(
        max(wide, _SMALLEST_EXTENT) / (WIDTH - 2 * PADDING), max(high, _SMALLEST_EXTENT) / (HEIGHT - 2 * PADDING)
    )


def _frame(
    city: str,
    places: Sequence[Place],
    box: tuple[float, float, float, float],
    scale: float,
    breaks: Sequence[float],
) -> Frame:
    import shapely

    per_x, per_y = _units_per_degree(box, scale)
    to_view = _to_view(box, scale)
    shapes = [_shape(place, shapely.transform(shapely.force_2d(place.geometry), to_view), breaks) for place in places]
    west, south, east, north = box
    wide, high = round((east - west) * per_x + MARGIN, 1), round((north - south) * per_y + MARGIN, 1)
    return Frame(city, INKS.get(city, "both"), tuple(_labelled(shapes)), box, wide, high)


def _units_per_degree(box: tuple[float, float, float, float], scale: float) -> tuple[float, float]:
    """How many units of the view box a degree of longitude and of latitude takes."""
    return METRES_PER_DEGREE * math.cos(math.radians((box[1] + box[3]) / 2)) / scale, METRES_PER_DEGREE / scale


def _to_view(box: tuple[float, float, float, float], scale: float) -> Callable[[Any], Any]:
    """From degrees to the view box of the frame that shows `box`."""
    per_x, per_y = _units_per_degree(box, scale)
    middle_x, middle_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

    def to_view(points: Any) -> Any:
        points = points.copy()
        points[:, 0] = WIDTH / 2 + (points[:, 0] - middle_x) * per_x
        points[:, 1] = HEIGHT / 2 - (points[:, 1] - middle_y) * per_y
        return points

    return to_view


@cache
def _outlines() -> Mapping[str, Any]:
    """Districts of each city as shapely multipolygons in degrees; see tools/base_outlines.py."""
    import shapely

    text = resources.files("dataferry.server.display").joinpath("outlines.json").read_text(encoding="utf-8")
    return {
        city: shapely.multipolygons([shapely.polygons(ring) for ring in rings])
        for city, rings in json.loads(text).items()
    }


def base_path(frame: Frame, scale: float) -> str:
    """The districts' outlines under a frame as SVG path data; those of both cities where it shows no single one."""
    import shapely

    view = shapely.box(-WIDTH, -HEIGHT, 2 * WIDTH, 2 * HEIGHT)
    parts = []
    for city, outlines in _outlines().items():
        if frame.city in {city, ""}:
            drawn = shapely.transform(outlines, _to_view(frame.bbox, scale))
            near = [part for part in shapely.get_parts(drawn) if shapely.intersects(part, view)]
            parts += [_path(shapely.simplify(part, 0.3)) for part in near]
    return "".join(parts)


def _shape(place: Place, geometry: Any, breaks: Sequence[float]) -> Shape:
    import shapely

    level = class_of(place.value, breaks)
    centre = shapely.point_on_surface(geometry)
    kind = {0: "point", 1: "line"}.get(int(shapely.get_dimensions(geometry)), "area")
    path = "" if kind == "point" else _path(shapely.simplify(geometry, 0.35, preserve_topology=False) or geometry)
    inside = shapely.point_on_surface(place.geometry)
    degrees = (round(inside.x, 5), round(inside.y, 5))
    return Shape(path, round(centre.x, 1), round(centre.y, 1), level, place.label, place.text, kind, degrees)


def _path(geometry: Any) -> str:
    """SVG path data of every ring and line, to a tenth of a unit."""
    import shapely

    parts = []
    for part in shapely.get_parts(geometry):
        area = shapely.get_type_id(part) == shapely.GeometryType.POLYGON
        for line in shapely.get_rings(part) if area else [part]:
            points = [f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(line)]
            distinct = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
            if len(distinct) > 1:
                parts.append("M" + "L".join(distinct) + ("Z" if area else ""))
    return "".join(parts)


def _labelled(shapes: Sequence[Shape]) -> list[Shape]:
    """Mark the shapes whose label finds room: bigger places first, no two labels over each other."""
    taken: list[tuple[float, float, float, float]] = []
    chosen = set()
    for index in sorted(range(len(shapes)), key=lambda index: -len(shapes[index].path)):
        shape = shapes[index]
        half = text_width(shape.label) / 2
        box = (shape.x - half - 3, shape.y - 8, shape.x + half + 3, shape.y + 8)
        inside = box[0] > 2 and box[2] < WIDTH - 2
        clear = all(box[2] < o[0] or box[0] > o[2] or box[3] < o[1] or box[1] > o[3] for o in taken)
        if shape.label and shape.kind != "line" and inside and clear:
            taken.append(box)
            chosen.add(index)
    return [replace(shape, labelled=index in chosen) for index, shape in enumerate(shapes)]


def text_width(text: str) -> float:
    """About how wide a short text is drawn at 12 units."""
    return sum(_IDEOGRAPH if ord(character) > 0x2E7F else _LETTER for character in text)
