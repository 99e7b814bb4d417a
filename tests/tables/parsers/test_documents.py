"""Promise: JSON and XML of any shape become rows, wrapped or encoded twice, and a single row is a list of one."""

import json

import pytest

from dataferry.messages import InputError, LimitError
from dataferry.tables import ReadLimits, ReadOptions, read
from dataferry.tables.parsers.documents import parse_json
from dataferry.tables.report import ReadReport


def write(folder, text, name="x.json", codec="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(codec))
    return path


def codes(reading):
    return {finding.code.removeprefix("tables.") for finding in reading.report.findings}


@pytest.mark.parametrize(
    "before_after", [("var data = ", ";"), ("callback(", ");"), ("export default ", "\n"), ("", "")]
)
def test_wrappers(tmp_path, before_after):
    before, after = before_after
    reading = read(write(tmp_path, f'{before}[{{"a": 1}}, {{"a": 2}}]{after}'))
    assert reading.table.to_pydict() == {"a": [1, 2]}
    assert ("wrapper" in codes(reading)) == bool(before)


def test_shanghai_answers_json_inside_json(tmp_path):
    rows = [{"nyzcz": "12.5", "jhpt_delete": "0"}, {"nyzcz": "13", "jhpt_delete": "1"}]
    inner = json.dumps({"state": 200, "total": 0, "data": rows}, ensure_ascii=False)
    reading = read(write(tmp_path, json.dumps({"code": "000000", "message": "ok", "data": inner})))
    assert reading.table.to_pydict() == {"nyzcz": [12.5, 13.0], "jhpt_delete": [0, 1]}
    assert reading.report.layer == "data.data"
    assert "encoded_twice" in codes(reading)
    whole = read(write(tmp_path, json.dumps(json.dumps(rows))))
    assert whole.table.num_rows == 2


def test_objects_keyed_by_id_and_nested_names(tmp_path):
    value = {
        f"{i:04d}": {"name": f"s{i}", "at": {"lat": 22.0 + i, "lng": 114.0}, "lines": ["a", "b"]} for i in range(5)
    }
    reading = read(write(tmp_path, json.dumps(value)))
    assert reading.table.column_names == ["key", "name", "at.lat", "at.lng", "lines", "geometry"]
    assert reading.table["key"].to_pylist()[0] == "0000"
    assert reading.table["lines"][0].as_py() == '["a","b"]'
    assert {"keyed_records", "lists_as_text", "points_crs_unknown"} <= codes(reading)


def test_several_sets_are_named_and_a_path_chooses(tmp_path):
    path = write(
        tmp_path, json.dumps({"meta": {"n": 1}, "big": [{"a": i} for i in range(9)], "small": [{"b": 1}, {"b": 2}]})
    )
    assert read(path).table.num_rows == 9
    assert read(path).report.other_layers == ("small",)
    assert read(path, ReadOptions(path="small")).table["b"].to_pylist() == [1, 2]
    with pytest.raises(InputError) as error:
        read(path, ReadOptions(path="huge"))
    assert "big" in error.value.text()


def test_keys_that_stand_twice_are_told(tmp_path):
    reading = read(write(tmp_path, '[{"a": 1, "a": 2}, {"a": 3}]'))
    lost = next(f for f in reading.report.findings if f.code == "tables.repeated_keys")
    assert (lost.severity, lost.data["examples"]) == ("irrecoverable", ["a"])


def test_large_whole_numbers_and_mixed_kinds_lose_nothing(tmp_path):
    reading = read(
        write(tmp_path, '[{"id": 12345678901234567890, "v": 1}, {"id": 7, "v": "n/a"}, {"id": null, "v": 2.5}]')
    )
    assert reading.table["id"].to_pylist() == ["12345678901234567890", "7", None]
    assert reading.table["v"].to_pylist() == [1.0, None, 2.5]
    assert reading.table["v_flag"].to_pylist() == [None, "n/a", None]


def test_json_lines_keep_a_line_that_is_no_json(tmp_path):
    text = '{"a": 1}\n{"a": 2, "b": {"c": 3}}\n\nnot json\n{"a": 4}\n'
    reading = read(write(tmp_path, text, "x.jsonl"))
    assert reading.table["a"].to_pylist() == [1, 2, None, 4]
    assert reading.table["unreadable_line"].to_pylist() == [None, None, "not json", None]
    assert reading.report.rows.blank == 1
    assert reading.report.rows.adds_up()


def test_xml_repeats_and_a_single_row_is_not_lost(tmp_path):
    row = "<Result><id>{0}</id><name lang='zh'>{1}</name></Result>"
    many = "<result><code>0</code><data>" + row.format(1, "中環") + row.format(2, "灣仔") + "</data></result>"
    reading = read(write(tmp_path, many, "x.xml"))
    assert reading.table.to_pydict() == {"id": [1, 2], "name.lang": ["zh", "zh"], "name.text": ["中環", "灣仔"]}
    single = read(write(tmp_path, "<result><data>" + row.format(1, "中環") + "</data></result>", "y.xml"))
    assert single.table["id"].to_pylist() == [1]
    assert "single_record" in codes(single)


def test_xml_in_an_encoding_the_parser_does_not_know(tmp_path):
    text = '<?xml version="1.0" encoding="GB2312"?><rows><row><n>黄浦区</n></row><row><n>徐汇区</n></row></rows>'
    reading = read(write(tmp_path, text, "x.xml", "gb18030"))
    assert reading.table["n"].to_pylist() == ["黄浦区", "徐汇区"]


def test_broken_xml_says_where(tmp_path):
    with pytest.raises(InputError) as error:
        read(write(tmp_path, "<a><b>1</b>\n<b>2</c></a>", "x.xml"))
    assert error.value.data["line"] == 2


def test_text_in_text_in_text_is_unpacked(tmp_path):
    text = json.dumps(json.dumps(json.dumps([{"a": 1}, {"a": 2}])))
    path = write(tmp_path, text)
    report = ReadReport(path.name, "", len(text))
    assert parse_json(path, ReadOptions(), report)["a"].to_pylist() == [1, 2]
    assert [finding.code for finding in report.findings].count("tables.encoded_twice") == 1
    again = write(tmp_path, json.dumps(text))
    table = parse_json(again, ReadOptions(), ReadReport(again.name, "", len(text)))
    assert table["a"].to_pylist() == [1, 2]


@pytest.mark.parametrize(
    ("value", "table"),
    [
        ({"a": 1, "b": "x"}, {"a": [1], "b": ["x"]}),
        ([1, None, 3], {"value": [1, 3]}),
        ([["a", 1], None, ["b", 2]], {"column_1": ["a", "b"], "column_2": [1, 2]}),
        ([[["a", 1], ["b", 2]], [["c", 3]]], {"group": [0, 0, 1], "column_1": ["a", "b", "c"], "column_2": [1, 2, 3]}),
        ({"x": {"key": "k", "n": 1}, "y": {"key": "l", "n": 2}}, None),
    ],
)
def test_every_shape_has_its_rows(tmp_path, value, table):
    reading = read(write(tmp_path, json.dumps(value)))
    if table is None:
        table = {"key_of_object": ["x", "y"], "key": ["k", "l"], "n": [1, 2]}
    assert reading.table.to_pydict() == table
    assert reading.report.rows.blank == (sum(item is None for item in value) if isinstance(value, list) else 0)
    assert reading.report.rows.adds_up()


def test_text_that_only_looks_like_json_stays_text(tmp_path):
    rows = [{"a": "{not json}", "b": "[1]"}, {"a": "[x]", "b": "[2]"}]
    table = read(write(tmp_path, json.dumps({"head": "{broken}", "rows": rows}))).table
    assert table.to_pydict() == {"a": ["{not json}", "[x]"], "b": ["[1]", "[2]"]}


def test_a_path_goes_through_lists_dots_and_inner_text(tmp_path):
    inner = json.dumps({"list": [{"n": 1}, {"n": 2}]})
    path = write(tmp_path, json.dumps({"pages": [{"a.b": inner}, {"a.b": []}], "none": 5, "void": {}}))
    for wanted, code in (("pages.7", "no_such_path"), ("none", "no_records"), ("void", "no_records")):
        with pytest.raises(InputError) as error:
            read(path, ReadOptions(path=wanted))
        assert error.value.code == f"tables.{code}"
    paged = write(tmp_path, json.dumps({"pages": [{"body": inner}]}), "paged.json")
    assert read(paged, ReadOptions(path="pages.0.body.list")).table["n"].to_pylist() == [1, 2]


def test_a_list_of_nothing_is_told_as_no_rows(tmp_path):
    reading = read(write(tmp_path, '{"a": []}'))
    assert (reading.table.column_names, reading.table.num_rows, "no_rows" in codes(reading)) == (["a"], 0, True)


@pytest.mark.parametrize("text", ["{}", "[]"])
def test_a_document_without_records_is_refused(tmp_path, text):
    with pytest.raises(InputError) as error:
        read(write(tmp_path, text))
    assert error.value.code == "tables.no_records"


def test_broken_and_cut_off_documents_say_where(tmp_path):
    for text, code in (('[{"a": 1},\n{"a" 2}, {"a": 3}]', "json_broken"), ('[{"a": 1},\n{"a": ', "json_cut_off")):
        with pytest.raises(InputError) as error:
            read(write(tmp_path, text))
        assert (error.value.code, error.value.data["line"]) == (f"tables.{code}", 2)


def test_documents_beyond_the_limits_are_refused(tmp_path):
    deep = '{"a":' * 100 + "1" + "}" * 100
    for text, limits, code in (
        (deep, {}, "too_deep"),
        ("[" * 200_000 + "]" * 200_000, {}, "too_deep"),
        ('[{"a": 1}]', {"document_bytes": 5}, "document_too_big"),
        ('[{"a": 1}, {"b": 2}, {"c": 2}]', {"columns": 2}, "too_many_columns"),
        ('[{"a": 1}, {"a": 2}, {"a": 2}]', {"rows": 2}, "too_many_rows"),
    ):
        with pytest.raises(LimitError) as error:
            read(write(tmp_path, text), ReadOptions(limits=ReadLimits(**limits)))
        assert error.value.code == f"tables.{code}"
    lines = write(tmp_path, '{"a": 1}\n{"a": "' + "x" * 5000 + '"}', "x.jsonl")
    with pytest.raises(LimitError) as error:
        read(lines, ReadOptions(limits=ReadLimits(line_bytes=1000)))
    assert error.value.code == "tables.line_too_long"


def test_bytes_that_do_not_decode_are_counted_or_refused_where_an_encoding_was_declared(tmp_path):
    path = tmp_path / "x.json"
    rows = ", ".join(f'{{"a": "中環皇后大道中 {i}"}}' for i in range(300))
    path.write_bytes(f'[{rows}, {{"a": "'.encode() + b'\xff\xfe"}]')
    lost = next(f for f in read(path).report.findings if f.code == "tables.characters_lost")
    assert lost.severity == "irrecoverable"
    assert lost.data["count"] >= 1
    with pytest.raises(InputError) as error:
        read(path, ReadOptions(encoding="utf-8"))
    assert error.value.code == "tables.not_decodable"


def test_json_lines_of_lists_scalars_and_broken_numbers(tmp_path):
    text = '{"a": 1}\n{}\n[1, "x"]\n5\n{"a": ' + "9" * 5000 + "}"
    reading = read(write(tmp_path, text, "x.jsonl"))
    rows = reading.table.to_pylist()
    assert (rows[0]["a"], rows[1]["column_2"], rows[2]["value"]) == (1, "x", 5)
    assert rows[3]["unreadable_line"].startswith('{"a": 999')
    assert next(f for f in reading.report.findings if f.code == "tables.bad_lines").data["rows"] == [5]
