"""GCJ-02 and BD-09: the public formula to the last digits, an inverse that is checked, flags, not wrong points."""

import math

import forty_digits
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry import geo
from dataferry.geo.bd09 import BD09
from dataferry.geo.gcj02 import GCJ02
from dataferry.geo.shift import CHUNK, TOLERANCE, Work, forward, inverse

# WGS84, GCJ-02 and BD-09 of five places, computed at 40 digits from the public formula.
VECTORS = [
    ((121.4737, 31.2304), (121.47822305927693, 31.228457737577271), (121.484781468503, 31.234310593689999)),
    ((114.1585, 22.2819), (114.16349399376971, 22.279180274058339), (114.17002082203817, 22.284954693884936)),
    ((116.404, 39.915), (116.41024449916938, 39.91640428150164), (116.41662724378732, 39.922699552216203)),
    ((105.0001, 35.0), (105.00338674867762, 34.999098954116449), (105.00976743140544, 35.005403702446365)),
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), (121.53801568643859, 31.181328606874461)),
]
CHINA_LON, CHINA_LAT = st.floats(73, 136), st.floats(17, 54)


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
def test_the_forty_digit_vectors(wgs84, gcj02, bd09):
    shifted, twice = geo.convert(*wgs84, geo.WGS84, geo.GCJ02), geo.convert(*wgs84, geo.WGS84, geo.BD09)
    assert (float(shifted.x), float(shifted.y)) == pytest.approx(gcj02, abs=5e-14, rel=0)
    assert (float(twice.x), float(twice.y)) == pytest.approx(bd09, abs=5e-14, rel=0)
    back = geo.convert(*bd09, geo.BD09, geo.WGS84)
    assert (float(back.x), float(back.y)) == pytest.approx(wgs84, abs=1e-11, rel=0)


@settings(deadline=None)
@given(CHINA_LON, CHINA_LAT)
def test_any_point_in_china_against_forty_digits(lon, lat):
    east, north = forty_digits.gcj02(lon, lat)
    found = geo.convert(lon, lat, geo.WGS84, geo.GCJ02)
    assert abs(float(found.x) - east) < 1e-12
    assert abs(float(found.y) - north) < 1e-12
    east, north = forty_digits.bd09(lon, lat)
    found = geo.convert(lon, lat, geo.GCJ02, geo.BD09)
    assert abs(float(found.x) - east) < 1e-12
    assert abs(float(found.y) - north) < 1e-12


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-85, 85))
def test_no_place_on_earth_is_exempt_from_a_declared_datum(lon, lat):
    east, north = forty_digits.gcj02(lon, lat)
    found = geo.convert(lon, lat, geo.WGS84, geo.GCJ02)
    if abs(east) <= 180:
        assert abs(float(found.x) - east) < 1e-11
        assert abs(float(found.y) - north) < 1e-11
    else:
        assert found.flagged


@settings(deadline=None)
@given(CHINA_LON, CHINA_LAT)
def test_the_inverse_is_confirmed_at_forty_digits(lon, lat):
    found = geo.convert(lon, lat, geo.GCJ02, geo.WGS84)
    assert not found.flagged
    east, north = forty_digits.gcj02(float(found.x), float(found.y))
    assert max(abs(east - lon), abs(north - lat)) < TOLERANCE
    found = geo.convert(lon, lat, geo.BD09, geo.GCJ02)
    assert not found.flagged
    east, north = forty_digits.bd09(float(found.x), float(found.y))
    assert max(abs(east - lon), abs(north - lat)) < 1e-12


