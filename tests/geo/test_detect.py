"""The datum is found by evidence, with an honest "cannot tell"; figures are those of the real files of both cities."""

import csv
import json

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from dataferry import geo
from dataferry.geo.judge import SIGNIFICANT, chance_of_lead
from dataferry.messages import UsageError


def outlines(file, crs=None):
    features = json.loads(file.read_text("utf-8"))["features"]
    shapes = np.array([shape(feature["geometry"]) for feature in features], dtype=object)
    return geo.Boundaries([feature["properties"]["name"] for feature in features], shapes, crs)


@pytest.fixture(scope="module")
def car_parks(real):
    text = (real / "hk-td-carpark-2025/basic_info_all.json").read_text("utf-8-sig")
    rows = json.loads(text)["car_park"]
    return [row["longitude"] for row in rows], [row["latitude"] for row in rows], [row["district_sc"] for row in rows]


@pytest.fixture(scope="module")
def bus_stops(real):
    with (real / "sh-pygeo-tutorial/shanghai_bus.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return [float(row["lon"]) for row in rows], [float(row["lat"]) for row in rows], [row["adname"] for row in rows]


def fits(found):
    return {(t.hypothesis.crs, t.hypothesis.swapped, t.hypothesis.against_crs): t.fits for t in found.trials}


def test_car_parks_of_hong_kong_are_wgs84_though_the_outlines_are_gcj02(real, car_parks):
    x, y, stated = car_parks
    boundaries = outlines(real / "cn-datav-2020/810000_geojson_full.json", geo.GCJ02)
    found = geo.detect_datum(x, y, stated=stated, boundaries=boundaries)
    assert found.tested == 487
    assert found.verdict == geo.Hypothesis(geo.WGS84, False, geo.GCJ02)
    assert (found.trials[0].fits, found.lead) == (477, 26)
    assert fits(found)[geo.GCJ02, False, geo.GCJ02] == 451
    # 26 points, but only eleven neighbourhoods: enough, and not by far.
    assert 1e-6 < found.chance < SIGNIFICANT


def test_ignoring_the_datum_of_the_outlines_costs_26_car_parks(real, car_parks):
    x, y, stated = car_parks
    boundaries = outlines(real / "cn-datav-2020/810000_geojson_full.json", geo.WGS84)
    assert fits(geo.detect_datum(x, y, stated=stated, boundaries=boundaries))[geo.WGS84, False, geo.WGS84] == 451


def test_bus_stops_of_shanghai_find_both_datums(real, bus_stops):
    x, y, stated = bus_stops
    found = geo.detect_datum(x, y, stated=stated, boundaries=outlines(real / "cn-datav-2020/310000_geojson_full.json"))
    assert found.tested == 10_186
    assert found.verdict == geo.Hypothesis(geo.WGS84, False, geo.GCJ02)
    assert found.trials[0].fits == 10_159
    assert fits(found)[geo.WGS84, False, geo.WGS84] == 9_830
    assert found.chance < 1e-9
    assert found.findings[0].code == "geo.datum_found"


@pytest.mark.parametrize("truth", [geo.WGS84, geo.GCJ02, geo.BD09, "EPSG:4549", "EPSG:32651"])
@pytest.mark.parametrize("swapped", [False, True])
def test_any_datum_and_axis_order_is_recovered(real, bus_stops, truth, swapped):
    x, y, stated = bus_stops
    moved = geo.convert(x, y, geo.WGS84, truth)
    a, b = (moved.y, moved.x) if swapped else (moved.x, moved.y)
    boundaries = outlines(real / "cn-datav-2020/310000_geojson_full.json", geo.GCJ02)
    found = geo.detect_datum(a, b, stated=stated, boundaries=boundaries)
    assert found.verdict == geo.Hypothesis(truth, swapped, geo.GCJ02)
    assert found.trials[0].fits == pytest.approx(10_159, abs=2)


def grid(names, crs=None):
    boxes = [shapely.box(114 + 0.1 * i, 22, 114.1 + 0.1 * i, 22.5) for i in range(len(names))]
    return geo.Boundaries(names, np.array(boxes, dtype=object), crs)


def points_in(count, boxes=4):
    random = np.random.default_rng(11)
    x, y = random.uniform(114, 114 + boxes / 10, count), random.uniform(22, 22.5, count)
    return x, y, [f"District {int((value - 114) * 10)}" for value in x]


NAMES = [f"District {i}" for i in range(4)]


def test_too_few_points_cannot_tell():
    x, y, stated = points_in(6)
    found = geo.detect_datum(x, y, stated=stated, boundaries=grid(NAMES, geo.WGS84))
    assert found.verdict is None
    assert found.findings[0].code == "geo.datum_tied"


def test_one_datum_for_both_is_all_that_undeclared_outlines_can_show():
    x, y, stated = points_in(5000)
    found = geo.detect_datum(x, y, stated=stated, boundaries=grid(NAMES))
    assert found.verdict is None
    assert found.findings[0].code == "geo.datum_same_as_boundary"
    declared = geo.detect_datum(x, y, stated=stated, boundaries=grid(NAMES, geo.BD09))
    assert declared.verdict == geo.Hypothesis(geo.BD09, False, geo.BD09)


def test_districts_at_random_fit_nothing():
    x, y, stated = points_in(3000)
    mixed = [stated[i] for i in np.random.default_rng(2).permutation(len(stated))]
    found = geo.detect_datum(x, y, stated=mixed, boundaries=grid(NAMES, geo.WGS84))
    assert found.verdict is None
    assert found.findings[0].code == "geo.datum_none_fits"


def test_unusable_rows_and_unknown_names_are_counted_and_left_out():
    x, y, stated = points_in(2000)
    x[:3], stated[3:8] = [np.nan, np.inf, -np.inf], ["Atlantis"] * 5
    found = geo.detect_datum(x, y, stated=stated, boundaries=grid(NAMES, geo.WGS84))
    assert found.tested == 1992
    data = {finding.code: finding.data for finding in found.findings}
    assert data["geo.datum_unusable"]["count"] == 3
    assert data["geo.datum_names_unknown"] == {"count": 5, "examples": ["Atlantis"]}


def test_large_files_are_sampled_and_say_so():
    x, y, stated = points_in(60_000)
    found = geo.detect_datum(x, y, stated=stated, boundaries=grid(NAMES, geo.WGS84))
    assert (found.tested, found.points) == (50_000, 60_000)
    assert "geo.datum_sampled" in {finding.code for finding in found.findings}


def test_a_second_pair_of_coordinates_decides(real):
    features = json.loads((real / "hk-geocommunity/Libraries.geojson").read_text("utf-8"))["features"]
    grid_xy = np.array([[f["properties"]["Easting"], f["properties"]["Northing"]] for f in features], dtype=float).T
    degrees = np.array([f["geometry"]["coordinates"] for f in features]).T
    found = geo.detect_datum(*degrees, other=tuple(grid_xy))
    assert found.verdict == geo.Hypothesis(geo.WGS84, False, geo.HK1980)
    assert found.trials[0].typical_m < 1
    turned = geo.detect_datum(*grid_xy[::-1], other=tuple(degrees))
    assert turned.verdict == geo.Hypothesis(geo.HK1980, True, geo.WGS84)


def test_ranges_alone_tell_the_axes_but_not_the_datum(car_parks):
    x, y, _ = car_parks
    found = geo.detect_datum(y, x)
    assert found.verdict is None
    assert {(r.crs, r.swapped) for r in found.rivals} == {(geo.GCJ02, True), (geo.BD09, True)}
    assert found.trials[0].hypothesis.swapped


@pytest.mark.parametrize("x", [[], [np.nan] * 5, [0.0] * 5, [1e12] * 5])
def test_nothing_to_go_by(x):
    found = geo.detect_datum(x, x)
    assert found.verdict is None
    assert found.findings[0].code == "geo.datum_nothing"
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["verdict"] is None


def test_boundaries_need_as_many_stated_districts():
    with pytest.raises(UsageError):
        geo.detect_datum([114.05], [22.1], stated=[], boundaries=grid(NAMES))


def test_neighbours_count_as_one_vote():
    first, second = np.ones(1000, dtype=bool), np.zeros(1000, dtype=bool)
    assert chance_of_lead(first, second, np.zeros(1000, dtype=np.int64)) == 0.5
    assert chance_of_lead(first, second, np.arange(1000) % 20) == 2.0**-20
    assert chance_of_lead(first, first, np.arange(1000)) == 1.0
    assert chance_of_lead(np.tile(first, 2), np.tile(second, 2), np.arange(2000)) < 1e-300


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Central & Western District", "CENTRAL AND WESTERN"),
        ("元朗區", "元朗"),
        ("浦东新区", "浦东新区 "),
        ("Ｙｕｅｎ　Ｌｏｎｇ", "Yuen-Long"),
    ],
)
def test_names_are_compared_as_people_would(one, other):
    assert geo.fold_name(one) == geo.fold_name(other) != ""
