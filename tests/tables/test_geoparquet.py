"""Promise: a table at rest keeps its geometry and its datum, and every reader refuses to mix two datums."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.tables.geoparquet import (
    geometry_columns,
    geometry_field,
    plain_geometry,
    read_geoparquet,
    write_geoparquet,
)

HARBOUR = shapely.Point(114.17, 22.29)


def shapes_table(crs: str | None, *shapes: shapely.Geometry | None, name: str = "geometry") -> pa.Table:
    wkb = pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary())
    schema = pa.schema([pa.field("id", pa.int64()), geometry_field(name, crs)])
    return pa.table([pa.array(range(len(shapes)), pa.int64()), wkb], schema=schema)


def geo_of(path: Path) -> dict:
    return json.loads(pq.read_schema(path).metadata[b"geo"])


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:2326", "DATAFERRY:GCJ02", "DATAFERRY:BD09", None])
def test_the_crs_survives_the_file_and_unknown_stays_unknown(tmp_path: Path, crs: str | None) -> None:
    table = shapes_table(crs, HARBOUR, None)
    write_geoparquet(table, tmp_path / "a.parquet")
    back = read_geoparquet(tmp_path / "a.parquet")
    assert back.equals(table, check_metadata=True)
    assert geometry_columns(back.schema) == {"geometry": crs}
    assert "crs" in geo_of(tmp_path / "a.parquet")["columns"]["geometry"]


def test_types_and_bbox_skip_what_has_no_place(tmp_path: Path) -> None:
    broken = shapely.Point(np.inf, 1)
    shapes = [HARBOUR, shapely.box(113, 22, 114, 23), shapely.Point(115, 24, 7), shapely.Point(), broken, None]
    write_geoparquet(shapes_table("EPSG:4326", *shapes), tmp_path / "a.parquet")
    entry = geo_of(tmp_path / "a.parquet")["columns"]["geometry"]
    assert entry["geometry_types"] == ["Point", "Point Z", "Polygon"]
    assert entry["bbox"] == [113, 22, 7, 115, 24, 7]
    write_geoparquet(shapes_table("EPSG:4326", None), tmp_path / "none.parquet")
    assert geo_of(tmp_path / "none.parquet")["columns"]["geometry"].keys() == {"encoding", "geometry_types", "crs"}


def test_sedona_sees_the_datum_and_refuses_to_mix(tmp_path: Path) -> None:
    sedonadb = pytest.importorskip("sedonadb")
    session = sedonadb.connect()
    for name, crs in {"wgs": "EPSG:4326", "gcj": "DATAFERRY:GCJ02"}.items():
        write_geoparquet(shapes_table(crs, HARBOUR), tmp_path / f"{name}.parquet")
        session.read_parquet(tmp_path / f"{name}.parquet").to_view(name)
    join = "SELECT count(*) AS n FROM {0} AS a JOIN {1} AS b ON ST_Intersects(a.geometry, b.geometry)"
    assert session.sql(join.format("gcj", "gcj")).to_arrow_table().to_pylist() == [{"n": 1}]
    with pytest.raises(Exception, match=r"(?i)mismatched crs.*dataferry:gcj02"):
        session.sql(join.format("gcj", "wgs")).to_arrow_table()
    answer = plain_geometry(session.sql("SELECT geometry FROM gcj").to_arrow_table())
    assert answer.schema.field("geometry").type == pa.binary()
    assert geometry_columns(answer.schema) == {"geometry": "DATAFERRY:GCJ02"}


def test_geopandas_reads_it_and_refuses_to_transform_gcj02(tmp_path: Path) -> None:
    geopandas = pytest.importorskip("geopandas")
    write_geoparquet(shapes_table("EPSG:2326", shapely.Point(836694, 819070), None), tmp_path / "hk.parquet")
    frame = geopandas.read_parquet(tmp_path / "hk.parquet")
    assert frame.crs.to_epsg() == 2326
    assert frame.to_crs(4326).geometry[0].x == pytest.approx(114.178, abs=0.01)
    write_geoparquet(shapes_table("DATAFERRY:GCJ02", HARBOUR), tmp_path / "gcj.parquet")
    with pytest.raises(Exception, match=r".+"):
        geopandas.read_parquet(tmp_path / "gcj.parquet").to_crs(4326)
    frame.to_parquet(tmp_path / "theirs.parquet")
    assert geometry_columns(read_geoparquet(tmp_path / "theirs.parquet").schema) == {"geometry": "EPSG:2326"}


@pytest.mark.parametrize("interleaved", [False, True])
def test_native_encodings_and_an_absent_crs(tmp_path: Path, interleaved: bool) -> None:
    def at(x: float, y: float) -> object:
        return [x, y] if interleaved else {"x": x, "y": y}

    pair = pa.list_(pa.float64(), 2) if interleaved else pa.struct([("x", pa.float64()), ("y", pa.float64())])
    ring = [at(0, 0), at(4, 0), at(0, 4), at(0, 0)]
    columns = {
        "point": pa.array([at(114, 22), None, at(121, 31)], pair),
        "polygon": pa.array([None, [ring], [ring, [at(1, 1), at(2, 1), at(1, 2), at(1, 1)]]], pa.list_(pa.list_(pair))),
    }
    entries = {name: {"encoding": name, "geometry_types": []} for name in columns}
    geo = {"version": "1.1.0", "primary_column": "point", "columns": entries}
    table = pa.table(columns).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, tmp_path / "native.parquet")
    back = read_geoparquet(tmp_path / "native.parquet")
    assert geometry_columns(back.schema) == {"point": "EPSG:4326", "polygon": "EPSG:4326"}
    shapes = {name: shapely.from_wkb(back[name].to_pylist()) for name in columns}
    assert [None if s is None else s.wkt for s in shapes["point"]] == ["POINT (114 22)", None, "POINT (121 31)"]
    assert [None if s is None else s.area for s in shapes["polygon"]] == [None, 8, 7.5]


def test_views_and_several_geometry_columns_become_plain(tmp_path: Path) -> None:
    viewed = pa.array([HARBOUR.wkb, None]).cast(pa.binary_view())
    view_field = pa.field("b", pa.binary_view(), metadata=geometry_field("b", "DATAFERRY:BD09").metadata)
    schema = pa.schema([geometry_field("a", "EPSG:2326"), view_field])
    table = pa.table([pa.array([None, HARBOUR.wkb], pa.binary()), viewed], schema=schema)
    write_geoparquet(table, tmp_path / "a.parquet")
    back = read_geoparquet(tmp_path / "a.parquet")
    assert geometry_columns(back.schema) == {"a": "EPSG:2326", "b": "DATAFERRY:BD09"}
    assert [field.type for field in back.schema] == [pa.binary(), pa.binary()]
    assert back.to_pydict() == table.to_pydict()


def test_ewkb_is_stored_as_iso_wkb(tmp_path: Path) -> None:
    shapes = [shapely.Point(1, 2), None, shapely.set_srid(shapely.Point(1, 2, 3), 4326), shapely.Point()]
    extended = pa.array([None if s is None else shapely.to_wkb(s, include_srid=True) for s in shapes], pa.binary())
    iso = [None if s is None else shapely.to_wkb(s, flavor="iso") for s in shapes]
    table = pa.table([extended], schema=pa.schema([geometry_field("geometry", "EPSG:4326")]))
    write_geoparquet(table, tmp_path / "a.parquet")
    assert read_geoparquet(tmp_path / "a.parquet")["geometry"].to_pylist() == iso


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"\x00" * 4000, b"PAR1" + b"\xff" * 64 + b"PAR1"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(damage)
    with pytest.raises(InputError, match="a\\.parquet"):
        read_geoparquet(tmp_path / "a.parquet")


@pytest.mark.parametrize("geo", ["{", "[]", '{"columns": 1}', '{"columns": {"g": {"encoding": "rot13"}}}'])
def test_bad_geo_metadata_is_named(tmp_path: Path, geo: str) -> None:
    pq.write_table(pa.table({"g": [b"x"]}).replace_schema_metadata({"geo": geo}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match="a\\.parquet"):
        read_geoparquet(tmp_path / "a.parquet")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    write_geoparquet(shapes_table("EPSG:4326", HARBOUR), target)
    before = target.read_bytes()
    schema = pa.schema([geometry_field("geometry", "EPSG:4326")])
    with pytest.raises(InputError, match="geometry"):
        write_geoparquet(pa.table([pa.array([b"not wkb"])], schema=schema), target)
    assert target.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


coordinates = st.tuples(st.floats(allow_nan=False, width=64), st.floats(allow_nan=False, width=64))


@given(st.lists(st.one_of(st.none(), coordinates), max_size=20))
def test_any_points_come_back_the_same_and_equal_tables_give_equal_bytes(
    tmp_path_factory: pytest.TempPathFactory, places: list[tuple[float, float] | None]
) -> None:
    folder = tmp_path_factory.mktemp("points")
    table = shapes_table("DATAFERRY:GCJ02", *(None if p is None else shapely.Point(*p) for p in places))
    write_geoparquet(table, folder / "a.parquet")
    write_geoparquet(pa.concat_tables([table.slice(0, 3), table.slice(3)]), folder / "b.parquet")
    assert read_geoparquet(folder / "a.parquet").equals(table, check_metadata=True)
    assert (folder / "a.parquet").read_bytes() == (folder / "b.parquet").read_bytes()
