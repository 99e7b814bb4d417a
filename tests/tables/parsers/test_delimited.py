"""Promise: encoding, dialect and layout are found out with evidence, and the fast path and the slow one agree."""

import csv
import io
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import InputError, UsageError
from dataferry.tables import ReadOptions, read
from dataferry.tables.encoding import detect_encoding
from dataferry.tables.parsers import body

HONG_KONG = "地區,街道,人口\n中西區,皇后大道中,240500\n深水埗,鴨寮街,416500\n灣仔,軒尼詩道,178400\n"
SHANGHAI = "区,街道,人口\n黄浦区,南京东路街道,662030\n徐汇区,漕河泾街道,1113078\n长宁区,华阳路街道,693051\n"


def write(folder, data, name="file.csv"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def finding(reading, code):
    return next(f for f in reading.report.findings if f.code == f"tables.{code}")


WIDE = [(codec, mark) for codec in ("utf-8", "utf-16-le", "utf-16-be") for mark in ("", "\ufeff", "\ufeff\ufeff")]


@pytest.mark.parametrize(("codec", "mark"), [*WIDE, ("big5hkscs", ""), ("gbk", ""), ("gb18030", "")])
def test_one_table_in_every_encoding(tmp_path, codec, mark):
    text = HONG_KONG if codec in ("big5hkscs", "utf-16-le") else SHANGHAI
    reading = read(write(tmp_path, (mark + text).encode(codec)))
    rows = list(csv.reader(io.StringIO(text)))
    assert reading.table.column_names == rows[0]
    assert [list(map(str, row.values())) for row in reading.table.to_pylist()] == rows[1:]
    assert reading.table.schema.field("人口").type == pa.int64()
    if len(mark) == 2:
        assert finding(reading, "repeated_mark").data["count"] == 2


def test_big5_is_told_from_its_hong_kong_supplement():
    plain = HONG_KONG.replace("深水埗", "深水步")
    assert detect_encoding(plain.encode("big5"), whole=True).codec == "big5"
    found = detect_encoding(HONG_KONG.encode("big5hkscs"), whole=True)
    assert found.codec == "big5hkscs"
    assert "埗 on line 3" in found.detected.evidence


def test_a_wrong_declared_encoding_is_an_error_not_a_mess(tmp_path):
    path = write(tmp_path, SHANGHAI.encode("gbk"))
    with pytest.raises(InputError) as error:
        read(path, ReadOptions(encoding="utf-8"))
    assert error.value.code == "tables.not_decodable"
    with pytest.raises(UsageError):
        read(path, ReadOptions(encoding="martian"))


def test_camera_list_in_utf16_with_two_marks_and_tabs(tmp_path):
    text = "\ufeffkey\tregion\tdescription\r\nH429F\tHong Kong Island\tAberdeen Praya Road, near Ocean Court\r\n"
    reading = read(write(tmp_path, b"\xff\xfe" + text.encode("utf-16-le")))
    assert reading.table.to_pylist()[0]["description"] == "Aberdeen Praya Road, near Ocean Court"


TEXTS = st.text(st.sampled_from("abc,\"'; |\t中環１é=-"), max_size=6).map(lambda t: f"x{t}y")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(TEXTS, st.integers(-999, 999)), min_size=3, max_size=30),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "gb18030"]),
    st.sampled_from([",", "\t", ";"]),
)
def test_round_trip(tmp_path, rows, codec, delimiter):
    made = io.StringIO()
    writer = csv.writer(made, delimiter=delimiter)
    writer.writerows([("text", "number"), *rows])
    reading = read(write(tmp_path, made.getvalue().encode(codec)), ReadOptions(encoding=codec))
    assert [tuple(row.values()) for row in reading.table.to_pylist()] == rows