@pytest.mark.parametrize("shift", [GCJ02(), BD09()], ids=["gcj02", "bd09"])
def test_the_inverse_everywhere_in_china_and_at_the_singular_meridian(shift):
    random = np.random.default_rng(20260101)
    lon, lat = random.uniform(73, 136, 400_000), random.uniform(17, 54, 400_000)
    # The offset has an infinite slope at 105 E, which WGS84 points reach from GCJ-02 points a few hundred metres east.
    lon[:100_000] = 105 + random.normal(0, 1, 100_000) * 10.0 ** random.uniform(-12, -1, 100_000)
    shifted = forward(shift, lon, lat)
    back = inverse(shift, shifted.x, shifted.y)
    assert not back.flagged.any()
    again = forward(shift, back.x, back.y)
    assert max(np.abs(again.x - shifted.x).max(), np.abs(again.y - shifted.y).max()) <= TOLERANCE
    assert max(np.abs(back.x - lon)[100_000:].max(), np.abs(back.y - lat)[100_000:].max()) < 1e-10


@pytest.mark.parametrize("direction", [forward, inverse])
@pytest.mark.parametrize("shift", [GCJ02(), BD09()], ids=["gcj02", "bd09"])
def test_what_is_no_point_is_flagged_and_never_runs_for_ever(shift, direction):
    bad = [
        (math.nan, 30),
        (120, math.nan),
        (math.inf, 30),
        (-math.inf, math.inf),
        (181, 0),
        (120, 90.1),
        (1e300, -1e300),
    ]
    lon, lat = np.array([*bad, (120.0, 30.0)]).T.copy()
    found = direction(shift, lon, lat)
    assert found.flagged.tolist() == [True] * len(bad) + [False]
    assert np.isnan(found.x[:-1]).all()
    assert np.isnan(found.y[:-1]).all()
    assert np.isfinite([found.x[-1], found.y[-1]]).all()


def test_an_inverse_that_is_not_reached_is_flagged():
    lon, lat = np.linspace(-180, 180, 5000), np.full(5000, 89.9999)
    found = inverse(GCJ02(), lon, lat)
    assert found.flagged.any()
    good = ~found.flagged
    again = forward(GCJ02(), found.x[good], found.y[good])
    assert (np.abs(again.x - lon[good]) <= TOLERANCE).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3 * CHUNK), st.integers(0, 40), st.booleans())
def test_bits_do_not_depend_on_the_cutting_or_the_neighbours(size, start, poisoned):
    random = np.random.default_rng(size)
    lon, lat = random.uniform(70, 140, size + start), random.uniform(0, 56, size + start)
    if poisoned:
        lon[-1] = math.nan
    for shift in (GCJ02(), BD09()):
        for direction in (forward, inverse):
            whole, part = direction(shift, lon, lat), direction(shift, lon[start:], lat[start:])
            assert np.array_equal(whole.x[start:], part.x, equal_nan=True)
            assert np.array_equal(whole.y[start:], part.y, equal_nan=True)


@pytest.mark.parametrize("shift", [GCJ02(), BD09()], ids=["gcj02", "bd09"])
def test_the_slopes_are_the_derivatives_of_the_offsets(shift):
    random, step = np.random.default_rng(7), 1e-5
    lon, lat = random.uniform(73, 104, 1000), random.uniform(17, 54, 1000)

    def offsets(x, y, slopes=False):
        work = Work.of_length(x.size)
        shift.offsets(x, y, work, slopes)
        return work

    work = offsets(lon, lat, slopes=True)
    east, west, north, south = (offsets(lon + a * step, lat + b * step) for a, b in ((1, 0), (-1, 0), (0, 1), (0, -1)))
    for name, plus, minus in (
        ("ee", east.east, west.east),
        ("ne", east.north, west.north),
        ("en", north.east, south.east),
        ("nn", north.north, south.north),
    ):
        assert np.abs(getattr(work, name) - (plus - minus) / (2 * step)).max() < 5e-5, name


def test_shapes_survive_and_nothing_is_changed_in_place():
    lon, lat = np.full((2, 3), 121.0), np.full((2, 3), 31.0)
    found = geo.convert(lon, lat, geo.WGS84, geo.BD09)
    assert found.x.shape == found.flagged.shape == (2, 3)
    assert (lon == 121.0).all()
    assert geo.convert([], [], geo.GCJ02, geo.WGS84).x.shape == (0,)
