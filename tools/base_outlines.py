"""Make the quiet base of the maps: the districts' outlines of both cities, in WGS 84, simplified as one coverage.

From the sample's district files, which are declared GCJ-02 (see NOTICE). Run: python tools/base_outlines.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from dataferry.geo import convert

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "examples" / "two-city-ev-chargers" / "data"
TARGET = ROOT / "src" / "dataferry" / "server" / "display" / "outlines.json"
CITIES = {"hong-kong": "hk_districts.geojson", "shanghai": "sh_districts.geojson"}
TOLERANCE, SMALLEST = 0.002, 4e-6
"""Degrees, and square degrees: at the size of a page smaller corners and islets do not show."""


def rings_of(file: Path) -> list[list[list[float]]]:
    """Outer rings of all districts, longitude and latitude to four decimals."""
    features = json.loads(file.read_text(encoding="utf-8"))["features"]
    shapes = shapely.from_geojson([json.dumps(each["geometry"]) for each in features])
    moved = shapely.make_valid([shapely.transform(shape, to_wgs84) for shape in shapes])
    parts = shapely.get_parts(shapely.coverage_simplify(moved, TOLERANCE))
    areas = [part for part in parts if part.geom_type == "Polygon" and part.area > SMALLEST]
    return [np.round(shapely.get_coordinates(area.exterior), 4).tolist() for area in areas]


def to_wgs84(points: Any) -> Any:
    done = convert(points[:, 0], points[:, 1], "DATAFERRY:GCJ02", "EPSG:4326")
    return np.column_stack([done.x, done.y])


if __name__ == "__main__":
    outlines = {city: rings_of(SOURCES / name) for city, name in CITIES.items()}
    TARGET.write_text(json.dumps(outlines, separators=(",", ":")) + "\n", encoding="utf-8")
