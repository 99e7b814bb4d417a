"""Promise: a CRS is taken only where it is stated and known by a code; what the numbers look like is advice."""

import json

import pyproj
import pytest

from dataferry.tables.report import Detected, ReadReport
from dataferry.tables.vector import geojson_crs as members
from dataferry.tables.vector.geojson_crs import CrsMember, find_crs_member
from dataferry.tables.vector.stated_crs import geojson_crs, looks_like, match_crs, settle_crs

LOCAL = 'LOCAL_CS["Site grid",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'


def test_only_what_matches_a_code_is_taken():
    assert match_crs(None) is None
    assert match_crs("EPSG:2326").value == "EPSG:2326"
    assert match_crs(pyproj.CRS(3857).to_wkt("WKT1_ESRI")).value == "EPSG:3857"
    for unknown in ("no such system", LOCAL, "+proj=aeqd +lat_0=12 +lon_0=7"):
        stated = match_crs(unknown)
        assert (stated.value, stated.basis, bool(stated.evidence)) == ("", "stated", True)


@pytest.mark.parametrize(
    ("crs", "member"),
    [
        ({"type": "name", "properties": {"name": "EPSG:2326"}}, CrsMember("EPSG:2326", is_link=False)),
        ({"type": "link", "properties": {"href": "http://x"}}, CrsMember(None, is_link=True)),
        ({"type": "name", "properties": {"name": 2326}}, CrsMember(None, is_link=False)),
        (None, CrsMember(None, is_link=False)),
        ({"properties": []}, CrsMember(None, is_link=False)),
    ],
)
def test_the_member_is_found_behind_long_texts_that_speak_of_crs(tmp_path, monkeypatch, crs, member):
    monkeypatch.setattr(members, "_PIECE", 16)
    path = tmp_path / "x.geojson"
    long = 'a "crs": { in \\ text' * 20
    path.write_text(json.dumps({"type": "FeatureCollection", "name": long, "features": [{"crs": 1}], "crs": crs}))
    assert find_crs_member(path) == member


def test_members_that_are_absent_broken_or_unknown(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text("")
    assert find_crs_member(path) is None
    path.write_text('{"crs": {"type": ')
    assert find_crs_member(path) == CrsMember(None, is_link=False)
    assert geojson_crs(path) is None
    path.write_text('{"crs": {"type": "name", "properties": {"name": "EPSG:999999"}}}')
    assert geojson_crs(path) == Detected("", "stated", "crs member: EPSG:999999")


@pytest.mark.parametrize(
    ("bounds", "fits"),
    [
        (None, "-"),
        ((113.8, 22.1, 114.4, 22.6), "EPSG:4326"),
        ((800_000, 800_000, 850_000, 840_000), "EPSG:2326"),
        ((12_600_000, 2_500_000, 12_700_000, 2_600_000), "EPSG:3857"),
        ((300_000, 3_400_000, 400_000, 3_500_000), "CGCS2000"),
        ((1e9, 1e9, 2e9, 2e9), "-"),
    ],
)
def test_what_coordinates_look_like_is_said_and_never_decided(bounds, fits):
    assert looks_like(bounds).startswith(fits)
    report = ReadReport("x", "", 0)
    assert settle_crs(None, None, bounds, report) is None
    (finding,) = report.findings
    assert (finding.code, finding.data["looks_like"].startswith(fits)) == ("tables.crs_unknown", True)