def test_the_fast_path_and_the_slow_one_agree(tmp_path, monkeypatch):
    random = np.random.default_rng(5)
    lines = [f"{i},2020-01-{i % 28 + 1:02d},{'中環' if i % 3 else ''},{random.normal():.6f},true" for i in range(5000)]
    path = write(tmp_path, "n,day,place,value,on\n" + "\n".join(lines) + "\n")
    fast = read(path)

    def refuse(*_):
        raise body.NotWholeError("for the test")

    monkeypatch.setattr("dataferry.tables.parsers.delimited.read_whole", refuse)
    slow = read(path)
    assert fast.table.equals(slow.table)
    assert fast.report.rows == slow.report.rows


def test_what_the_sample_did_not_show_is_still_kept(tmp_path):
    rows = [f"{i},{i},{i}.5,2020-01-01" for i in range(60_000)]
    rows[30_100] = "0030100,7*,n/a,2/1/2020"
    reading = read(write(tmp_path, "code,flagged,part,day\n" + "\n".join(rows) + "\n"))
    table = reading.table
    assert table["code"][30_100].as_py() == "0030100"
    assert (table["flagged"][30_100].as_py(), table["flagged_flag"][30_100].as_py()) == (7, "7*")
    assert (table["part"][30_100].as_py(), table["part_flag"][30_100].as_py()) == (None, "n/a")
    assert table["day"].null_count == 0


def test_uneven_rows_are_padded_widened_and_named(tmp_path):
    reading = read(write(tmp_path, "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n"))
    assert reading.table.to_pydict() == {
        "a": [1, 4, 6, 10],
        "b": [2, 5, 7, 11],
        "c": [3, None, 8, 12],
        "column_4": [None, None, 9, None],
    }
    assert finding(reading, "short_rows").data["rows"] == [3]
    assert finding(reading, "long_rows").data["rows"] == [4]


def test_repeated_headers_blank_rows_and_proved_totals(tmp_path):
    text = "district,n,m\nA,1,10\nB,2,20\n\ndistrict,n,m\nC,3,30\nTotal,6,60\n"
    reading = read(write(tmp_path, text))
    counts = {name: n for name, n in vars(reading.report.rows).items() if n}
    assert counts == {"read": 7, "kept": 3, "header": 1, "repeated_header": 1, "blank": 1, "totals": 1}
    assert finding(reading, "totals").data["rows"] == [7]
    assert finding(reading, "totals").data["content"] == [["Total", "6", "60"]]


def test_a_total_that_does_not_add_up_stays_in_the_table(tmp_path):
    reading = read(write(tmp_path, "district,n\nA,1\nB,2\nTotal,9\n"))
    assert reading.table["n"].to_pylist() == [1, 2, 9]
    assert finding(reading, "totals_suspected").data["rows"] == [4]


def test_dates_are_filled_only_in_blocks(tmp_path):
    blocks = "".join(f"{'2025/1/' + str(d) if h == 1 else ''},{h},{d * h}\n" for d in range(1, 6) for h in range(1, 5))
    reading = read(write(tmp_path, "Date,Hour,n\n" + blocks))
    assert reading.table["Date"][5].as_py() == date(2025, 1, 2)
    assert finding(reading, "dates_filled").data["count"] == 15
    holes = "".join(f"{'2025/1/1' if i % 3 else ''},{i}\n" for i in range(12))
    assert read(write(tmp_path, "Date,n\n" + holes)).table["Date"].null_count == 4


def test_headers_of_numbers_units_and_none(tmp_path):
    years = read(write(tmp_path, "district,2019,2020,2021\nA,1,2,3\nB,4,5,6\n"))
    assert years.table.column_names == ["district", "2019", "2020", "2021"]
    units = read(
        write(tmp_path, "time,temp,rain\n,(°C),(mm)\n2020-01-01,20.1,0\n2020-01-02,21.5,3.5\n2020-01-03,19,0\n")
    )
    assert units.table["temp"].to_pylist() == [20.1, 21.5, 19]
    assert units.report.rows.header == 2
    bare = read(write(tmp_path, "Central,0,1\nAdmiralty,2,1\nWan Chai,3,4\n"))
    assert bare.table.num_rows == 3
    assert finding(bare, "no_header")
