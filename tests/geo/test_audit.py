"""Two coordinates in one row: how far apart, which rows are worst, and whether the datum itself is wrong."""

import json
import math

import numpy as np
import pytest

from dataferry import geo


def statements(file):
    features = json.loads(file.read_text("utf-8"))["features"]
    names = geo.find_coordinate_columns(features[0]["properties"]).projected
    grid = tuple(geo.read_degrees([feature["properties"][name] for feature in features]) for name in names)
    degrees = np.array([feature["geometry"]["coordinates"][:2] for feature in features]).T
    return grid, tuple(degrees)


def codes(found):
    return [finding.code for finding in found.findings]


def test_a_school_three_kilometres_from_itself(real):
    grid, degrees = statements(real / "hk-geocommunity/Aided_Primary_Schools.geojson")
    found = geo.audit_coordinates(grid, geo.HK1980, degrees, geo.WGS84, worst=3)
    assert (found.compared, found.missing, found.unusable) == (430, 0, 0)
    assert found.worst[0] == 241
    assert found.largest_m == pytest.approx(3053.26, abs=0.01)
    assert found.beyond == {1: 47, 10: 25, 100: 1, 1000: 1}
    assert codes(found) == ["geo.audit_rows_apart"]
    assert 242 in found.findings[0].data["rows"]


def test_car_parks_with_a_misspelt_column_agree_to_five_millimetres(real):
    grid, degrees = statements(real / "hk-carpark-hk01/03_red_carpark.geojson")
    found = geo.audit_coordinates(grid, geo.HK1980, degrees, geo.WGS84)
    assert found.compared == 2664
    assert found.largest_m < 0.006
    assert codes(found) == ["geo.audit_agrees"]


def test_empty_grid_columns_are_missing_not_wrong(real):
    grid, degrees = statements(real / "hk-carpark-hk01/02_green_conv_store.geojson")
    found = geo.audit_coordinates(grid, geo.HK1980, degrees, geo.WGS84)
    assert (found.compared, found.missing) == (0, 1317)
    assert codes(found) == ["geo.audit_nothing"]


def test_a_wrong_datum_shows_as_one_shift(real):
    grid, degrees = statements(real / "hk-geocommunity/Libraries.geojson")
    found = geo.audit_coordinates(grid, geo.HK1980, degrees, geo.GCJ02)
    assert codes(found) == ["geo.audit_shift"]
    assert math.hypot(found.shift_east_m, found.shift_north_m) == pytest.approx(found.median_m, rel=0.02)


def test_hostile_rows_are_counted_each_in_its_place():
    x, y = np.array([835776.133, math.nan, 0.0, 835776.133, 1e300]), np.array([815604.834, 1.0, 0.0, 815604.834, 1e300])
    lon, lat = np.array([114.172101664, 114.2, 114.2, 22.3, 114.2]), np.array([22.279311622, 22.3, 22.3, 114.2, 22.3])
    found = geo.audit_coordinates((x, y), geo.HK1980, (lon, lat), geo.WGS84)
    assert (found.compared, found.missing, found.unusable) == (1, 2, 2)
    assert found.worst == (0,)
    assert np.isnan(found.distance_m[1:]).all()
    json.dumps(found.to_json(), allow_nan=False)
