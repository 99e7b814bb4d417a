"""A table is told in Delta's types; a file is left out only when none of its rows can be wanted."""

import io
import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.formats.delta_sharing import (
    ColumnStatistics,
    FileStatistics,
    ResponseFormat,
    choose,
    of_parquet,
    reader_features,
    schema_string,
    sharing_schema,
    to_sharing,
)
from dataferry.formats.delta_sharing.predicates import MOST_NODES, hint, parse
from dataferry.messages import DataferryError, InputError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def footer(table: pa.Table, **options: Any) -> FileStatistics:
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return of_parquet(file)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (pa.bool_(), "boolean"),
        (pa.uint8(), "short"),
        (pa.int32(), "integer"),
        (pa.uint32(), "long"),
        (pa.uint64(), "decimal(20,0)"),
        (pa.float16(), "float"),
        (pa.decimal128(9, 2), "decimal(9,2)"),
        (pa.decimal256(38, 0), "decimal(38,0)"),
        (pa.large_string(), "string"),
        (pa.dictionary(pa.int8(), pa.string()), "string"),
        (pa.null(), "string"),
        (pa.binary(4), "binary"),
        (pa.date64(), "date"),
        (pa.time32("s"), "string"),
        (pa.duration("s"), "long"),
        (pa.timestamp("ns", "Asia/Hong_Kong"), "timestamp"),
        (pa.timestamp("s"), "timestamp_ntz"),
        (pa.list_(pa.uint8()), {"type": "array", "elementType": "short", "containsNull": True}),
        (
            pa.map_(pa.string(), pa.int8()),
            {"type": "map", "keyType": "string", "valueType": "byte", "valueContainsNull": True},
        ),
        (
            pa.struct([("x", pa.float64())]),
            {"type": "struct", "fields": [{"name": "x", "type": "double", "nullable": True, "metadata": {}}]},
        ),
    ],
)
def test_every_type_has_a_word_and_a_file_that_holds_it(kind: pa.DataType, told: Any) -> None:
    table = pa.table({"c": pa.nulls(2, kind)})
    field = json.loads(schema_string(table.schema, ResponseFormat.DELTA))["fields"][0]
    assert field == {"name": "c", "type": told, "nullable": True, "metadata": {}}
    served = to_sharing(table)
    assert served.schema == sharing_schema(served.schema)
    assert reader_features(table.schema) == (("timestampNtz",) if told == "timestamp_ntz" else ())


def test_values_and_the_file_s_own_metadata_survive() -> None:
    geo = {b"geo": b"{}"}
    schema = pa.schema([("n", pa.uint64()), ("at", pa.timestamp("ms", "UTC")), ("for", pa.duration("s"))], metadata=geo)
    table = pa.Table.from_pydict({"n": [2**64 - 1], "at": [NOON], "for": [timedelta(seconds=2)]}, schema)
    served = to_sharing(table)
    assert served.schema.metadata == geo
    assert served.to_pylist() == [{"n": Decimal(2**64 - 1), "at": NOON, "for": 2_000_000}]


@pytest.mark.parametrize(
    "schema",
    [
        pa.schema([("a", pa.decimal256(40, 0))]),
        pa.schema([("a", pa.list_(pa.month_day_nano_interval()))]),
        pa.schema([("Name", pa.int8()), ("name", pa.int8())]),
        pa.schema([("a", pa.struct([("x", pa.int8()), ("X", pa.int8())]))]),
    ],
)
def test_what_delta_cannot_hold_is_refused(schema: pa.Schema) -> None:
    with pytest.raises(InputError):
        schema_string(schema)


def test_a_footer_tells_rows_nulls_and_bounds_that_hold() -> None:
    long = "x" * 40
    table = pa.table(
        {
            "list": [[1], [2, 3], None],
            "n": [3, None, 1],
            "name": ["a", long, "b"],
            "f": [1.0, math.nan, 2.0],
            "at": [NOON, NOON + timedelta(microseconds=1), None],
            "on": [date(2026, 1, 1), date(2026, 1, 2), None],
            "wkb": [b"\x01", b"\x02", None],
            "in": [{"side": 5, "l": [1]}, {"side": 7, "l": []}, None],
            "none": pa.nulls(3, pa.int8()),
        }
    )
    told = json.loads(footer(table, row_group_size=2).to_json())
    assert told["numRecords"] == 3
    low, high = told["minValues"], told["maxValues"]
    assert (low["n"], high["n"]) == (1, 3)
    assert (low["name"], high["name"]) == ("a", "x" * 32 + "\U0010ffff")
    assert high["name"] > long
    assert low["f"] == 1.0
    assert (low["at"], high["at"]) == ("2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.001Z")
    assert (low["on"], high["on"]) == ("2026-01-01", "2026-01-02")
    assert (low["in"], high["in"]) == ({"side": 5}, {"side": 7})
    assert not {"list", "wkb", "none"} & (set(low) | set(high)) | {"f"} & set(high)
    assert told["nullCount"] | {"none": 3, "n": 1, "wkb": 1} == told["nullCount"]


