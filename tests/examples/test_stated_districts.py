"""Records that state their district lie in it once the datum is right; a city total would not have noticed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from independent import Outlines, locate, outlines, points_of, rows_of_csv

from dataferry.tables import ReadOptions, plain_geometry, read, write_geoparquet
from dataferry.tables.engine import open_session

DATAV = {"hk": "cn-datav-2020/810000_geojson_full.json", "sh": "cn-datav-2020/310000_geojson_full.json"}
LOCATED = """
SELECT places.stated, outlines.name AS found, COUNT(*) AS places
FROM places
LEFT JOIN (SELECT name, to_wgs84(geometry) AS geometry FROM outlines) AS outlines
    ON ST_Contains(outlines.geometry, places.geometry)
GROUP BY places.stated, outlines.name
"""


def located(work: Path, places: Path, options: ReadOptions, stated: str, areas: Path, crs: str) -> Counter:
    """(stated district, district found) -> how many, by Dataferry's reading, conversion and engine."""
    table = plain_geometry(read(places, options).table)
    kept = table.select([stated, "geometry"]).rename_columns(["stated", "geometry"])
    write_geoparquet(kept, work / "places.parquet")
    write_geoparquet(plain_geometry(read(areas, ReadOptions(crs=crs)).table), work / "outlines.parquet")
    session = open_session({"places": work / "places.parquet", "outlines": work / "outlines.parquet"})
    return Counter({(row["stated"], row["found"]): row["places"] for row in session.run(LOCATED).to_pylist()})


def names_of(path: Path) -> dict[int, str]:
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return {feature["properties"]["adcode"]: feature["properties"]["name"] for feature in features}


def by_hand(rows: list[dict], x: str, y: str, stated: str, areas: Path, shapes: Outlines) -> Counter:
    names = names_of(areas)
    found = locate(points_of(rows, x, y), shapes)
    return Counter((row[stated], names.get(code)) for row, code in zip(rows, found, strict=True))


def agreed(pairs: Counter) -> int:
    return sum(number for (stated, found), number in pairs.items() if stated == found)


@pytest.mark.real
@pytest.mark.parametrize(("crs", "in_their_district"), [("DATAFERRY:GCJ02", 477), ("EPSG:4326", 451)])
def test_car_parks_of_hong_kong(real: Path, tmp_path: Path, crs: str, in_their_district: int) -> None:
    areas, file = real / DATAV["hk"], real / "hk-td-carpark-2025/basic_info_all.json"
    options = ReadOptions(crs="EPSG:4326", path="car_park", geometry=("longitude", "latitude"))
    pairs = located(tmp_path, file, options, "district_sc", areas, crs)
    parks = json.loads(file.read_text(encoding="utf-8-sig"))["car_park"]
    shapes = outlines(areas, shifted=crs == "DATAFERRY:GCJ02")
    assert pairs == by_hand(parks, "longitude", "latitude", "district_sc", areas, shapes)
    assert (sum(pairs.values()), agreed(pairs)) == (487, in_their_district)


@pytest.mark.real
@pytest.mark.parametrize(("crs", "in_their_district"), [("DATAFERRY:GCJ02", 10_159), ("EPSG:4326", 9_830)])
def test_bus_stops_of_shanghai(real: Path, tmp_path: Path, crs: str, in_their_district: int) -> None:
    areas, file = real / DATAV["sh"], real / "sh-pygeo-tutorial/shanghai_bus.csv"
    pairs = located(tmp_path, file, ReadOptions(crs="EPSG:4326", geometry=("lon", "lat")), "adname", areas, crs)
    shapes = outlines(areas, shifted=crs == "DATAFERRY:GCJ02")
    assert pairs == by_hand(rows_of_csv(file), "lon", "lat", "adname", areas, shapes)
    assert (sum(pairs.values()), agreed(pairs)) == (10_186, in_their_district)


@pytest.mark.real
def test_ignoring_the_datum_changes_districts_not_the_city(real: Path) -> None:
    """Car parks: all 487 lie in Hong Kong's outlines converted, 482 unconverted; but 9 of 18 districts change."""
    parks = json.loads((real / "hk-td-carpark-2025/basic_info_all.json").read_text(encoding="utf-8-sig"))["car_park"]
    points = points_of(parks, "longitude", "latitude")
    right, wrong = (Counter(locate(points, outlines(real / DATAV["hk"], shifted=shifted))) for shifted in (True, False))
    assert (right[None], wrong[None]) == (0, 5)
    assert sum(right[code] != wrong[code] for code in names_of(real / DATAV["hk"])) == 9
