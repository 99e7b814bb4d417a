"""Every output column is followed to the columns of the inputs, through CTEs, joins, stars, aggregates and unions."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.products import trace_lineage
from dataferry.products.lineage import Lineage

DISTRICTS = pa.schema([("city", pa.string()), ("名稱", pa.string()), ("geometry", pa.binary())])
SITES = pa.schema([("id", pa.int64()), ("power", pa.float64()), ("geometry", pa.binary()), ("City", pa.string())])
INPUTS = {"districts": DISTRICTS, "sites": SITES}
CRS = {("districts", "geometry"): "DATAFERRY:GCJ02", ("sites", "geometry"): "EPSG:4326"}


def trace(sql: str, *columns: str) -> Lineage:
    return trace_lineage(sql, INPUTS, columns, CRS)


def origins(lineage: Lineage, column: str) -> set[str]:
    (row,) = (row for row in lineage.columns if row["column"] == column)
    return {f"{origin['input']}.{origin['column']}" for origin in row["from"]}


@pytest.mark.parametrize(
    ("sql", "expected", "through"),
    [
        ("SELECT city AS x FROM districts", {"districts.city"}, []),
        ('SELECT "名稱" AS x FROM districts', {"districts.名稱"}, []),
        ('SELECT "City" AS x FROM sites', {"sites.City"}, []),
        ("SELECT d.city AS x FROM districts d", {"districts.city"}, []),
        ("SELECT 1 AS x FROM sites", set(), []),
        ("SELECT COUNT(*) AS x FROM sites", {"sites.*"}, ["count"]),
        ("SELECT COUNT(1) AS x FROM sites s JOIN districts d ON TRUE", {"sites.*", "districts.*"}, ["count"]),
        ("SELECT COUNT(DISTINCT id) AS x FROM sites", {"sites.id"}, ["count"]),
        ("SELECT SUM(power) / area_m2(d.geometry) AS x FROM sites, districts d GROUP BY d.geometry",
         {"sites.power", "districts.geometry"}, ["sum", "area_m2"]),
        ("WITH a AS (SELECT * FROM sites), b AS (SELECT a.*, power * 2 AS double FROM a) SELECT double AS x FROM b",
         {"sites.power"}, []),
        ("SELECT x FROM (SELECT CASE WHEN power > 3 THEN id ELSE 0 END AS x FROM sites) q",
         {"sites.power", "sites.id"}, ["case"]),
        ("SELECT city AS x FROM districts UNION ALL SELECT \"City\" FROM sites", {"districts.city", "sites.City"}, []),
        ("SELECT (SELECT MAX(s.power) FROM sites s WHERE st_within(s.geometry, d.geometry)) AS x FROM districts d",
         {"sites.power"}, ["max"]),
        ("SELECT row_number() OVER (PARTITION BY city ORDER BY \"名稱\") AS x FROM districts",
         {"districts.city", "districts.名稱"}, ["over", "row_number"]),
        ("SELECT SUM(one) AS x FROM (SELECT 1 AS one FROM sites UNION ALL SELECT power FROM sites) q",
         {"sites.*", "sites.power"}, ["sum"]),
        ("WITH a AS (SELECT 1 AS one, city FROM districts) SELECT COALESCE(SUM(one), 0) AS x FROM a GROUP BY city",
         {"districts.*"}, ["coalesce", "sum"]),
        ("SELECT CAST(power AS INTEGER) AS x FROM sites", {"sites.power"}, ["cast"]),
        ("SELECT COALESCE(s.power, 0) AS x FROM districts d LEFT JOIN sites s ON s.\"City\" = d.city",
         {"sites.power"}, ["coalesce"]),
    ],
)  # fmt: skip
def test_origins_of_a_column(sql: str, expected: set[str], through: list[str]) -> None:
    lineage = trace(sql, "x")
    assert origins(lineage, "x") == expected
    assert lineage.columns[0]["through"] == through
    assert lineage.findings == ()


def test_a_star_gives_every_column() -> None:
    lineage = trace("SELECT * FROM (SELECT *, power AS p FROM sites) q", "id", "power", "geometry", "City", "p")
    assert [origins(lineage, name) for name in ("id", "City", "p")] == [{"sites.id"}, {"sites.City"}, {"sites.power"}]


def test_what_decides_the_rows_is_told_apart() -> None:
    sql = "SELECT d.city AS x FROM districts d JOIN sites s ON st_contains(d.geometry, s.geometry) WHERE s.power > 7"
    lineage = trace(sql, "x")
    assert origins(lineage, "x") == {"districts.city"}
    assert {(row["input"], row["column"]) for row in lineage.rows} == {
        ("districts", "geometry"),
        ("sites", "geometry"),
        ("sites", "power"),
    }


def test_conversions_are_recorded_with_both_datums() -> None:
    sql = """
        WITH d AS (SELECT city, to_wgs84(geometry) AS g FROM districts)
        SELECT city AS x, to_hk1980(g) AS grid FROM d WHERE st_area(to_hk1980(g)) > 1
    """
    assert [tuple(item.values()) for item in trace(sql, "x", "grid").conversions] == [
        ("to_hk1980", "districts", "geometry", "EPSG:4326", "EPSG:2326"),
        ("to_wgs84", "districts", "geometry", "DATAFERRY:GCJ02", "EPSG:4326"),
    ]


def test_a_conversion_in_a_join_alone_is_recorded_too() -> None:
    sql = "SELECT d.city AS x FROM districts d JOIN sites s ON st_contains(to_wgs84(d.geometry), s.geometry)"
    assert [item["from"] for item in trace(sql, "x").conversions] == ["DATAFERRY:GCJ02"]


def test_what_is_in_the_datum_already_is_not_called_converted() -> None:
    assert trace("SELECT to_wgs84(geometry) AS x FROM sites", "x").conversions == ()


def test_points_made_in_the_recipe_carry_their_datum() -> None:
    lineage = trace("SELECT to_wgs84(point_gcj02(power, id)) AS x FROM sites", "x")
    assert {(c["column"], c["from"], c["to"]) for c in lineage.conversions} == {
        ("power", "DATAFERRY:GCJ02", "EPSG:4326"),
        ("id", "DATAFERRY:GCJ02", "EPSG:4326"),
    }


def test_what_cannot_be_followed_is_said_and_never_raised() -> None:
    assert [finding.code for finding in trace("SELECT city FROM districts", "nope").findings] == [
        "products.lineage_lost"
    ]
    broken = trace("SELEC (", "x")
    assert [finding.code for finding in broken.findings] == ["products.lineage_untraced"]
    assert broken.to_json()["columns"] == [{"column": "x", "from": [], "through": []}]


EXPRESSION = st.recursive(
    st.sampled_from(["id", "power", "1"]),
    lambda inner: st.builds(lambda a, b: f"({a} + {b})", inner, inner) | inner.map(lambda a: f"abs({a})"),
    max_leaves=6,
)


@given(st.lists(EXPRESSION, min_size=1, max_size=4), st.integers(0, 4))
def test_origins_are_the_columns_that_stand_in_the_expression(expressions: list[str], depth: int) -> None:
    sql = "SELECT " + ", ".join(f"{e} AS c{n}" for n, e in enumerate(expressions)) + " FROM sites"
    for level in range(depth):
        sql = f"SELECT * FROM ({sql}) q{level}"
    lineage = trace(sql, *(f"c{n}" for n in range(len(expressions))))
    for number, expression in enumerate(expressions):
        assert origins(lineage, f"c{number}") == {f"sites.{name}" for name in ("id", "power") if name in expression}