INTS = st.integers(-3, 3)
LEAF = st.one_of(
    st.builds(
        lambda op, literal, turned: {
            "op": op,
            "children": [
                {"op": "column", "name": "n", "valueType": "int"},
                {"op": "literal", "value": str(literal), "valueType": "int"},
            ][:: -1 if turned else 1],
        },
        st.sampled_from(["equal", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"]),
        INTS,
        st.booleans(),
    ),
    st.just({"op": "isNull", "children": [{"op": "column", "name": "n", "valueType": "int"}]}),
)
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(
            lambda op, children: {"op": op, "children": children},
            st.sampled_from(["and", "or"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda child: {"op": "not", "children": [child]}, inner),
    ),
    max_leaves=6,
)


def oracle(tree: dict, value: int | None) -> bool | None:
    """What SQL makes of the tree for one value."""
    op, children = tree["op"], tree["children"]
    if op == "isNull":
        return value is None
    if op in {"and", "or"}:
        found = [oracle(child, value) for child in children]
        strong = op == "or"
        return strong if strong in found else None if None in found else not strong
    if op == "not":
        inner = oracle(children[0], value)
        return None if inner is None else not inner
    sides = [value if child["op"] == "column" else int(child["value"]) for child in children]
    if None in sides:
        return None
    left, right = sides
    return {
        "equal": left == right,
        "lessThan": left < right,
        "lessThanOrEqual": left <= right,
        "greaterThan": left > right,
        "greaterThanOrEqual": left >= right,
    }[op]


@settings(max_examples=200)
@given(TREE, st.lists(st.none() | INTS, max_size=4))
def test_no_row_that_is_wanted_is_ever_left_out(tree: dict, values: list[int | None]) -> None:
    whole = [value for value in values if value is not None]
    bounds = (min(whole), max(whole)) if whole else (None, None)
    column = ColumnStatistics(pa.int32(), len(values) - len(whole), *bounds)
    truths = parse(json.dumps(tree)).truths(FileStatistics(len(values), {("n",): column}))
    assert truths >= {oracle(tree, value) for value in values}


def leaf(op: str, kind: str, value: str, name: str = "c") -> str:
    column, literal = (
        {"op": "column", "name": name, "valueType": kind},
        {"op": "literal", "value": value, "valueType": kind},
    )
    return json.dumps({"op": op, "children": [column, literal]})


@pytest.mark.parametrize(
    ("values", "tree", "kept"),
    [
        ([1, 5], leaf("equal", "int", "6"), False),
        ([1, 5], leaf("equal", "int", "3"), True),
        ([1, 5], leaf("equal", "string", "3000"), True),
        ([1, 5], leaf("equal", "double", "6.5"), False),
        ([1, 5], leaf("equal", "int", "6", name="unknown"), True),
        ([1, 5], leaf("equal", "int", "99999999999"), True),
        ([1.0, 5.0], leaf("greaterThan", "double", "6"), True),  # NaN is greater, and footers do not tell of it
        ([1.0, 5.0], leaf("lessThan", "double", "1"), False),
        (["a", "c"], leaf("greaterThan", "string", "c"), False),
        (["a", "沪"], leaf("equal", "string", "港"), False),
        ([date(2026, 1, 1)], leaf("lessThan", "date", "2026-01-01"), False),
        ([date(2026, 1, 1)], leaf("lessThan", "date", "20260101"), True),
        ([NOON], leaf("greaterThan", "timestamp", "2026-11-22T20:00:00+08:00"), False),
        ([NOON], leaf("greaterThan", "timestamp", "2026-11-22T20:00:00"), True),
        ([NOON.replace(tzinfo=None)], leaf("greaterThan", "timestamp", "2030-01-01T00:00:00Z"), True),
        ([True], leaf("equal", "bool", "false"), False),
        ([Decimal(1)], leaf("equal", "int", "2"), True),
        ([b"a"], leaf("equal", "string", "b"), True),
        ([None, None], leaf("equal", "int", "1"), True),
        (pa.nulls(2, pa.int32()), leaf("equal", "int", "1"), False),
    ],
)
def test_files_stay_unless_it_is_certain(values: Any, tree: str, kept: bool) -> None:
    statistics = footer(pa.table({"c": values}))
    assert choose([("file", statistics)], parse(tree), None) == (["file"] if kept else [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        '{"op": "and", "children": []}',
        '{"op": "like", "children": [{}, {}]}',
        '{"op": "not", "children": [1]}',
        '{"op": "isNull", "children": [{"op": "literal"}]}',
        '{"op": ["equal"], "children": [{}, {}]}',
        leaf("equal", "int", "1").replace('"c"', "7"),
        leaf("equal", "int", "1").replace('"1"', "1"),
        '{"op": "not", "children": [' * 100 + "{}" + "]}" * 100,
        json.dumps({"op": "or", "children": [json.loads(leaf("equal", "int", "1"))] * MOST_NODES}),
        '{"op": "not", "children": [' * 100_000,
    ],
)
def test_a_hint_that_cannot_be_used_is_no_hint(text: str) -> None:
    with pytest.raises(DataferryError):
        parse(text)
    assert hint(text) is None


def test_a_limit_counts_only_rows_that_are_certain_to_be_kept() -> None:
    def file(low: int, high: int) -> FileStatistics:
        return FileStatistics(10, {("c",): ColumnStatistics(pa.int32(), 0, low, high)})

    files = [("half", file(0, 9)), ("none", file(20, 30)), ("all", file(0, 4)), ("more", file(0, 4)), ("blind", None)]
    below_five = parse(leaf("lessThan", "int", "5"))
    assert choose(files, below_five, 10) == ["half", "all"]
    assert choose(files, below_five, None) == ["half", "all", "more", "blind"]
    assert choose(files, None, 11) == ["half", "none"]
    assert choose(files, None, 0) == []
    assert choose([("blind", None), *files], None, 1) == ["blind", "half"]
