"""Columns of geometries: every vertex converted, nulls and z kept, bad ones named by row."""

import numpy as np
import pyarrow as pa
import pytest
import shapely

from dataferry import geo
from dataferry.messages import InputError

SHAPES = [
    "POINT (114.1 22.3)",
    "POINT Z (114.1 22.3 5)",
    "POINT M (114.1 22.3 7)",
    "POINT ZM (114.1 22.3 5 7)",
    "POLYGON ((114 22, 114.2 22, 114.2 22.2, 114 22), (114.1 22.02, 114.15 22.02, 114.15 22.05, 114.1 22.02))",
    "GEOMETRYCOLLECTION (POINT (114 22), LINESTRING (114 22, 114.5 22.5))",
    "POINT EMPTY",
    "MULTIPOLYGON EMPTY",
]


def wkb(*texts, **options):
    return pa.array([None if text is None else shapely.to_wkb(shapely.from_wkt(text), **options) for text in texts])


def test_every_kind_of_geometry_there_and_back():
    column = wkb(*SHAPES, None, flavor="iso")
    there = geo.convert_wkb(column, geo.WGS84, geo.HK1980)
    back = shapely.from_wkb(geo.convert_wkb(there, geo.HK1980, geo.WGS84).to_pylist())
    assert there.type == pa.binary()
    assert back[-1] is None
    for text, shape in zip(SHAPES, back, strict=False):
        before = shapely.from_wkt(text)
        assert shape.has_z == before.has_z
        assert shape.geom_type == before.geom_type
        if not before.is_empty:
            flat = shapely.force_2d([before, shape])
            assert shapely.equals_exact(flat[0], flat[1], tolerance=1e-8)
    assert back[1].z == back[3].z == 5


def test_plain_points_take_the_short_way_to_the_same_place():
    random = np.random.default_rng(5)
    x, y = random.uniform(113.8, 114.5, 1000), random.uniform(22.1, 22.6, 1000)
    points = shapely.points(x, y)
    short = geo.convert_wkb(pa.array(shapely.to_wkb(points)).slice(10), geo.WGS84, geo.GCJ02)
    long = geo.convert_wkb(pa.array([*shapely.to_wkb(points), None]).slice(10), geo.WGS84, geo.GCJ02)
    expected = geo.convert(x[10:], y[10:], geo.WGS84, geo.GCJ02)
    assert short.to_pylist() == long.to_pylist()[:-1] == list(shapely.to_wkb(shapely.points(expected.x, expected.y)))


@pytest.mark.parametrize("kind", [pa.large_binary(), pa.binary_view()])
def test_layouts_and_chunks(kind):
    column = wkb(*SHAPES[:1])
    expected = geo.convert_wkb(column, geo.WGS84, geo.BD09)
    assert (
        geo.convert_wkb(pa.chunked_array([column.cast(kind)] * 2), geo.WGS84, geo.BD09).to_pylist()
        == [expected[0].as_py()] * 2
    )
    assert len(geo.convert_wkb(pa.chunked_array([], type=kind), geo.WGS84, geo.BD09)) == 0


def test_big_endian_points():
    column = wkb(SHAPES[0], byte_order=0)
    assert (
        geo.convert_wkb(column, geo.WGS84, geo.GCJ02).to_pylist()
        == geo.convert_wkb(wkb(SHAPES[0]), geo.WGS84, geo.GCJ02).to_pylist()
    )


@pytest.mark.parametrize("bad", [b"", b"nonsense", shapely.to_wkb(shapely.Point(1, 2))[:-1]])
def test_what_is_no_geometry_is_named_by_row(bad):
    with pytest.raises(InputError) as error:
        geo.convert_wkb(pa.array([None, shapely.to_wkb(shapely.Point(114, 22)), bad]), geo.WGS84, geo.GCJ02)
    assert (error.value.code, error.value.data["row"]) == ("geo.not_wkb", 2)


@pytest.mark.parametrize("text", ["POINT (22.3 114.1)", "LINESTRING (114 22, 114 Inf)", "POINT (NaN 3)"])
def test_what_cannot_be_converted_is_named_by_row(text):
    with pytest.raises(InputError) as error:
        geo.convert_wkb(wkb(SHAPES[0], text), geo.WGS84, geo.HK1980)
    assert (error.value.code, error.value.data["row"]) == ("geo.not_converted", 1)


def test_a_column_in_any_layout_is_one_binary_array_and_junk_is_told_with_its_row():
    point = shapely.to_wkb(shapely.Point(114, 22))
    chunks = pa.chunked_array([[point], [None]], pa.large_binary())
    assert geo.as_binary(chunks).to_pylist() == [point, None]
    assert geo.as_binary(pa.chunked_array([], pa.binary())).to_pylist() == []
    assert geo.convert_wkb(chunks, "EPSG:4326", "OGC:CRS84").to_pylist() == [point, None]
    with pytest.raises(InputError) as caught:
        geo.convert_wkb(pa.array([None, point, b"junk", b""], pa.binary()), geo.WGS84, geo.GCJ02)
    assert (caught.value.code, caught.value.data["row"], caught.value.data["count"]) == ("geo.not_wkb", 2, 2)
