"""Promise: nested records become columns without a value lost, however kinds change from chunk to chunk."""

import json

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dataferry.tables.options import ReadLimits
from dataferry.tables.parsers import records as module
from dataferry.tables.parsers.records import Records, flatten, keyed_objects


def columns(monkeypatch, chunk, rows):
    monkeypatch.setattr(module, "_AT_ONCE", chunk)
    made = Records("x.json", ReadLimits())
    made.extend(rows)
    return made.columns()


def test_keys_that_would_share_a_name_both_stay():
    assert flatten({"a.b": 1, "a": {"b": 2, "c": []}}) == {"a.b": 1, "a.b_2": 2, "a.c": None}


def test_what_lies_too_deep_stays_json():
    record = 1
    for _ in range(9):
        record = {"k": record}
    ((name, text),) = flatten(record).items()
    assert name == ".".join("k" * 7)
    assert json.loads(text) == {"k": {"k": 1}}


def test_objects_keyed_by_data_stay_json():
    rows = [{"at": {f"{i:04d}": i}, "same": {"x": i}} for i in range(60)]
    assert keyed_objects(rows) == {"at"}
    assert json.loads(flatten(rows[7], frozenset({"at"}))["at"]) == {"0007": 7}


def test_whole_numbers_meet_fractions_in_a_later_chunk(monkeypatch):
    exact = columns(monkeypatch, 1, [{"v": 1}, {"v": None}, {"v": 2.5}])["v"]
    assert (exact.type, exact.to_pylist()) == (pa.float64(), [1.0, None, 2.5])
    large = columns(monkeypatch, 1, [{"v": 2**53 + 1}, {"v": 2.5}])["v"]
    assert (large.type, large.to_pylist()) == (pa.string(), [str(2**53 + 1), "2.5"])


def test_kinds_that_differ_and_columns_that_come_late(monkeypatch):
    rows = [{"a": True, "n": None}, {"a": "x", "b": 3}, {"a": 7, "b": None}, {"c": [1]}]
    made = columns(monkeypatch, 2, rows)
    assert {name: column.to_pylist() for name, column in made.items()} == {
        "a": ["true", "x", "7", None],
        "n": [None] * 4,
        "b": [None, 3, None, None],
        "c": [None, None, None, "[1]"],
    }


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(min_size=1, max_size=4)


@given(st.lists(VALUES, min_size=1, max_size=8), st.integers(1, 8))
def test_the_size_of_chunks_changes_no_value(values, chunk):
    rows = [{"v": value} for value in values]
    before, module._AT_ONCE = module._AT_ONCE, chunk
    try:
        made = Records("x.json", ReadLimits())
        made.extend(rows)
        column = made.columns()["v"]
    finally:
        module._AT_ONCE = before
    assert [value is None for value in column.to_pylist()] == [value is None for value in values]
    if {type(value) for value in values} <= {int, type(None)}:
        assert [None if v is None else int(v) for v in column.to_pylist()] == values
