"""GCJ-02 kernel against the public formula in chunked NumPy and against the packages people install."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dataferry import geo

DESCRIPTION = (
    "GCJ-02 forward and exact inverse: points a second against chunked NumPy and three packages (>= 2x, >= 20x)"
)

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]
POINTS = {"small": 200_000, "full": 5_000_000}
PACKAGE_POINTS = {"small": 2_000, "full": 50_000}
ROUNDS = {"small": 2, "full": 5}
CHUNK = 16_384
PI = np.pi


def formula(lon: Floats, lat: Floats) -> Pair:
    """The public formula as written: twelve sines on whole arrays."""
    x, y, sin = lon - 105.0, lat - 35.0, np.sin
    root, shared = np.sqrt(np.abs(x)), (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + shared
    north += (20 * sin(y * PI) + 40 * sin(y / 3 * PI)) * 2 / 3 + (
        160 * sin(y / 12 * PI) + 320 * sin(y * PI / 30)
    ) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + shared
    east += (20 * sin(x * PI) + 40 * sin(x / 3 * PI)) * 2 / 3 + (
        150 * sin(x / 12 * PI) + 300 * sin(x / 30 * PI)
    ) * 2 / 3
    axis, eccentricity, radians = 6378245.0, 0.00669342162296594323, lat / 180 * PI
    magic = 1 - eccentricity * sin(radians) ** 2
    root = np.sqrt(magic)
    north = north * 180 / ((axis * (1 - eccentricity)) / (magic * root) * PI)
    east = east * 180 / (axis / root * np.cos(radians) * PI)
    return lon + east, lat + north


def formula_back(lon: Floats, lat: Floats) -> Pair:
    """The usual fixed point, with the steps that 1e-9 degrees takes: three, and one pass that checks."""
    x, y = lon, lat
    for _ in range(4):
        east, north = formula(x, y)
        x, y = x - (east - lon), y - (north - lat)
    return x, y


def by_chunks(convert: Callable[[Floats, Floats], Pair], lon: Floats, lat: Floats) -> Pair:
    x, y = np.empty_like(lon), np.empty_like(lat)
    for start in range(0, lon.size, CHUNK):
        part = slice(start, start + CHUNK)
        x[part], y[part] = convert(lon[part], lat[part])
    return x, y


def kernel(source: str, target: str, lon: Floats, lat: Floats) -> Pair:
    found = geo.convert(lon, lat, source, target)
    assert not found.flagged.any()
    return found.x, found.y


def packages() -> dict[str, tuple[Callable[[float, float], Any], Callable[[float, float], Any]]]:
    """Forward and exact inverse of each package, both as (lon, lat) -> (lon, lat)."""
    import eviltransform
    import prcoords
    from coord_convert.transform import gcj2wgs, wgs2gcj

    def turned(convert: Callable[[float, float], tuple[float, float]]) -> Callable[[float, float], Any]:
        return lambda lon, lat: convert(lat, lon)[::-1]

    def coords(convert: Callable[[Any], Any]) -> Callable[[float, float], Any]:
        def one(lon: float, lat: float) -> Any:
            found = convert(prcoords.Coords(lat, lon))
            return found.lon, found.lat

        return one

    return {
        "eviltransform": (turned(eviltransform.wgs2gcj), turned(eviltransform.gcj2wgs_exact)),
        "coord-convert": (wgs2gcj, gcj2wgs),
        "prcoords": (coords(prcoords.wgs_gcj), coords(prcoords.gcj_wgs_bored)),
    }


def rate(rounds: int, points: int, work: Callable[[], Pair]) -> tuple[float, Pair]:
    """Points per CPU second, best of some rounds (other programs can only make a round slower), and the result."""
    best, result = 0.0, None
    for _ in range(rounds):
        start = time.process_time()
        result = work()
        best = max(best, points / (time.process_time() - start))
    assert result is not None
    return best, result


def scalar(convert: Callable[[float, float], Any], lon: Floats, lat: Floats) -> Pair:
    found = np.array([convert(x, y) for x, y in zip(lon.tolist(), lat.tolist(), strict=True)])
    return found[:, 0], found[:, 1]


def error(found: Pair, true: Pair) -> float:
    return float(max(np.abs(found[0] - true[0]).max(), np.abs(found[1] - true[1]).max()))


def run(scale: str) -> dict[str, Any]:
    """Ratios of CPU time in one process, and the largest error in degrees of each party."""
    random, count, few, rounds = np.random.default_rng(42), POINTS[scale], PACKAGE_POINTS[scale], ROUNDS[scale]
    lon, lat = random.uniform(73, 135, count), random.uniform(18, 54, count)
    ours, shifted = rate(rounds, count, lambda: kernel(geo.WGS84, geo.GCJ02, lon, lat))
    plain, plain_shifted = rate(rounds, count, lambda: by_chunks(formula, lon, lat))
    ours_back, back = rate(rounds, count, lambda: kernel(geo.GCJ02, geo.WGS84, *shifted))
    plain_back, plain_returned = rate(rounds, count, lambda: by_chunks(formula_back, *shifted))
    figures: dict[str, Any] = {
        "points": count,
        "forward": {"million_per_cpu_s": ours / 1e6, "times_chunked_numpy": ours / plain},
        "inverse": {"million_per_cpu_s": ours_back / 1e6, "times_chunked_numpy": ours_back / plain_back},
        "largest_error_deg": {
            "forward_from_formula": error(shifted, plain_shifted),
            "inverse": error(back, (lon, lat)),
            "inverse_chunked_numpy": error(plain_returned, (lon, lat)),
        },
    }
    start, target = (lon[:few], lat[:few]), (shifted[0][:few], shifted[1][:few])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (forth, inverse) in packages().items():
            theirs, found = rate(1, few, lambda forth=forth: scalar(forth, *start))
            theirs_back, returned = rate(1, few, lambda inverse=inverse: scalar(inverse, *target))
            figures["forward"][f"times_{name}"] = ours / theirs
            figures["inverse"][f"times_{name}"] = ours_back / theirs_back
            figures["largest_error_deg"][f"forward_{name}"] = error(found, target)
            figures["largest_error_deg"][f"inverse_{name}"] = error(returned, start)
    return figures
