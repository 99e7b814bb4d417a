"""Promise: a conversion function moves the points and says the new datum; measures are metres on the ellipsoid."""

import math
from datetime import UTC, datetime

import h3
import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.geo import convert
from dataferry.messages import InputError
from dataferry.tables.engine import EngineOptions, Session, open_session
from dataferry.tables.functions import CONVERSIONS, POINTS, point_wkb
from dataferry.tables.geoparquet import geometry_columns, geometry_field, plain_geometry

INSTANT = datetime(2026, 3, 1, 8, tzinfo=UTC)
SHANGHAI, HONG_KONG = (121.4737, 31.2304), (114.1694, 22.3193)


@pytest.fixture(scope="module")
def session() -> Session:
    session = open_session(options=EngineOptions(instant=INSTANT, seed=42))
    schema = pa.schema(
        [geometry_field("geometry", "DATAFERRY:GCJ02"), pa.field("lon", pa.float64()), ("n", pa.int64())]
    )
    wkb = shapely.to_wkb([shapely.Point(SHANGHAI), None, shapely.Point(121.6, 31.3)]).tolist()
    session.add_table("sh", pa.table([pa.array(wkb, pa.binary()), [1.0, None, 3.0], [1, 2, 3]], schema=schema))
    loose = pa.schema([geometry_field("geometry", None)])
    session.add_table("loose", pa.table([pa.array(wkb[:1], pa.binary())], schema=loose))
    return session


def only(session: Session, expression: str, source: str = "") -> object:
    return session.run(f"SELECT {expression} AS x {source}")["x"][0].as_py()


@pytest.mark.parametrize(("name", "target"), CONVERSIONS.items())
def test_a_conversion_moves_the_point_and_the_type_says_so(session, name, target):
    table = plain_geometry(session.run(f"SELECT {name}(geometry) AS geometry FROM sh ORDER BY n"))
    assert geometry_columns(table.schema) == {"geometry": target}
    point = shapely.from_wkb(table["geometry"][0].as_py())
    expected = convert([SHANGHAI[0]], [SHANGHAI[1]], "DATAFERRY:GCJ02", target)
    assert (point.x, point.y) == pytest.approx((expected.x[0], expected.y[0]))
    assert table["geometry"].null_count == 1


@pytest.mark.parametrize(("name", "datum"), POINTS.items())
def test_a_point_is_made_in_the_datum_of_its_name(session, name, datum):
    table = plain_geometry(session.run(f"SELECT {name}(lon, n) AS p FROM sh ORDER BY n"))
    assert geometry_columns(table.schema) == {"p": datum}
    assert shapely.from_wkb(table["p"][2].as_py()) == shapely.Point(3, 3)
    assert table["p"][1].as_py() is None


def test_the_city_pair_is_as_far_apart_as_it_is(session):
    one, other = (f"point_wgs84({lon}, {lat})" for lon, lat in (SHANGHAI, HONG_KONG))
    assert only(session, f"distance_m({one}, {other})") == pytest.approx(1_225_000, rel=0.005)
    assert only(session, f"distance_m({one}, to_gcj02({one}))") == pytest.approx(0, abs=0.01)


def test_a_kilometre_of_hong_kong_grid_is_a_square_kilometre(session):
    square = "box_wgs84(114.16, 22.30, 114.17, 22.31)"
    metres = 111_319.49 * 0.01 * math.cos(math.radians(22.305)) * 110_752 * 0.01
    assert only(session, f"area_m2({square})") == pytest.approx(metres, rel=0.003)
    assert only(session, f"area_m2(to_hk1980({square}))") == pytest.approx(
        only(session, f"area_m2({square})"), rel=1e-6
    )


def test_holes_and_lines_are_measured(session):
    hole = "(114.02 22.02, 114.02 22.08, 114.08 22.08, 114.08 22.02, 114.02 22.02)"
    ring = f"POLYGON ((114 22, 114.1 22, 114.1 22.1, 114 22.1, 114 22), {hole})"
    whole, inside = (
        only(session, "area_m2(box_wgs84(114, 22, 114.1, 22.1))"),
        only(session, "area_m2(box_wgs84(114.02, 22.02, 114.08, 22.08))"),
    )
    assert only(session, f"area_m2(wkt_wgs84('{ring}'))") == pytest.approx(whole - inside, rel=1e-9)
    assert only(session, "length_m(wkt_wgs84('LINESTRING (114 22, 114 23)'))") == pytest.approx(110_740, rel=0.001)


def test_cells_have_stable_names(session):
    assert only(session, "h3_cell(point_wgs84(114.1694, 22.3193), 8)") == h3.latlng_to_cell(22.3193, 114.1694, 8)
    assert only(session, "grid_cell(point_wgs84(0.001, 0.001), 1000)") == "6933:1000:0:0"
    assert only(session, "grid_cell(point_wgs84(-0.001, -0.001), 1000)") == "6933:1000:-1:-1"
    both = session.run(
        "SELECT grid_cell(to_gcj02(point_wgs84(121.5, 31.2)), 500) AS a, grid_cell(point_wgs84(121.5, 31.2), 500) AS b"
    )
    assert both["a"] == both["b"]


def test_the_build_gives_the_time_and_the_seed(session):
    assert only(session, "build_instant()") == INSTANT
    assert only(session, "build_seed()") == 42


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("SELECT to_wgs84(geometry) FROM loose", "tables.geometry_without_datum"),
        ("SELECT to_wgs84(n) FROM sh", "tables.wrong_arguments"),
        ("SELECT to_wgs84(coalesce(geometry, geometry)) FROM sh", "tables.wrong_arguments"),
        ("SELECT h3_cell(geometry, 16) FROM sh", "tables.h3_resolution"),
        ("SELECT h3_cell(box_wgs84(1, 1, 2, 2), 5)", "tables.wants_points"),
        ("SELECT grid_cell(geometry, 0) FROM sh", "tables.grid_size"),
        ("SELECT wkt_wgs84('POINT (')", "tables.bad_wkt"),
        ("SELECT area_m2(geometry, 1) FROM sh", "tables.wrong_arguments"),
    ],
)
def test_wrong_arguments_are_told_in_our_words(session, sql, code):
    with pytest.raises(InputError) as caught:
        session.run(sql)
    assert caught.value.code == code
    assert str(caught.value)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=30))
def test_point_wkb_is_what_shapely_reads_back(pairs):
    x, y = (np.array([pair[axis] for pair in pairs], dtype=float) for axis in (0, 1))
    shapes = shapely.from_wkb(point_wkb(x, y).to_numpy(zero_copy_only=False))
    for shape, one, other in zip(shapes, x, y, strict=True):
        if math.isfinite(one) and math.isfinite(other):
            assert (shape.x, shape.y) == (one, other)
        else:
            assert shape is None
