"""Coordinate columns are found by name, in English and Chinese, misspelt or not; degrees are read as written."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry import geo


@pytest.mark.parametrize(
    ("names", "projected", "geographic"),
    [
        (["type", "easting", "norting"], ("easting", "norting"), None),
        (
            ["Northing", "Easting", "LATITUDE(N)", "LONGITUDE(E)"],
            ("Easting", "Northing"),
            ("LONGITUDE(E)", "LATITUDE(N)"),
        ),
        (["STATION_LATITUDE", "STATION_LONGITUDE"], None, ("STATION_LONGITUDE", "STATION_LATITUDE")),
        (["北緯", "東經", "東坐標", "北坐標"], ("東坐標", "北坐標"), ("東經", "北緯")),
        (["name", "lat", "lon"], None, ("lon", "lat")),
        (["district", "late fee", "belong", "Northern", "x"], None, None),
    ],
)
def test_columns_of_real_files(names, projected, geographic):
    found = geo.find_coordinate_columns(names)
    assert (found.projected, found.geographic, found.unnamed) == (projected, geographic, None)


def test_plain_x_and_y_are_found_last():
    assert geo.find_coordinate_columns(["y", "x", "lon", "lat"]).pairs() == [("lon", "lat"), ("x", "y")]


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("22°29'36\"", 22 + 29 / 60 + 36 / 3600),
        ("114°06′18″E", 114 + 6 / 60 + 18 / 3600),
        ("S 33 52 10.5", -(33 + 52 / 60 + 10.5 / 3600)),
        ("22度29分36秒", 22 + 29 / 60 + 36 / 3600),
        ("-73.9", -73.9),
        (114.2, 114.2),
        ("22°61'00\"", math.nan),
        ("N.A.", math.nan),
        ("", math.nan),
        (None, math.nan),
    ],
)
def test_degrees_as_people_write_them(text, degrees):
    assert geo.read_degrees([text])[0] == pytest.approx(degrees, abs=1e-12, nan_ok=True)


@given(st.lists(st.one_of(st.none(), st.floats(), st.text())))
def test_any_text_is_a_number_or_nan(values):
    assert geo.read_degrees(values).shape == (len(values),)


@given(st.text())
def test_any_name_has_a_role_or_none(name):
    assert geo.role_of(name) in {None, "easting", "northing", "longitude", "latitude", "x", "y"}
