"""The map of a release as drawing: a frame per city, all frames at the same scale, places in classes of one figure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataferry.messages import Language
from dataferry.server.display.maps import Frame, Place, frames_of, scale_bar, to_wgs84
from dataferry.server.display.scales import class_breaks
from dataferry.server.display.words import CITY_COLUMNS, INKS, cell
from dataferry.server.workshop.columns import column_of, label_column
from dataferry.server.workshop.data import data_path, first_rows
from dataferry.server.workshop.drawings.kept import kept
from dataferry.server.workshop.models import Release

MOST_LABELS = 200
LARGEST = 4000


@dataclass(frozen=True)
class MapDrawing:
    """Frames at one scale, the classes' limits, and the scale bar (length in view box units, and in kilometres)."""

    frames: tuple[Frame, ...]
    breaks: tuple[float, ...]
    no_figure: bool
    bar: float
    bar_km: float
    drawn: int
    total: int


@kept
def map_drawing(release: Release, language: Language) -> MapDrawing | None:
    """The map of a release, or None where it has no geometry. Kept: a release never changes."""
    document = release.document
    geometry = document["output"].get("geometry")
    if not geometry or not data_path(release).is_file():
        return None
    places = _places(release, geometry, language)
    by_city: dict[str, list[Place]] = {}
    for place in places:
        by_city.setdefault(place.city, []).append(place)
    if not by_city:
        return None
    values = [place.value for place in places if place.value is not None]
    breaks = tuple(class_breaks(values))
    frames, scale = frames_of(by_city, breaks)
    bar, bar_km = scale_bar(scale)
    missing = bool(document.get("map")) and any(place.value is None for place in places)
    return MapDrawing(frames, breaks, missing, bar, bar_km, len(places), int(document["output"]["rows"]))


def _places(release: Release, geometry: str, language: Language) -> list[Place]:
    import numpy as np
    import shapely

    document = release.document
    drawn = document.get("map") or {}
    value_name, label_name = drawn.get("value"), drawn.get("label")
    label_name = label_column(document, label_name, language) if label_name else None
    names = [name for name in (geometry, value_name, label_name, *CITY_COLUMNS) if name]
    rows = first_rows(release, names, LARGEST)
    shapes = shapely.from_wkb(np.array([row.get(geometry) for row in rows], dtype=object), on_invalid="ignore")
    shapes = to_wgs84(shapes, document["output"].get("crs"))
    precision = column_of(document, value_name).get("precision")
    cities = document["cities"]
    only_city = cities[0] if len(cities) == 1 else ""
    found = []
    for row, shape in zip(rows, shapes, strict=True):
        if shape is None or shape.is_empty or not np.isfinite(shapely.bounds(shape)).all():
            continue
        value = row.get(value_name) if value_name else None
        figure = float(value) if isinstance(value, int | float) and math.isfinite(value) else None
        city = next((str(row[name]) for name in CITY_COLUMNS if row.get(name) in INKS), only_city)
        label = cell(row.get(label_name)) if label_name else ""
        found.append(Place(shape, figure, cell(value, precision), label, city))
    return found


def frame_settings(drawing: MapDrawing) -> list[Mapping[str, Any]]:
    """What the browser's map needs of each frame."""
    return [
        {
            "city": frame.city,
            "ink": frame.ink,
            "bbox": frame.bbox,
            "labels": [
                [*shape.place, shape.label]
                for shape in sorted(frame.shapes, key=lambda shape: -len(shape.path))
                if shape.label and shape.kind != "line"
            ][:MOST_LABELS],
        }
        for frame in drawing.frames
    ]
