"""`convert`, `datum` and `audit` on files: answers, exit codes, and no half-written or mislabelled file."""

import csv
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import shapely
import typer
from typer.testing import CliRunner

from dataferry import geo
from dataferry.cli.geo import register
from dataferry.messages import DataferryError
from dataferry.tables.geoparquet import geometry_columns, read_geoparquet


@dataclass(frozen=True)
class Done:
    stdout: str
    code: str | None


def dataferry(*words):
    """What a command prints, and the code of the error it ends with."""
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, DataferryError):
        raise result.exception
    return Done(result.stdout, getattr(result.exception, "code", None))


@pytest.fixture
def stops(tmp_path) -> Path:
    file = tmp_path / "stops.csv"
    file.write_text(
        "name,lat,lon\nPeople's Square,31.2304,121.4737\nbroken,,121.5\nLujiazui,31.2397,121.4998\n", "utf-8"
    )
    return file


def test_a_point_in_one_line():
    done = dataferry("convert", "--from", "EPSG:2326", "--to", "EPSG:4326", "835776.133", "815604.834")
    assert done.stdout == "114.172101664 22.279311622\n"
    done = dataferry("convert", "--from", "WGS84", "--to", "GCJ02", "-73.9", "40.7", "--json")
    assert json.loads(done.stdout)["route"][0]["method"] == "gcj02"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--from", "EPSG:4555", "--to", "EPSG:4326", "114", "22"], "geo.ballpark"),
        (["--from", "EPSG:4326", "--to", "EPSG:2326", "22.3", "114.2"], "geo.point_not_converted"),
        (["--from", "+proj=longlat", "--to", "EPSG:2326", "114.2", "22.3"], "geo.pasted_crs"),
        (["--from", "EPSG:4326", "--to", "EPSG:2326", "east", "22.3"], "geo.not_a_number"),
        (["--from", "EPSG:4326", "--to", "EPSG:2326", "file.csv"], "geo.convert_usage"),
    ],
)
def test_refusals_have_their_codes(words, code):
    assert dataferry("convert", *words).code == code


def test_a_refusal_in_the_shell_is_one_clear_message_with_its_exit_code():
    program = "from dataferry.cli import app; app.COMMANDS = ('geo',); app.main()"
    words = ["convert", "--from", "EPSG:4555", "--to", "EPSG:4326", "114", "22"]
    environment = {**os.environ, "DATAFERRY_LANG": "zh-Hant"}
    command = [sys.executable, "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 4
    assert "geo.ballpark" in done.stderr
    assert "粗略" in done.stderr
    assert "Traceback" not in done.stderr


def test_columns_stay_and_converted_ones_come_after_them(stops, tmp_path):
    out = tmp_path / "out.csv"
    assert dataferry("convert", "--from", "WGS84", "--to", "GCJ02", stops, "--out", out).code is None
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["name", "lat", "lon", "lon_gcj02", "lat_gcj02", "not_converted"]
    assert float(rows[0]["lon_gcj02"]) == pytest.approx(121.47822305927693, abs=1e-12)
    assert (rows[1]["lon_gcj02"], rows[1]["not_converted"]) == ("", "true")


def test_parquet_carries_the_datum_and_geojson_refuses_any_but_wgs84(stops, tmp_path):
    out = tmp_path / "out.parquet"
    words = ["convert", "--from", "WGS84", "--to", "BD09", stops, "--x", "lon", "--y", "lat", "--out"]
    assert dataferry(*words, out).code is None
    table = read_geoparquet(out)
    assert geometry_columns(table.schema) == {"geometry": geo.BD09}
    assert table.column("geometry").null_count == 1
    assert json.loads(pq.read_schema(out).metadata[b"geo"])["columns"]["geometry"]["crs"]["type"] == "EngineeringCRS"
    lying = tmp_path / "out.geojson"
    assert dataferry(*words, lying).code == "geo.geojson_is_wgs84"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["out.parquet", "stops.csv"]


def test_outlines_become_wgs84_geojson(real, tmp_path):
    source, out = real / "cn-datav-2020/810000_geojson_full.json", tmp_path / "hk.geojson"
    assert dataferry("convert", "--from", "GCJ02", "--to", "WGS84", source, "--out", out).code is None
    before, after = (json.loads(file.read_text("utf-8"))["features"] for file in (source, out))
    assert [f["properties"]["name"] for f in after] == [f["properties"]["name"] for f in before]
    one, other = (shapely.geometry.shape(features[0]["geometry"]).centroid for features in (before, after))
    expected = geo.convert(one.x, one.y, geo.GCJ02, geo.WGS84)
    assert geo.geodesic_distance_m(other.x, other.y, expected.x, expected.y) < 1


def test_named_grid_columns_win_over_the_geometry_of_the_file(real, tmp_path):
    source, out = real / "hk-geocommunity/Aided_Primary_Schools.geojson", tmp_path / "schools.geojson"
    words = ["--from", "EPSG:2326", "--to", "EPSG:4326", source, "--x", "Easting", "--y", "Northing", "--out", out]
    assert dataferry("convert", *words).code is None
    x, y = json.loads(out.read_text("utf-8"))["features"][241]["geometry"]["coordinates"]
    stated = json.loads(source.read_text("utf-8"))["features"][241]["geometry"]["coordinates"]
    assert geo.geodesic_distance_m(x, y, *stated) == pytest.approx(3053.26, abs=0.01)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("stops.csv", "geo.overwrites_input"),
        ("result.docx", "geo.unknown_format"),
        ("nowhere/result.csv", "geo.no_folder"),
    ],
)
def test_a_result_is_not_written_where_it_cannot_or_must_not_be(stops, name, code):
    before = stops.read_bytes()
    done = dataferry("convert", "--from", "WGS84", "--to", "GCJ02", stops, "--out", stops.parent / name)
    assert done.code == code
    assert stops.read_bytes() == before
    assert [file.name for file in stops.parent.iterdir()] == ["stops.csv"]


