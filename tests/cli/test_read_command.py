"""`dataferry read` as people and programs use it: what was found is said, in words or JSON, and a bad wish is told."""

import csv
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
import shapely

from dataferry.tables.geoparquet import geometry_columns, read_geoparquet

STOPS = "代號,名稱,lat,lon,車位,備註\r\n001,灣仔,22.2783,114.1747,-1,abc\r\n002,銅鑼灣,22.2800,114.1850,5,=1+1\r\n"


@pytest.fixture
def stops(tmp_path: Path) -> Path:
    file = tmp_path / "stops.csv"
    file.write_bytes(STOPS.encode("big5hkscs"))
    return file


def test_json_is_one_document_whose_ledger_adds_up(command, stops):
    code, out, _ = command("read", stops, "--json", "--type", "代號=string", "--missing", "車位=-1")
    assert code == 0
    value = json.loads(out)
    assert (value["file"], value["bytes"], value["rows_in_table"]) == ("stops.csv", stops.stat().st_size, 2)
    assert value["encoding"]["value"].lower().startswith("big5")
    rows = value["rows"]
    assert rows["read"] == sum(count for part, count in rows.items() if part != "read") == 3
    columns = {column["name"]: column for column in value["columns"]}
    assert columns["代號"]["type"] == "string"
    assert (columns["車位"]["type"], columns["車位"]["missing"]) == ("integer", 1)
    assert value["findings"]
    assert all(finding["message"] for finding in value["findings"])


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ("rows read 3 = kept 2", "encoding")), ("zh-Hant", ("讀入列數 3 = 保留 2", "編碼"))],
)
def test_words_are_in_the_language_of_the_environment(command, stops, monkeypatch, language, words):
    monkeypatch.setenv("DATAFERRY_LANG", language)
    code, out, _ = command("read", stops)
    assert code == 0
    assert "stops.csv" in out
    assert "sha256:" in out
    assert "銅鑼灣" not in out
    for word in words:
        assert word in out


def test_a_file_with_markup_in_its_names_is_shown_as_it_is(command, tmp_path):
    file = tmp_path / "a[red]b.csv"
    file.write_text("[bold]x[/],y\n1,2\n3,4\n", "utf-8")
    code, out, _ = command("read", file)
    assert code == 0
    assert "a[red]b.csv" in out
    assert "[bold]x[/]" in out


def test_more_columns_than_a_screen_are_counted(command, tmp_path):
    file = tmp_path / "wide.csv"
    file.write_text("\n".join(",".join(f"{letter}{i}" for i in range(75)) for letter in "cd"), "utf-8")
    code, out, _ = command("read", file)
    assert code == 0
    assert "c59" in out
    assert "c60" not in out
    assert "15" in out


def test_the_layer_and_those_that_were_not_read_are_named(command, tmp_path):
    from pyogrio.raw import write_arrow

    shapes = pa.table({"name": ["a"], "geometry": pa.array([shapely.to_wkb(shapely.Point(114, 22))], pa.binary())})
    for layer in ("stops", "routes"):
        file = tmp_path / "transport.gpkg"
        shared = {"driver": "GPKG", "geometry_type": "Point", "geometry_name": "geometry", "crs": "EPSG:4326"}
        write_arrow(shapes, file, layer=layer, append=file.exists(), **shared)
    code, out, _ = command("read", "transport.gpkg", "--layer", "routes")
    assert code == 0
    assert re.search(r"layer +routes +stops", out)
    ended = command("read", "transport.gpkg", "--layer", "rails", "--json")
    assert ended.code != 0
    assert "stops" in json.loads(ended.out)["error"]["message"]


def test_the_table_is_written_as_geoparquet_with_its_datum(command, stops, tmp_path):
    out = tmp_path / "stops.parquet"
    code, said, _ = command("read", stops, "--geometry", "lon, lat", "--crs", "EPSG:4326", "--out", out)
    assert code == 0
    assert str(out) in said.replace("\n", "")
    table = read_geoparquet(out)
    assert geometry_columns(table.schema) == {"geometry": "EPSG:4326"}
    assert table.num_rows == 2


def test_a_formula_is_written_harmless_to_csv_and_told(command, stops, tmp_path):
    out = tmp_path / "clean.csv"
    code, said, _ = command("read", stops, "--out", out, "--json")
    assert code == 0
    value = json.loads(said)
    assert value["out"] == str(out)
    assert [f["data"]["count"] for f in value["findings"] if f["code"] == "tables.written_neutralised"] == [1]
    with out.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows[2][5] == "'=1+1"
    assert not any(cell.startswith("=") for row in rows for cell in row)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--geometry", "lon"], "tables.geometry_usage"),
        (["--missing", "-1"], "tables.pair_usage"),
        (["--type", "=string"], "tables.pair_usage"),
        (["--out", "table.xlsx"], "tables.out_usage"),
    ],
)
def test_a_wish_that_cannot_be_read_is_refused_before_the_file_is(command, tmp_path, words, code):
    ended = command("read", "not-there.csv", *words, "--json")
    assert ended.code == 2
    assert json.loads(ended.out)["error"]["code"] == code
    assert code in ended.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "exit_code"), [(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", 3), (b"", 3), (None, 6)]
)
def test_what_cannot_be_read_is_one_clear_message_with_its_exit_code(command, tmp_path, content, exit_code):
    file, out = tmp_path / "bad.csv", tmp_path / "out.csv"
    if content is not None:
        file.write_bytes(content)
    ended = command("read", file, "--out", out, "--json")
    assert ended.code == exit_code
    assert json.loads(ended.out)["error"]["code"] in ended.err
    assert "Traceback" not in ended.err
    assert not out.exists()


def test_a_result_that_cannot_be_written_is_told_and_leaves_nothing(command, stops, tmp_path):
    ended = command("read", stops, "--out", tmp_path / "nowhere" / "stops.csv")
    assert (ended.code, "geo.no_folder" in ended.err) == (2, True)
    (tmp_path / "taken.parquet").mkdir()
    for words in (["read", stops], ["convert", "--from", "WGS84", "--to", "GCJ02", stops]):
        ended = command(*words, "--out", tmp_path / "taken.parquet", "--json")
        assert json.loads(ended.out)["error"]["code"] == "cli.out_unwritable"
        assert (ended.code, "Traceback" in ended.err) == (4, False)
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["stops.csv", "taken.parquet"]
    assert stops.read_bytes() == STOPS.encode("big5hkscs")


def test_the_version_and_a_language_without_translation(command, monkeypatch):
    from dataferry import __version__

    assert command("--version").out == f"dataferry {__version__}\n"
    monkeypatch.setenv("DATAFERRY_LANG", "zh-Hans")
    assert "表格" in command("read", "--help").out
