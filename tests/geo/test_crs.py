"""A datum is a type: known by code only, and refused by every other tool that might transform it by a ballpark."""

import json

import geopandas
import pytest
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from dataferry import geo
from dataferry.messages import UsageError

BAD_WKT = (
    'PROJCS["Hong Kong 1980 Grid System",GEOGCS["Hong Kong 1980",DATUM["Hong_Kong_1980",SPHEROID["International 1924",'
    "6378388,297],TOWGS84[-162.619,-276.959,-161.764,0.067753,-2.24365,-1.15883,-1.09425]]]]"
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("EPSG:4326", "EPSG:4326"),
        ("epsg:2326", "EPSG:2326"),
        ("2326", "EPSG:2326"),
        ("OGC:CRS84", "EPSG:4326"),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"),
        ("urn:ogc:def:crs:EPSG::2326", "EPSG:2326"),
        ("http://www.opengis.net/def/crs/EPSG/0/4490", "EPSG:4490"),
        ("GCJ-02", "DATAFERRY:GCJ02"),
        ("dataferry:bd09", "DATAFERRY:BD09"),
        ("WGS 84", "EPSG:4326"),
        ("HK1980 Grid", "EPSG:2326"),
    ],
)
def test_names_of_one_crs(said, meant):
    assert geo.canonical_crs(said) == meant
    assert geo.canonical_crs(geo.projjson(said)) == geo.canonical_crs(json.dumps(geo.projjson(said))) == meant


@pytest.mark.parametrize(
    "pasted", [BAD_WKT, "+proj=longlat +datum=WGS84", "+init=epsg:2326", CRS.from_epsg(2326).to_wkt()]
)
def test_pasted_definitions_are_refused(pasted):
    with pytest.raises(UsageError) as refusal:
        geo.canonical_crs(pasted)
    assert refusal.value.code == "geo.pasted_crs"


@pytest.mark.parametrize(
    "unknown", ["", "EPSG:99999", "EPSG:4978", "EPSG:5773", "DATAFERRY:MARS", "EPSG:١٢٣٤", "{", "{}", "[]x"]
)
def test_what_is_not_known_is_refused(unknown):
    with pytest.raises(UsageError):
        geo.canonical_crs(unknown)


@pytest.mark.parametrize("value", [None, "", {}, {"id": 3}, {"id": {"authority": "EPSG"}}, "nonsense", '{"type": "x"}'])
def test_metadata_without_a_known_id_is_unknown(value):
    assert geo.crs_of_projjson(value) is None


@pytest.mark.parametrize("crs", [geo.GCJ02, geo.BD09])
def test_the_ecosystem_refuses_to_transform_shifted_coordinates(crs):
    shifted = CRS.from_json_dict(geo.projjson(crs))
    assert shifted.is_engineering
    assert geo.crs_of_projjson(shifted.to_json_dict()) == crs
    for pair in ((shifted, 4326), (4326, shifted), (shifted, 2326)):
        with pytest.raises(ProjError):
            Transformer.from_crs(*pair, always_xy=True)
    frame = geopandas.GeoDataFrame(geometry=[shapely.Point(121.5, 31.2)], crs=shifted)
    with pytest.raises(ProjError):
        frame.to_crs(4326)


def test_definitions_are_copies():
    geo.projjson(geo.GCJ02)["id"]["code"] = "X"
    assert geo.projjson(geo.GCJ02)["id"]["code"] == "GCJ02"
