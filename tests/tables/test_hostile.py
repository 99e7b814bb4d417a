"""Promise: whatever the bytes are, a read ends in a table whose rows add up or in an error a person can act on."""

import io
import json
import zipfile

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataferry.messages import DataferryError, InputError, LimitError, MissingError
from dataferry.tables import ReadLimits, ReadOptions, read

ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder, data, name="file.csv"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def codes(reading):
    return {finding.code.removeprefix("tables.") for finding in reading.report.findings}


def survive(path, **options):
    """Read; a table must agree with its ledger, and every finding must have words."""
    try:
        reading = read(path, ReadOptions(**options))
    except DataferryError as error:
        said = error.text()
        return None if said else pytest.fail("an error without words")
    report = reading.report
    assert report.rows.adds_up()
    assert report.rows.kept == reading.table.num_rows
    assert all(finding.text() for finding in report.findings)
    json.dumps(report.to_json())
    return reading


@ANY
@given(st.binary(max_size=400))
@example(b"\xff\xfe\xff\xfea\0,\0")
@example(b'"' + b"\n" * 300)
@example(b"a,b\n1,2,3\n\n1")
@example(b"[[[]]]")
@example(b'{"a":NaN}')
@example(b"PK\x03\x04broken")
@example(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"Workbook".decode().encode("utf-16-le"))
def test_arbitrary_bytes(tmp_path, data):
    survive(write(tmp_path, data))


WORDS = st.sampled_from(
    [
        "",
        " ",
        "上午 9:00",
        '"',
        "\x00",
        "\ufeff",
        "\r",
        *["a", "1", "-1", "5*", "10+", "***", "2015-01-02", "3/4/2015", "合計", "0101", "=1+1", "1e400"],
    ]
)
ROWS = st.lists(st.lists(WORDS, max_size=5), max_size=12)


