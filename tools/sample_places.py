"""Synthetic places: chargers, bus stops and metro stations drawn at random inside the districts. None exists."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import shapely
from numpy.random import Generator
from sample_facts import District
from shapely.geometry.base import BaseGeometry

FIVE_MINUTES_A_DAY = 288
FIRST_TRAIN, LAST_TRAIN = 64, 275
LABEL = "SYNTHETIC"


def points_inside(outline: BaseGeometry, count: int, rng: Generator) -> np.ndarray:
    """`count` points (x, y), uniform over the outline, about 50 m inside it where it is wide enough."""
    room = outline.buffer(-0.0005)
    room = outline if room.is_empty else room
    west, south, east, north = room.bounds
    found = np.empty((0, 2))
    while len(found) < count:
        tries = rng.uniform((west, south), (east, north), (4 * count + 50, 2))
        found = np.vstack([found, tries[shapely.contains_xy(room, tries[:, 0], tries[:, 1])]])
    return found[:count]


def shares(districts: tuple[District, ...], total: int, power: float, rng: Generator) -> list[int]:
    """How many of `total` each district gets: by population to a power, with chance; the last district gets none."""
    weight = np.array([district.population**power for district in districts]) * rng.uniform(0.6, 1.6, len(districts))
    weight[-1] = 0.0
    return [int(n) for n in rng.multinomial(total, weight / weight.sum())]


def _all_points(outlines: list[BaseGeometry], counts: list[int], rng: Generator) -> np.ndarray:
    pairs = zip(outlines, counts, strict=True)
    return np.vstack([points_inside(outline, count, rng) for outline, count in pairs if count])


def write_chargers(path: Path, districts: tuple[District, ...], wgs84: list[BaseGeometry], rng: Generator) -> None:
    """JSON Lines shaped like an Open Charge Map export: one charging site a line, WGS84."""
    lines = []
    for number, (x, y) in enumerate(_all_points(wgs84, shares(districts, 240, 0.7, rng), rng), start=1):
        site = {
            "ID": number,
            "AddressInfo": {
                "Title": f"{LABEL} charging site {number}",
                "Latitude": round(float(y), 6),
                "Longitude": round(float(x), 6),
            },
            "NumberOfPoints": int(rng.integers(1, 9)),
        }
        lines.append(json.dumps(site, ensure_ascii=False))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_charging_grid(path: Path, districts: tuple[District, ...], gcj02: list[BaseGeometry], rng: Generator) -> None:
    """Charging sites counted in cells of 0.01 degree, GCJ-02: grid_lat, grid_lon, count. Keys keep the untidy digits
    that multiplying by 0.01 leaves (31.150000000000002), as such files have them; cells whose own point lies outside
    the city are left out."""
    points = _all_points(gcj02, shares(districts, 2600, 0.8, rng), rng)
    city = shapely.union_all(gcj02)
    cells = Counter((round(y * 100) * 0.01, round(x * 100) * 0.01) for x, y in points.tolist())
    inside = {cell: count for cell, count in cells.items() if shapely.contains_xy(city, cell[1], cell[0])}
    rows = "".join(f"{lat!r},{lon!r},{count}\n" for (lat, lon), count in sorted(inside.items()))
    path.write_text("grid_lat,grid_lon,count\n" + rows, encoding="utf-8")


def write_hong_kong_stops(
    path: Path, districts: tuple[District, ...], wgs84: list[BaseGeometry], rng: Generator
) -> None:
    """One JSON object keyed by stop id, as the compiled bus data of Hong Kong has it; WGS84."""
    stops = {}
    for number, (x, y) in enumerate(_all_points(wgs84, shares(districts, 420, 0.6, rng), rng), start=1):
        stops[f"{LABEL}-{number:04d}"] = {
            "location": {"lat": round(float(y), 6), "lng": round(float(x), 6)},
            "name": {"en": f"{LABEL} stop {number}", "zh": f"合成巴士站 {number}"},
        }
    path.write_text(json.dumps({"stopList": stops}, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def write_shanghai_stops(
    path: Path, districts: tuple[District, ...], gcj02: list[BaseGeometry], rng: Generator
) -> None:
    """CSV in GBK with the columns of an AMap place search: name, address, adname, pname, type, lat, lon; GCJ-02."""
    rows = ["name,address,adname,pname,type,lat,lon"]
    number = 0
    for district, outline, count in zip(districts, gcj02, shares(districts, 900, 0.6, rng), strict=True):
        for x, y in points_inside(outline, count, rng) if count else ():
            number += 1
            rows.append(f"合成公交站{number},{number % 180}路,{district.simplified},上海市,合成数据,{y:.6f},{x:.6f}")
    path.write_bytes(("\r\n".join(rows) + "\r\n").encode("gbk"))


def write_exits(path: Path, districts: tuple[District, ...], wgs84: list[BaseGeometry], rng: Generator) -> None:
    """Exits of metro stations, several a station, as the railway company's open file lists them; WGS84."""
    rows = ["Latitude,Longitude,Station_CHI,Station_ENG,Exit,Description_CHI"]
    for number, (x, y) in enumerate(_all_points(wgs84, shares(districts, 60, 0.6, rng), rng), start=1):
        for exit_letter in "ABCD"[: int(rng.integers(2, 5))]:
            dx, dy = rng.uniform(-0.0003, 0.0003, 2)
            rows.append(f"{y + dy:.6f},{x + dx:.6f},合成站{number},{LABEL} station {number},{exit_letter},合成數據")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_stations(path: Path, districts: tuple[District, ...], gcj02: list[BaseGeometry], rng: Generator) -> list[str]:
    """One JSON object keyed by station name, numbers as text, GCJ-02, as in the SODA data. Returns the names."""
    stations = {}
    for number, (x, y) in enumerate(_all_points(gcj02, shares(districts, 120, 0.5, rng), rng), start=1):
        name = f"合成站{number:03d}"
        stations[name] = {"ST_NAME": name, "LNG": f"{x:.6f}", "LAT": f"{y:.6f}", "LINE_NO": str(number % 14 + 1)}
    path.write_text(json.dumps(stations, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    return list(stations)


def write_entries(path: Path, stations: list[str], rng: Generator) -> None:
    """Entries by station and five minutes of one day: no header, a byte order mark, slots 0 to 287, slots without
    entries left out; one station that the station list does not know, as the real file has seven."""
    slots = np.arange(FIRST_TRAIN, LAST_TRAIN)
    morning, evening = np.exp(-(((slots - 99) / 12) ** 2)), np.exp(-(((slots - 217) / 18) ** 2))
    rows = []
    for name in [*stations[::6], "合成站（无位置）"]:
        lean = rng.uniform(0.2, 0.8)
        expected = rng.uniform(4, 40) * (0.12 + lean * morning + (1 - lean) * evening)
        counts = rng.poisson(expected)
        rows += [(int(slot), name, int(count)) for slot, count in zip(slots, counts, strict=True) if count]
    text = "".join(f"{name},{slot},{count}\n" for slot, name, count in sorted(rows))
    path.write_text(text, encoding="utf-8-sig")
