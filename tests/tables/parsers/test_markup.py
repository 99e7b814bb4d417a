"""Promise: XML gives every attribute and text of its records, and nothing in it can grow or reach out."""

import pytest

from dataferry.messages import InputError, LimitError
from dataferry.tables import ReadLimits, ReadOptions, read


def write(folder, text, codec="utf-8"):
    path = folder / "x.xml"
    path.write_bytes(text.encode(codec))
    return path


def test_attributes_children_lists_and_nested_elements_become_columns(tmp_path):
    text = """<r xmlns="urn:x"><!-- two -->
      <bus id="1"><stop n="a">Central</stop><stop n="b">Wan Chai</stop><at><x>1.5</x><y>2.5</y></at><kind/></bus>
      <bus id="2"><id>two</id><stop>Aberdeen</stop><at><x>3</x><y>4</y></at><kind>night</kind></bus></r>"""
    table = read(write(tmp_path, text), ReadOptions(path="bus")).table
    assert table["stop"].to_pylist()[0] == '[{"n":"a","text":"Central"},{"n":"b","text":"Wan Chai"}]'
    assert table["at.x"].to_pylist() == [1.5, 3.0]
    assert table["kind"].to_pylist() == [None, "night"]
    assert table["id"].to_pylist() == ["1", '["2","two"]']


def test_text_beside_a_field_called_text_and_around_inner_elements_is_kept(tmp_path):
    text = "<r><n text='a'>b</n><n text='c'>d</n></r>"
    assert read(write(tmp_path, text)).table.to_pydict() == {"text": ["a", "c"], "text_2": ["b", "d"]}
    mixed = "<r><p>one <b>bold</b> two</p><p>three <b>b</b> four</p></r>"
    assert read(write(tmp_path, mixed)).table.to_pydict() == {"b": ["bold", "b"], "text": ["one two", "three four"]}


@pytest.mark.parametrize(
    ("text", "layer", "table"),
    [
        ("<r><code>0</code><data><row><a>1</a><b>2</b></row></data></r>", "r", None),
        ("<r><data><row><a>1</a><b>2</b></row></data></r>", "r.data.row", {"a": [1], "b": [2]}),
        ("<r><data><name>x</name></data></r>", "r.data", {"name": ["x"]}),
        ("<r><v>1</v><v>2</v><v>3</v></r>", "r.v", {"v": [1, 2, 3]}),
    ],
)
def test_the_record_is_what_repeats_or_the_first_with_several_fields(tmp_path, text, layer, table):
    reading = read(write(tmp_path, text))
    assert reading.report.layer == layer
    assert table is None or reading.table.to_pydict() == table
    assert reading.report.rows.kept == reading.table.num_rows


def test_a_path_chooses_with_or_without_the_root_and_others_are_named(tmp_path):
    path = write(tmp_path, "<r><a><i>1</i></a><a><i>2</i></a><b k='1'/><b k='2'/><b k='3'/></r>")
    assert read(path).report.layer == "r.b"
    assert read(path).report.other_layers == ("r.a",)
    told = next(f for f in read(path).report.findings if f.code == "tables.several_record_sets")
    assert told.data == {"chosen": "r.b", "count": 3, "others": ["r.a (2)"]}
    for chosen in ("a", "r.a"):
        assert read(path, ReadOptions(path=chosen)).table["i"].to_pylist() == [1, 2]
    with pytest.raises(InputError) as error:
        read(path, ReadOptions(path="c"))
    assert (error.value.code, "r.a" in error.value.text()) == ("tables.no_such_path", True)


BOMB = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><r><n>&b;</n><n>&b;</n></r>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><r><n>&x;</n><n>1</n></r>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_entities_are_refused(tmp_path, text):
    with pytest.raises(InputError) as error:
        read(write(tmp_path, text))
    assert error.value.code == "tables.xml_entities"


@pytest.mark.parametrize(("limits", "code"), [({"nesting": 3}, "too_deep"), ({"xml_elements": 5}, "too_many_elements")])
def test_depth_and_number_of_elements_are_bounded(tmp_path, limits, code):
    path = write(tmp_path, "<r>" + "<a><b><c>1</c></b></a>" * 9 + "</r>")
    with pytest.raises(LimitError) as error:
        read(path, ReadOptions(limits=ReadLimits(**limits)))
    assert error.value.code == f"tables.{code}"


@pytest.mark.parametrize(
    ("stated", "codec"), [("martian", "utf-8"), ("utf-16", "utf-8"), ("UTF-16", "utf-16"), ("hex", "utf-8")]
)
def test_a_declaration_that_cannot_be_true_does_not_spoil_the_text(tmp_path, stated, codec):
    text = f'<?xml version="1.0" encoding="{stated}"?><r><n>中環</n><n>灣仔區</n></r>'
    assert read(write(tmp_path, text, codec)).table["n"].to_pylist() == ["中環", "灣仔區"]
