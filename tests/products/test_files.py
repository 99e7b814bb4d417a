"""The files beside the GeoParquet open as what they are: no formula runs, GeoJSON is WGS84, tiles can be read back."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dataferry.geo import convert
from dataferry.products.files import formula_safe, in_wgs84, write_csv, write_geojson, write_pmtiles
from dataferry.products.manifest import Output
from dataferry.tables import geometry_field

WORDS = {"en": "x", "zh-Hant": "x", "zh-Hans": "x"}


def output(crs: str) -> Output:
    columns = {"name": "string", "n": "integer", "v": "number", "ok": "boolean", "day": "date", "place": "geometry"}
    return Output.model_validate(
        {
            "key": ["name"],
            "crs": crs,
            "geometry": "place",
            "columns": [{"name": n, "type": t, "title": WORDS, "description": WORDS} for n, t in columns.items()],
        }
    )


def table(shapes: list[shapely.Geometry | None], crs: str) -> pa.Table:
    rows = len(shapes)
    schema = pa.schema(
        [
            ("name", pa.string()),
            ("n", pa.int64()),
            ("v", pa.float64()),
            ("ok", pa.bool_()),
            ("day", pa.date32()),
            geometry_field("place", crs),
        ]
    )
    names = ["=HYPERLINK(1)", '滬, "quoted"', "-3", "plain"][:rows]
    wkb = [None if shape is None else shapely.to_wkb(shape) for shape in shapes]
    return pa.table(
        [names, range(rows), [0.5] * rows, [True] * rows, pa.array([20000] * rows, pa.date32()), wkb], schema=schema
    )


def test_csv(tmp_path: Path) -> None:
    data = table([shapely.Point(114.1234567, 22.3), None, shapely.box(0, 0, 1, 1)], "EPSG:4326")
    write_csv(data, output("EPSG:4326"), tmp_path / "data.csv")
    with (tmp_path / "data.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[0] == ["name", "n", "v", "ok", "day", "place"]
    assert rows[1] == ["'=HYPERLINK(1)", "0", "0.500000", "true", "2024-10-04", "POINT (114.1234567 22.3)"]
    assert rows[2][0] == '滬, "quoted"'
    assert rows[2][5] == ""
    assert rows[3][0] == "'-3"
    assert rows[3][5].startswith("POLYGON")


@given(st.text(max_size=20))
def test_no_text_is_a_formula(text: str) -> None:
    safe = formula_safe(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe.removeprefix("'") == text.removeprefix("'") or safe == "'" + text


@pytest.mark.parametrize(
    ("crs", "code"),
    [("DATAFERRY:GCJ02", "products.files_unshifted"), ("EPSG:2326", "products.files_converted"), ("EPSG:4326", None)],
)
def test_geojson_is_wgs84_and_says_what_was_converted(tmp_path: Path, crs: str, code: str | None) -> None:
    lon, lat = (114.17, 22.3) if crs == "EPSG:2326" else (121.47, 31.23)
    there = convert([lon, lon + 0.01, lon + 0.01, lon], [lat, lat, lat + 0.01, lat + 0.01], "EPSG:4326", crs)
    ring = list(zip(there.x, there.y, strict=True))
    data, said = in_wgs84(table([shapely.Polygon(ring[::-1]), None], crs), output(crs))
    assert [finding.code for finding in said] == ([code] if code else [])
    write_geojson(data, output(crs), tmp_path / "data.geojson")
    value = json.loads((tmp_path / "data.geojson").read_text(encoding="utf-8"))
    assert value["features"][1]["geometry"] is None
    assert value["features"][0]["properties"] == {
        "name": "=HYPERLINK(1)", "n": 0, "v": 0.5, "ok": True, "day": "2024-10-04"
    }  # fmt: skip
    shape = shapely.from_geojson(json.dumps(value["features"][0]["geometry"]))
    assert shape.exterior.is_ccw
    assert shapely.equals_exact(
        shapely.normalize(shape), shapely.normalize(shapely.box(lon, lat, lon + 0.01, lat + 0.01)), 2e-7
    )


def test_tiles_can_be_read_back(tmp_path: Path) -> None:
    shapes = [shapely.box(114.1, 22.2, 114.2, 22.3), None, shapely.Point(121.4, 31.2), shapely.Point()]
    assert write_pmtiles(table(shapes, "EPSG:4326"), output("EPSG:4326"), tmp_path / "map.pmtiles")
    assert [layer[0] for layer in pyogrio.list_layers(tmp_path / "map.pmtiles")] == ["release"]
    info = pyogrio.read_info(tmp_path / "map.pmtiles")
    assert {"name", "n", "v", "ok", "day"} <= set(info["fields"])
    west, south, east, north = (float(edge) for edge in info["dataset_metadata"]["bounds"].split(","))
    assert (west, south, east, north) == pytest.approx((114.1, 22.2, 121.4, 31.2), abs=1e-4)
    assert int(info["dataset_metadata"]["minzoom"]) < int(info["dataset_metadata"]["maxzoom"]) <= 14


def test_nothing_to_draw_makes_no_tiles(tmp_path: Path) -> None:
    assert not write_pmtiles(table([None, shapely.Point()], "EPSG:4326"), output("EPSG:4326"), tmp_path / "m.pmtiles")
    assert not (tmp_path / "m.pmtiles").exists()
