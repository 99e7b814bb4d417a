"""Promise: geometries of two datums never meet without a conversion; the error names both columns and the fix."""

import pyarrow as pa
import pytest
import shapely

from dataferry.messages import DataferryError
from dataferry.products.datum_check import check_datums, columns_behind
from dataferry.products.gate import check_statement
from dataferry.tables.geoparquet import geometry_field


def _schema(crs: str | None) -> pa.Schema:
    return pa.schema([geometry_field("geometry", crs), ("id", pa.int64())])


TABLES = {
    "stops": _schema("EPSG:4326"),
    "districts": _schema("DATAFERRY:GCJ02"),
    "lots": _schema("EPSG:2326"),
    "loose": _schema(None),
    "crs84": _schema("OGC:CRS84"),
}


def refusal(sql: str) -> DataferryError:
    with pytest.raises(DataferryError) as caught:
        check_datums(check_statement(sql, TABLES), TABLES)
    return caught.value


def test_a_join_of_two_datums_names_both_columns_and_the_fix():
    error = refusal("SELECT s.id FROM stops s JOIN districts d ON ST_Contains(d.geometry, s.geometry)")
    assert error.code == "products.mixed_datums"
    assert error.data["first"] == "districts.geometry"
    assert error.data["second"] == "stops.geometry"
    assert error.data["fix"] == "to_wgs84(districts.geometry)"
    text = str(error)
    assert all(
        word in text for word in ("districts.geometry", "DATAFERRY:GCJ02", "stops.geometry", "EPSG:4326", "to_wgs84")
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.id FROM stops s, districts d WHERE s.geometry = d.geometry",
        "SELECT s.id FROM stops s JOIN districts d USING (geometry)",
        "SELECT id FROM stops WHERE geometry IN (SELECT geometry FROM districts)",
        "SELECT geometry FROM stops UNION ALL SELECT geometry FROM districts",
        "SELECT id, geometry FROM stops INTERSECT SELECT id, geometry FROM districts",
        "SELECT geometry FROM (SELECT geometry AS geometry FROM stops EXCEPT SELECT geometry FROM districts) AS x",
        "WITH d AS (SELECT ST_Centroid(geometry) AS g FROM districts)"
        " SELECT 1 AS x FROM d, stops s WHERE ST_DWithin(s.geometry, d.g, 1)",
        "SELECT ST_MakeLine(s.geometry, to_gcj02(s.geometry)) AS x FROM stops s",
        "SELECT coalesce(s.geometry, d.geometry) AS g FROM stops s, districts d",
        "SELECT CASE WHEN s.id = 1 THEN s.geometry ELSE d.geometry END AS g FROM stops s, districts d",
        "SELECT lag(s.geometry, 1, d.geometry) OVER (ORDER BY s.id) AS g FROM stops s, districts d",
        "SELECT ST_Intersects(s.geometry, l.geometry) AS x FROM stops s, loose l",
        "SELECT ST_Intersects(s.geometry, point_bd09(1, 2)) AS x FROM stops s",
        "SELECT 1 AS x FROM stops s WHERE EXISTS"
        " (SELECT 1 FROM districts d WHERE ST_Intersects(s.geometry, d.geometry))",
    ],
)
def test_every_way_to_mix_is_found(sql: str):
    assert refusal(sql).code == "products.mixed_datums"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT s.id FROM stops s JOIN districts d ON ST_Contains(to_wgs84(d.geometry), s.geometry)",
        "SELECT s.id FROM stops s JOIN crs84 c ON ST_Intersects(c.geometry, s.geometry)",
        "SELECT geometry FROM stops UNION ALL SELECT to_wgs84(geometry) FROM districts",
        "SELECT distance_m(s.geometry, ST_Centroid(d.geometry)) AS m FROM stops s, districts d",
        "SELECT ST_Area(geometry) AS m2 FROM lots",
        "SELECT id FROM stops WHERE geometry IS NOT NULL AND ST_Within(geometry, box_wgs84(113, 22, 115, 23))",
    ],
)
def test_what_is_in_one_datum_passes(sql: str):
    assert check_datums(check_statement(sql, TABLES), TABLES).output is not None


def test_the_datum_of_every_output_column_is_followed():
    sql = (
        "WITH a AS (SELECT to_hk1980(geometry) AS g, geometry FROM stops) SELECT ST_Buffer(g, 10) AS ring, geometry, "
        "point_gcj02(1, 2) AS p, (SELECT geometry FROM lots) AS lot FROM a"
    )
    report = check_datums(check_statement(sql, TABLES), TABLES)
    assert report.output == {
        "ring": "EPSG:2326",
        "geometry": "EPSG:4326",
        "p": "DATAFERRY:GCJ02",
        "lot": "EPSG:2326",
    }


@pytest.mark.parametrize(
    ("sql", "use"),
    [
        ("SELECT ST_Area(geometry) AS x FROM districts", "area_m2"),
        ("SELECT ST_Length(geometry) AS x FROM stops", "length_m"),
        ("SELECT ST_Distance(a.geometry, b.geometry) AS x FROM stops a, stops b", "distance_m"),
        ("SELECT ST_Buffer(geometry, 100) AS x FROM stops", "to_hk1980 / to_utm51"),
    ],
)
def test_measures_in_degrees_are_refused_with_the_function_for_metres(sql: str, use: str):
    error = refusal(sql)
    assert (error.code, error.data["use"]) == ("products.measure_in_degrees", use)


@pytest.mark.parametrize(
    "call", ["coalesce(geometry, geometry)", "max(geometry)", "CASE WHEN id = 1 THEN geometry END"]
)
def test_what_would_strip_a_datum_is_refused(call: str):
    assert refusal(f"SELECT {call} AS g FROM stops").code == "products.geometry_loses_datum"


def test_the_engines_own_refusal_is_given_columns():
    error = columns_behind("x Mismatched CRS arguments: epsg:4326 vs dataferry:gcj02\nUse ST_Transform()", TABLES)
    assert error is not None
    assert error.data["first"] == "stops.geometry, crs84.geometry"
    assert error.data["second"] == "districts.geometry"
    assert error.data["fix"].startswith("to_wgs84(districts")
    assert columns_behind("anything else", TABLES) is None


def test_the_engine_refuses_in_the_child_what_the_text_check_could_not_follow(tmp_path):
    from datetime import UTC, datetime

    from dataferry.products.sandbox import SandboxLimits, choose
    from dataferry.products.sandbox.parent import ConfinedRun
    from dataferry.tables.geoparquet import write_geoparquet

    wkb = pa.array(shapely.to_wkb([shapely.Point(114, 22)]).tolist(), pa.binary())
    paths = {}
    for name in ("stops", "districts"):
        paths[name] = tmp_path / f"{name}.parquet"
        write_geoparquet(pa.table([wkb, pa.array([1])], schema=TABLES[name]), paths[name])
    statement = check_statement("SELECT geometry FROM stops UNION ALL SELECT geometry FROM districts", TABLES)
    (tmp_path / "run").mkdir()
    run = ConfinedRun(statement, paths, SandboxLimits(), datetime(2026, 1, 1, tzinfo=UTC), 0, choose(unsafe_local=True))
    with pytest.raises(DataferryError) as caught:
        run.answer(tmp_path / "run")
    assert caught.value.code == "products.mixed_branches"
    assert {caught.value.data["first_datum"], caught.value.data["second_datum"]} == {"EPSG:4326", "DATAFERRY:GCJ02"}
