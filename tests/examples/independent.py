"""A second computation that shares no code with Dataferry: the public GCJ-02 formula and a shapely tree.

Formula of GCJ-02 as published in many places (Krasovsky a = 6378245, e2 = 0.00669342162296594323), written out with
its twelve sines; the inverse is a fixed-point iteration.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import shape

AXIS, E2 = 6378245.0, 0.00669342162296594323
Outlines = dict[int, shapely.Geometry]


def to_gcj02(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x, y = lon - 105.0, lat - 35.0

    def wave(angle: np.ndarray) -> np.ndarray:
        return np.sin(angle * np.pi)

    both = (20 * wave(6 * x) + 20 * wave(2 * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + both
    north += (20 * wave(y) + 40 * wave(y / 3)) * 2 / 3 + (160 * wave(y / 12) + 320 * wave(y / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + both
    east += (20 * wave(x) + 40 * wave(x / 3)) * 2 / 3 + (150 * wave(x / 12) + 300 * wave(x / 30)) * 2 / 3
    phi = np.radians(lat)
    w = 1 - E2 * np.sin(phi) ** 2
    lat_degrees = north * 180 / (AXIS * (1 - E2) / (w * np.sqrt(w)) * np.pi)
    lon_degrees = east * 180 / (AXIS / np.sqrt(w) * np.cos(phi) * np.pi)
    return lon + lon_degrees, lat + lat_degrees


def from_gcj02(xy: np.ndarray) -> np.ndarray:
    guess = xy.copy()
    for _ in range(8):
        guess -= np.column_stack(to_gcj02(guess[:, 0], guess[:, 1])) - xy
    return guess


def outlines(path: Path, *, shifted: bool = True) -> Outlines:
    """Outlines of a GeoJSON file by adcode; `shifted` = take them as GCJ-02 and convert, else take them as they are."""
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = {feature["properties"]["adcode"]: shape(feature["geometry"]) for feature in features}
    return {code: shapely.transform(one, from_gcj02) if shifted else one for code, one in shapes.items()}


def locate(xy: np.ndarray, within: Outlines) -> list[int | None]:
    """The district of each point, or `None`."""
    codes = list(within)
    found: list[int | None] = [None] * len(xy)
    points, areas = shapely.STRtree(list(within.values())).query(shapely.points(xy), predicate="within")
    for point, area in zip(points, areas, strict=True):
        found[point] = codes[area]
    return found


def count(xy: np.ndarray, within: Outlines, weights: Iterable[int] | None = None) -> Counter[int | None]:
    counts: Counter[int | None] = Counter()
    for code, weight in zip(locate(xy, within), weights if weights is not None else np.ones(len(xy), int), strict=True):
        counts[code] += int(weight)
    return counts


def rows_of_csv(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding=encoding))))


def points_of(rows: Iterable[dict[str, str]], x: str, y: str) -> np.ndarray:
    return np.array([(float(row[x]), float(row[y])) for row in rows])
