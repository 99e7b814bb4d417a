"""Promise: rows that pyarrow cannot take whole are read one by one, within the limits, and no line is swallowed."""

from dataclasses import replace

import pyarrow as pa
import pytest

from dataferry.messages import InputError, LimitError
from dataferry.tables import ReadLimits, ReadOptions, read
from dataferry.tables.encoding import detect_encoding
from dataferry.tables.parsers import body as module
from dataferry.tables.parsers.body import Body, NotWholeError, read_rows, read_whole
from dataferry.tables.parsers.dialect import Dialect, detect_dialect


def body_of(path, text, width, codec="utf-8"):
    """The whole of a file as a body of this many columns."""
    raw = text.encode(codec)
    path.write_bytes(raw)
    dialect: Dialect = detect_dialect("a,b\n1,2\n", whole=True)[0]
    return Body(path, 0, len(raw), detect_encoding(raw, codec), dialect, width)


def test_a_column_that_breaks_its_type_is_read_again_as_text(tmp_path):
    body = body_of(tmp_path / "x.csv", "1,2\n0030,n/a\n5,6\n", 2)
    columns = read_whole(body, [pa.int64(), pa.int64()])
    assert columns.typed == {0}
    assert columns.columns[1].to_pylist() == ["2", "n/a", "6"]
    six = body_of(tmp_path / "y.csv", "1,2,3,4,5,6\n" + ",".join("abcdef") + "\n", 6)
    columns = read_whole(six, [pa.int64()] * 6)
    assert (columns.typed, columns.columns[5].to_pylist()) == (frozenset(), ["6", "f"])


@pytest.mark.parametrize(
    "text", ["1,2\n3\n", '1,"' + "x\n" * 3000 + '"\n', "a,b\nc,d,e\n"], ids=["short", "swallowed", "long"]
)
def test_what_is_not_whole_is_no_table(tmp_path, text):
    with pytest.raises(NotWholeError):
        read_whole(body_of(tmp_path / "x.csv", text, 2), [None, None])
    with pytest.raises(NotWholeError):
        read_whole(body_of(tmp_path / "x.csv", text, 2), [pa.int64()] * 2)


def test_a_quotation_mark_without_its_partner_swallows_no_line(tmp_path):
    rows = [f"{i},plain {i}" for i in range(3000)]
    rows[5] = '5,"open'
    rows[2500] = '2500,close"'
    path = tmp_path / "x.csv"
    path.write_text("n,text\n" + "\n".join(rows) + "\n")
    reading = read(path)
    assert reading.table["n"].to_pylist() == list(range(3000))
    assert reading.table["text"][5].as_py() == '"open'
    assert reading.report.rows.adds_up()


def test_a_body_without_quotation_that_cannot_be_cut_is_refused(tmp_path, monkeypatch):
    body = body_of(tmp_path / "x.csv", "1,2\n", 2)

    def fail(*_):
        raise module.csv.Error("field larger than field limit")

    monkeypatch.setattr(module, "_rows", fail)
    with pytest.raises(InputError) as error:
        read_rows(body, ReadLimits())
    assert error.value.code == "tables.cannot_cut"


@pytest.mark.parametrize(
    ("limits", "code"), [({"columns": 3}, "too_many_columns"), ({"rows": 30}, "too_many_rows")], ids=str
)
@pytest.mark.parametrize("is_even", [True, False])
def test_rows_and_columns_are_bounded_on_both_ways(tmp_path, limits, code, is_even):
    path = tmp_path / "x.csv"
    rows = ["1,2,3,4"] * 40 if is_even or "columns" in limits else ["1,2", "1,2,3"] * 20
    head = "a,b,c,d" if is_even else "a,b"
    path.write_text(head + "\n" + "\n".join(rows) + "\n")
    with pytest.raises(LimitError) as error:
        read(path, ReadOptions(limits=ReadLimits(**limits)))
    assert error.value.code == f"tables.{code}"


def test_a_wider_row_in_a_later_chunk_beyond_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_ROWS_AT_ONCE", 2)
    body = body_of(tmp_path / "x.csv", "1,2\n3,4\n5,6\n7,8,9\n\n0", 2)
    columns = read_rows(body, ReadLimits())
    assert [column.to_pylist() for column in columns.columns] == [
        ["1", "3", "5", "7", None, "0"],
        ["2", "4", "6", "8", None, None],
        [None, None, None, "9", None, None],
    ]
    assert (columns.short, columns.long) == ((1, (5,)), (1, (3,)))
    with pytest.raises(LimitError):
        read_rows(body, ReadLimits(columns=2))
    with pytest.raises(LimitError):
        read_rows(body, ReadLimits(rows=5))


def test_a_body_in_another_encoding_and_bytes_that_do_not_decode(tmp_path):
    body = body_of(tmp_path / "x.csv", "黄浦,2\n", 2, "gb18030")
    assert read_whole(body, [None, None]).columns[0].to_pylist() == ["黄浦"]
    broken = replace(body, encoding=replace(body.encoding, codec="utf-8"))
    with pytest.raises(NotWholeError):
        read_whole(broken, [None, None])
    assert read_rows(broken, ReadLimits(), "replace").undecodable > 0