@ANY
@given(ROWS, st.sampled_from([",", "\t", ";"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_rows_always_add_up(tmp_path, rows, delimiter, line_end):
    survive(write(tmp_path, line_end.join(delimiter.join(row) for row in rows)))


LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4)
)


@ANY
@given(JSON)
def test_any_json_document(tmp_path, value):
    survive(write(tmp_path, json.dumps(value), "any.json"))


def test_empty_file_names_itself(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.csv is empty"):
        read(write(tmp_path, b"", "nothing.csv"))
    with pytest.raises(MissingError):
        read(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE html><html><title>404 Not Found</title></html>", "tables.is_html"),
        (b"%PDF-1.7\n", "tables.is_pdf"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "tables.is_image"),
        (b"\0\x01\0\0Standard Jet DB\0" + b"\0" * 100, "tables.is_mdb"),
        (bytes(range(256)) * 20, "tables.is_unknown"),
    ],
)
def test_what_is_no_table_is_named(tmp_path, data, code):
    with pytest.raises(InputError) as error:
        read(write(tmp_path, data))
    assert error.value.code == code


def test_one_column_and_ten_thousand(tmp_path):
    one = survive(write(tmp_path, "375\n393\n1082\n"))
    assert one.table.to_pydict() == {"column_1": [375, 393, 1082]}
    names = ",".join(f"c{i}" for i in range(10_000))
    values = ",".join(str(i % 7) for i in range(10_000))
    wide = survive(write(tmp_path, f"{names}\n" + f"{values}\n" * 3))
    assert (wide.table.num_rows, wide.table.num_columns) == (3, 10_000)
    with pytest.raises(LimitError):
        read(tmp_path / "file.csv", ReadOptions(limits=ReadLimits(columns=100)))


def test_endless_line_is_refused_without_being_held(tmp_path):
    limits = ReadLimits(line_bytes=1_000_000)
    for start in (b"", b"a,b\n1,2\n"):
        with pytest.raises(LimitError) as error:
            read(write(tmp_path, start + b"x" * 3_000_000), ReadOptions(limits=limits))
        assert error.value.code == "tables.line_too_long"


def test_zero_characters_are_taken_out_and_counted(tmp_path):
    reading = survive(write(tmp_path, b"name,n\nab\0c,1\nd,2\0\n"))
    assert reading.table.to_pydict() == {"name": ["abc", "d"], "n": [1, 2]}
    assert "nul_characters" in codes(reading)


def test_entity_bomb_and_deep_nesting(tmp_path):
    bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><r><i><n>&b;</n></i><i><n>1</n></i></r>'
    with pytest.raises(InputError) as error:
        read(write(tmp_path, bomb, "bomb.xml"))
    assert error.value.code == "tables.xml_entities"
    for text, name in (("[" * 100_000, "deep.json"), ("[" * 90 + "]" * 90, "d.json"), ("<a>" * 500, "deep.xml")):
        with pytest.raises(LimitError):
            read(write(tmp_path, text, name))


def test_unpaired_quotation_mark_swallows_nothing(tmp_path):
    lines = [f'{i},"open {i}' if i == 40 else f"{i},name {i}" for i in range(400)]
    reading = survive(write(tmp_path, "n,name\n" + "\n".join(lines) + "\n"))
    assert reading.table.num_rows == 400
    assert reading.table["n"].to_pylist() == list(range(400))
    assert "unpaired_quote" in codes(reading)


def test_formulas_stay_text_and_are_neutralised_only_on_export(tmp_path):
    from dataferry.tables import write_csv

    reading = survive(write(tmp_path, 'name,n\n"=HYPERLINK(""http://x"")",1\n+cmd|x,2\n@SUM(A1),3\nplain,-4\n'))
    assert reading.table["name"][0].as_py() == '=HYPERLINK("http://x")'
    finding = next(f for f in reading.report.findings if f.code == "tables.formulas")
    assert finding.data["count"] == 3
    assert write_csv(reading.table, tmp_path / "out.csv") == 3
    again = (tmp_path / "out.csv").read_text().splitlines()
    assert again[1].startswith("\"'=HYPERLINK")
    assert again[4] == '"plain",-4'


def test_swapped_and_impossible_coordinates_are_told_not_mended(tmp_path):
    text = "id,lon,lat\n1,22.3,114.17\n2,22.31,114.18\n3,nan,1\n4,inf,1\n5,0,0\n6,114.2,22.3\n"
    reading = survive(write(tmp_path, text), crs="EPSG:4326")
    assert {"coordinates_swapped", "points_missing", "points_zero"} <= codes(reading)
    swapped = next(f for f in reading.report.findings if f.code == "tables.coordinates_swapped")
    assert swapped.data["count"] == 2
    assert swapped.data["city"] == "Hong Kong"
    assert reading.table["lon"][0].as_py() == 22.3
    assert [value is None for value in reading.table["geometry"].to_pylist()] == [False, False, True, True, True, False]


def test_repeated_and_blank_headers(tmp_path):
    reading = survive(write(tmp_path, "a,a,,a_2,b\n1,2,3,4,5\n6,7,8,9,10\n"))
    assert reading.table.column_names == ["a", "a_3", "column_3", "a_2", "b"]
    assert {"repeated_names", "unnamed_columns"} <= codes(reading)
    assert [column.source_name for column in reading.report.columns] == ["a", "a", "", "a_2", "b"]


def test_far_off_cell_of_a_workbook_is_refused(tmp_path):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        sheet = (
            '<worksheet><sheetData><row r="1"><c r="A1"/></row><row><c r="XFD1048576"/></row></sheetData></worksheet>'
        )
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    with pytest.raises(LimitError) as error:
        read(write(tmp_path, made.getvalue(), "far.xlsx"))
    assert error.value.code == "tables.sheet_too_big"


def test_cut_off_json_says_so(tmp_path):
    with pytest.raises(InputError) as error:
        read(write(tmp_path, '[{"a": 1}, {"a": ', "cut.json"))
    assert error.value.code == "tables.json_cut_off"


def test_bytes_that_no_encoding_explains_are_counted_as_lost(tmp_path):
    good = "\n".join(f"{i},中環{i}" for i in range(200)).encode()
    reading = survive(write(tmp_path, "n,地方\n".encode() + good + b"\n201,\xff\xfe\xfa\n"))
    lost = next(f for f in reading.report.findings if f.code == "tables.characters_lost")
    assert lost.severity == "irrecoverable"
    assert reading.table.num_rows == 201
    assert pa.types.is_integer(reading.table["n"].type)
