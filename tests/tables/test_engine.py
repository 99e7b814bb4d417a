"""Promise: the engine reads GeoParquet with its datum, and what it raises is an error of ours with one clear line."""

import pyarrow as pa
import pytest
import shapely

from dataferry.messages import InputError
from dataferry.tables.engine import FUNCTIONS, EngineOptions, open_session, schema_of
from dataferry.tables.geoparquet import geometry_columns, geometry_field, plain_geometry, write_geoparquet


@pytest.fixture
def places(tmp_path):
    schema = pa.schema([geometry_field("geometry", "DATAFERRY:BD09"), pa.field("name", pa.string())])
    wkb = pa.array(shapely.to_wkb([shapely.Point(121.5, 31.2), None]).tolist(), pa.binary())
    path = tmp_path / "places.parquet"
    write_geoparquet(pa.table([wkb, ["外滩", "?"]], schema=schema), path)
    return path


def test_a_file_is_a_table_with_its_datum(places):
    assert geometry_columns(schema_of(places)) == {"geometry": "DATAFERRY:BD09"}
    session = open_session({"places": places})
    table = plain_geometry(session.run("SELECT * FROM places WHERE name = '外滩'"))
    assert table.num_rows == 1
    assert geometry_columns(table.schema) == {"geometry": "DATAFERRY:BD09"}
    assert geometry_columns(session.schema("SELECT to_wgs84(geometry) AS g FROM places")) == {"g": "EPSG:4326"}


def test_a_schema_is_planned_without_running_anything():
    session = open_session(options=EngineOptions(functions=frozenset()))
    endless = "SELECT a.value AS v FROM generate_series(1, 1000000000) a CROSS JOIN generate_series(1, 1000000000) b"
    assert session.schema(endless).names == ["v"]


def test_what_the_engine_raises_is_ours(places, tmp_path):
    session = open_session({"places": places})
    for sql in ("SELEC 1", "SELECT nome FROM places", "SELECT CAST(name AS INT) FROM places"):
        with pytest.raises(InputError) as caught:
            session.run(sql)
        assert caught.value.code == "tables.query_failed"
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError):
        schema_of(tmp_path / "bad.parquet")


def test_memory_and_spill_are_bounded(tmp_path):
    options = EngineOptions(
        memory_bytes=64 << 20, spill=tmp_path, spill_bytes=1 << 20, threads=1, functions=frozenset()
    )
    with pytest.raises(InputError) as caught:
        open_session(options=options).run(
            "SELECT count(DISTINCT a.value * 1000000 + b.value) AS n FROM generate_series(1, 1000000) a"
            " CROSS JOIN generate_series(1, 100) b"
        )
    assert "esources exhausted" in str(caught.value.data["reason"])


def test_only_the_functions_asked_for_are_there():
    session = open_session(options=EngineOptions(functions=frozenset({"point_wgs84"})))
    assert session.schema("SELECT point_wgs84(1, 2) AS p").names == ["p"]
    with pytest.raises(InputError):
        session.schema("SELECT build_seed() AS s")
    assert "to_wgs84" in FUNCTIONS
