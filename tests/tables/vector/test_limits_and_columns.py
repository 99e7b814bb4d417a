"""Promise: files of places keep to the limits, are brought without links too, and declared types lose no value."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataferry.messages import InputError, LimitError
from dataferry.tables import ReadLimits, ReadOptions, read
from dataferry.tables.columns.declared_columns import apply_declared
from dataferry.tables.report import ReadReport
from dataferry.tables.vector.files import parse_vector
from dataferry.tables.vector.gdal import bring


def test_parquet_beyond_the_limits_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": [1, 2, 3], "b": [4, 5, 6]}), path)
    for limits, code in (({"rows": 2}, "layer_too_long"), ({"columns": 1}, "layer_too_wide")):
        with pytest.raises(LimitError) as error:
            read(path, ReadOptions(limits=ReadLimits(**limits)))
        assert error.value.code == f"tables.{code}"
    assert read(path).table.to_pydict() == {"a": [1, 2, 3], "b": [4, 5, 6]}


def test_what_holds_no_places_is_no_file_of_places(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError) as error:
        parse_vector(path, ReadOptions(), ReadReport("x.csv", "", 8))
    assert "delimited" in error.value.text()


def test_where_links_are_not_allowed_files_and_folders_are_copied(tmp_path, monkeypatch):
    folder = tmp_path / "a.gdb"
    folder.mkdir()
    (folder / "t").write_bytes(b"content")

    def refuse(*_, **__):
        raise OSError("links are not allowed")

    monkeypatch.setattr(type(folder), "symlink_to", refuse)
    brought = bring(folder, tmp_path / "data.gdb")
    one = bring(folder / "t", tmp_path / "data")
    assert ((brought / "t").read_bytes(), one.read_bytes()) == (b"content", b"content")
    assert not brought.is_symlink()


def test_declared_types_and_sentinels_that_do_not_fit_change_nothing(tmp_path):
    table = pa.table({"n": [1, -1, 3], "t": ["1", "x", "3"], "b": [True, False, None]})
    report = ReadReport("x", "", 0)
    options = ReadOptions(types={"n": "date", "t": "integer"}, missing={"*": ("-1", "none"), "b": ("false",)})
    made, counts = apply_declared(table, options, report)
    assert made.to_pydict() == {"n": [1, None, 3], "t": ["1", "x", "3"], "b": [True, False, None]}
    assert counts == {"n": 1}
    assert [(f.code, f.data["column"]) for f in report.findings] == [
        ("tables.type_not_cast", "n"),
        ("tables.type_not_cast", "t"),
    ]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_kml_that_says_utf16_in_single_bytes_is_read(tmp_path, codec):
    path = tmp_path / "x.kml"
    text = (
        '<?xml version="1.0" encoding="utf-16"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
        "<name>中環</name><Point><coordinates>114.15,22.28</coordinates></Point></Placemark></Document></kml>"
    )
    path.write_bytes(text.encode(codec))
    assert "中環" in str(read(path).table.to_pylist())
    path.write_bytes(text.replace("</Point>", "").encode(codec))
    with pytest.raises(InputError) as error:
        read(path)
    assert (error.value.code, error.value.data["reason"]) == ("tables.xml_broken", "mismatched tag")
