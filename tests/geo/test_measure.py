"""Metres and square metres on the ellipsoid, whatever the direction of a ring."""

import json
import math

import pyarrow as pa
import pytest
import shapely
from shapely.geometry import shape

from dataferry import geo


def areas(*geometries):
    return geo.area_m2(pa.array([None if g is None else shapely.to_wkb(g) for g in geometries])).to_pylist()


def test_a_quarter_of_the_northern_hemisphere():
    # The WGS84 ellipsoid has a surface of 510,065,621,724,088 m2; four such triangles make half of it.
    octant = shapely.Polygon([(0, 0), (90, 0), (0, 90)])
    assert areas(octant) == pytest.approx([510065621724088.44 / 8], rel=1e-9)


def test_rings_count_the_same_in_both_directions_and_holes_are_taken_off():
    outer, hole = shapely.box(114.0, 22.0, 114.2, 22.2), shapely.box(114.05, 22.05, 114.1, 22.1)
    whole, gone = areas(outer, hole)
    ring, inner = list(outer.exterior.coords), list(hole.exterior.coords)
    for first in (ring, ring[::-1]):
        for second in (inner, inner[::-1]):
            assert areas(shapely.Polygon(first, [second])) == pytest.approx([whole - gone], rel=1e-12)
    elsewhere = shapely.box(115, 22, 115.1, 22.1)
    assert areas(shapely.MultiPolygon([outer, elsewhere])) == pytest.approx([whole + areas(elsewhere)[0]], rel=1e-12)


def test_null_empty_points_and_lines():
    line = shapely.LineString([(0, 0), (1, 0)])
    assert areas(None, shapely.Polygon(), shapely.Point(1, 2), line) == [None, 0.0, 0.0, 0.0]
    lengths = geo.length_m(pa.array([shapely.to_wkb(line), None, shapely.to_wkb(shapely.box(0, 0, 1, 1))])).to_pylist()
    # One degree of the equator: 2 pi 6378137 / 360.
    assert lengths == [pytest.approx(math.pi * 6378137 / 180, rel=1e-9), None, 0.0]


def test_distance_is_nan_where_there_is_no_point():
    found = geo.geodesic_distance_m([0, math.nan, 0, 0], [0, 0, math.inf, 91], [1, 1, 1, 1], [0, 0, 0, 0])
    assert found[0] == pytest.approx(111319.491, abs=1e-3)
    assert [math.isnan(value) for value in found] == [False, True, True, True]


def test_hong_kong_is_about_as_large_as_its_outlines_say(real):
    features = json.loads((real / "cn-datav-2020/810000_geojson_full.json").read_text("utf-8"))["features"]
    column = pa.array([shapely.to_wkb(shape(feature["geometry"])) for feature in features])
    total = sum(geo.area_m2(geo.convert_wkb(column, geo.GCJ02, geo.WGS84)).to_pylist())
    planar = shapely.area(shapely.from_wkb(geo.convert_wkb(column, geo.GCJ02, geo.HK1980).to_pylist())).sum()
    assert total == pytest.approx(planar, rel=1e-4)
    assert 1.0e9 < total < 2.9e9
