"""From any CRS to any other without a ballpark: the 304 m case, HK1980 to a millimetre, threads, hostile numbers."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from dataferry import geo
from dataferry.geo.transform import _proj_step
from dataferry.messages import RefusedError, UsageError

# The Lands Department's own tool, as published: grid metres and the WGS84 degrees it gives.
EASTING, NORTHING, LON, LAT = 835776.133, 815604.834, 114.172101664, 22.279311622


def test_the_tool_of_the_lands_department_is_met_to_a_millimetre():
    found = geo.convert(EASTING, NORTHING, geo.HK1980, geo.WGS84)
    assert geo.geodesic_distance_m(found.x, found.y, LON, LAT) < 1e-3
    back = geo.convert(LON, LAT, geo.WGS84, geo.HK1980)
    assert math.hypot(back.x - EASTING, back.y - NORTHING) < 1e-3


def test_the_304_m_ballpark_from_hk1980_to_cgcs2000_is_not_taken():
    silent = Transformer.from_crs(2326, 4490, always_xy=True).transform(EASTING, NORTHING)
    assert geo.geodesic_distance_m(*silent, LON, LAT) == pytest.approx(304.36, abs=0.01)
    assert _proj_step(geo.HK1980, geo.CGCS2000) is None
    found = geo.convert(EASTING, NORTHING, geo.HK1980, geo.CGCS2000)
    assert geo.geodesic_distance_m(found.x, found.y, LON, LAT) < 1e-3
    assert geo.route(geo.HK1980, geo.CGCS2000).accuracy_m == 2.0


@pytest.mark.parametrize(
    ("source", "target"), [("EPSG:4555", geo.WGS84), (geo.GCJ02, "EPSG:4555"), ("EPSG:2326", "EPSG:4555")]
)
def test_a_ballpark_is_refused_with_both_names(source, target):
    with pytest.raises(RefusedError) as refusal:
        geo.convert(120, 30, source, target)
    assert refusal.value.code == "geo.ballpark"
    assert "EPSG:4555" in str(refusal.value)


@pytest.mark.parametrize(
    ("source", "target", "methods"),
    [
        (geo.HK1980, geo.BD09, ["proj", "gcj02", "bd09"]),
        (geo.BD09, geo.GCJ02, ["bd09-inverse"]),
        (geo.GCJ02, "EPSG:4549", ["gcj02-inverse", "same", "proj"]),
        ("EPSG:4549", geo.CGCS2000, ["proj"]),
        (geo.WGS84, geo.CGCS2000, ["same"]),
        (geo.WGS84, geo.WGS84, []),
    ],
)
def test_routes(source, target, methods):
    path = geo.route(source, target)
    assert [step.method for step in path.steps] == methods
    ends = [source, *(step.target for step in path.steps)]
    assert ends[-1] == target
    assert [step.source for step in path.steps] == ends[:-1]


ALL = [geo.WGS84, geo.GCJ02, geo.BD09, geo.HK1980, geo.CGCS2000, "EPSG:4549", "EPSG:32650"]


@settings(deadline=None)
@given(st.floats(113.8, 114.5), st.floats(22.15, 22.56), st.sampled_from(ALL), st.sampled_from(ALL))
def test_there_and_back(lon, lat, first, second):
    start = geo.convert(lon, lat, geo.WGS84, first)
    there = geo.convert(start.x, start.y, first, second)
    back = geo.convert(there.x, there.y, second, first)
    scale = 1.0 if geo.in_degrees(first) else 1e5
    assert abs(back.x - start.x) < 1e-8 * scale
    assert abs(back.y - start.y) < 1e-8 * scale


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=20), st.sampled_from(ALL), st.sampled_from(ALL))
def test_any_numbers_give_a_place_or_a_flag(points, source, target):
    x, y = np.array(points, dtype=float).reshape(-1, 2).T
    found = geo.convert(x, y, source, target)
    assert found.flagged.shape == x.shape
    assert np.isfinite(found.x[~found.flagged]).all()
    assert np.isfinite(found.y[~found.flagged]).all()
    assert np.isnan(found.x[found.flagged]).all()
    assert found.flagged[~np.isfinite(x) | ~np.isfinite(y)].all()


def test_swapped_axes_are_flagged_not_folded():
    found = geo.convert([22.28, 114.17], [114.17, 22.28], geo.WGS84, geo.HK1980)
    assert found.flagged.tolist() == [True, False]


def test_two_lengths_are_a_mistake():
    with pytest.raises(UsageError):
        geo.convert([1, 2], [1], geo.WGS84, geo.GCJ02)


def test_threads_agree():
    random = np.random.default_rng(3)
    x, y = random.uniform(800_000, 860_000, 20_000), random.uniform(800_000, 847_000, 20_000)
    alone = geo.convert(x, y, geo.HK1980, geo.GCJ02)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda _: geo.convert(x, y, geo.HK1980, geo.GCJ02), range(24)))
    assert all(np.array_equal(alone.x, other.x) and np.array_equal(alone.y, other.y) for other in together)