def test_datum_of_real_car_parks(real):
    words = [real / "hk-td-carpark-2025/basic_info_all.json", "--match", "district_sc", "--against"]
    done = dataferry(
        "datum", *words, real / "cn-datav-2020/810000_geojson_full.json", "--boundary-crs", "GCJ02", "--json"
    )
    found = json.loads(done.stdout)
    assert found["verdict"]["crs"] == "EPSG:4326"
    assert [trial["fits"] for trial in found["trials"]] == [477, 451, 399]


def test_datum_does_not_hold_columns_against_the_geometry_made_of_them(stops):
    found = json.loads(dataferry("datum", stops, "--json").stdout)
    assert found["verdict"] is None
    assert found["held_against"] is None


def test_audit_names_the_worst_row(real):
    done = dataferry("audit", real / "hk-geocommunity/Aided_Primary_Schools.geojson", "--json")
    found = json.loads(done.stdout)
    assert (found["first"], found["second"]) == ("Easting, Northing", "geometry")
    assert found["worst"][0] == {"row": 242, "distance_m": 3053.258}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["datum", "FILE", "--x", "lon"], "geo.half_a_pair"),
        (["datum", "FILE", "--x", "lon", "--y", "nothing"], "geo.no_column"),
        (["datum", "FILE", "--match", "name"], "geo.against_needs_match"),
        (["audit", "FILE"], "geo.no_coordinates"),
    ],
)
def test_what_is_missing_is_named(stops, words, code):
    assert dataferry(*(stops if word == "FILE" else word for word in words)).code == code


def district_files(folder: Path) -> tuple[Path, Path]:
    """Forty places in WGS84 with their district, and the outlines of both districts in GCJ-02."""
    rows, features = ["id,lon,lat,district"], []
    for name, west in (("甲區", 121.45), ("乙區", 121.47)):
        rows += [f"{name}{i},{west + 0.0004 + i % 5 * 0.0048},{31.2204 + i // 5 * 0.006},{name}" for i in range(20)]
        ring = shapely.get_coordinates(shapely.box(west, 31.22, west + 0.02, 31.24))
        moved = geo.convert(ring[:, 0], ring[:, 1], geo.WGS84, geo.GCJ02)
        shape = {"type": "Polygon", "coordinates": [[list(pair) for pair in zip(moved.x, moved.y, strict=True)]]}
        features.append({"type": "Feature", "properties": {"name": name}, "geometry": shape})
    points, outlines = folder / "points.csv", folder / "outlines.geojson"
    points.write_text("\n".join(rows) + "\n", "utf-8")
    outlines.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return points, outlines


def test_the_trials_of_datums_are_shown_and_nothing_is_claimed_that_they_do_not_tell(command, tmp_path, monkeypatch):
    points, outlines = district_files(tmp_path)
    words = ["datum", points, "--against", outlines, "--match", "district", "--boundary-crs", "GCJ02"]
    code, out, _ = command(*words)
    assert code == 0
    assert re.search(r"^WGS 84 +GCJ-02 +40 +100\.0% ", out, re.MULTILINE)
    assert "Cannot tell" in out
    found = json.loads(command(*words, "--json").out)
    assert (found["verdict"], found["trials"][0]["fits"]) == (None, 40)
    monkeypatch.setenv("DATAFERRY_LANG", "zh-Hant")
    said = command(*words).out
    assert "Cannot tell" not in said
    assert "GCJ-02" in said


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--against", "plain.csv", "--match", "district"], "geo.no_coordinates"),
        (["--against", "outlines.geojson", "--match", "nothing"], "geo.no_column"),
        (["--against", "outlines.geojson", "--match", "id"], "geo.no_match"),
    ],
)
def test_outlines_that_do_not_fit_are_told(command, tmp_path, words, code):
    points, _outlines = district_files(tmp_path)
    (tmp_path / "plain.csv").write_text("name\n甲區\n乙區\n", "utf-8")
    ended = command("datum", points, *words, "--json")
    assert json.loads(ended.out)["error"]["code"] == code
    assert ended.code in (2, 3)


def test_two_statements_of_each_row_are_compared_in_words(command, tmp_path):
    x, y = [835776.1, 836500.0, 837000.0, 838000.0], [815604.8, 816000.0, 816500.0, 817000.0]
    places = geo.convert(x, y, "EPSG:2326", geo.WGS84)
    lat = [*places.y[:3], places.y[3] + 0.01]
    lines = [f"{e},{n},{lon},{la}" for e, n, lon, la in zip(x, y, places.x, lat, strict=True)]
    (tmp_path / "stops.csv").write_text("\n".join(["easting,northing,lon,lat", *lines]) + "\n", "utf-8")
    code, out, _ = command("audit", "stops.csv", "--worst", "2")
    assert code == 0
    assert "EPSG:2326" in out
    assert re.search(r"^ *4 +1,1\d\d\.\d{3} +838000 817000 ", out, re.MULTILINE)
    assert command("audit", "stops.csv", "--easting", "easting", "--json").code == 2


def test_rows_that_were_not_converted_are_told(command, stops, tmp_path):
    code, out, _ = command("convert", "--from", "WGS84", "--to", "EPSG:2326", stops, "--out", "grid.csv")
    assert code == 0
    assert "3 rows" in out
    assert "!" in out
    value = json.loads(
        command("convert", "--from", "WGS84", "--to", "GCJ02", stops, "--out", tmp_path / "o.csv", "--json").out
    )
    assert (value["rows"], value["not_converted"]) == (3, 1)
