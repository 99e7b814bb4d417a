"""The change feed turns the older table into the newer one, row by row, whatever the values are."""

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dataferry.formats import changes
from dataferry.messages import InputError

SCHEMA = pa.schema(
    [
        ("place", pa.string()),
        ("hour", pa.int32()),
        ("share", pa.float64()),
        ("geometry", pa.binary()),
        ("tags", pa.list_(pa.string())),
        ("inside", pa.struct([("n", pa.int8()), ("when", pa.timestamp("us"))])),
        ("notes", pa.map_(pa.string(), pa.int32())),
    ]
)
LOCAL = datetime(2026, 1, 1)  # noqa: DTZ001
ROW = st.fixed_dictionaries(
    {
        "share": st.none() | st.floats(width=32),
        "geometry": st.none() | st.binary(max_size=3),
        "tags": st.none() | st.lists(st.none() | st.sampled_from("ab"), max_size=2),
        "inside": st.none() | st.fixed_dictionaries({"n": st.none() | st.integers(0, 2), "when": st.just(LOCAL)}),
        "notes": st.none() | st.lists(st.tuples(st.sampled_from("xy"), st.integers(0, 1)), max_size=2),
    }
)
KEY = st.tuples(st.none() | st.sampled_from(["", "HK", "沪"]), st.none() | st.integers(0, 2))
ROWS = st.dictionaries(KEY, ROW, max_size=8)


def table(rows: dict[tuple[str | None, int | None], dict]) -> pa.Table:
    return pa.Table.from_pylist([{"place": key[0], "hour": key[1], **row} for key, row in rows.items()], SCHEMA)


def told(row: dict) -> str:
    """A row as text: NaN is NaN, -0.0 is 0.0."""
    return repr({name: value + 0.0 if isinstance(value, float) else value for name, value in row.items()})


def by_key(rows: pa.Table) -> dict[tuple, str]:
    return {(row["place"], row["hour"]): told(row) for row in rows.to_pylist()}


@settings(max_examples=60)
@given(ROWS, ROWS, st.integers(0, 8))
@example({}, {}, 0)
def test_the_feed_agrees_with_a_dict_and_leads_from_old_to_new(old: dict, new: dict, cut: int) -> None:
    before, after = table(old), table(new)
    before = pa.concat_tables([before.slice(0, cut), before.slice(cut)])
    feed = changes.between(before, after, ["place", "hour"])
    was, is_now = by_key(before), by_key(after)
    expected = {
        "delete": {key: row for key, row in was.items() if key not in is_now},
        "insert": {key: row for key, row in is_now.items() if key not in was},
        "update_preimage": {key: row for key, row in was.items() if key in is_now and is_now[key] != row},
        "update_postimage": {key: row for key, row in is_now.items() if key in was and was[key] != row},
    }
    rows = feed.drop_columns(["_change_type"])
    kinds = feed["_change_type"].to_pylist()
    found = {kind: by_key(rows.filter(pa.array([other == kind for other in kinds], pa.bool_()))) for kind in expected}
    assert found == expected
    assert len(kinds) == sum(map(len, expected.values()))
    assert by_key(changes.apply(feed, before, ["place", "hour"])) == is_now


@settings(max_examples=40)
@given(*[st.lists(st.tuples(st.sampled_from("ab"), ROW), max_size=6)] * 2)
def test_without_a_key_rows_come_and_go_as_often_as_they_are_there(old: list, new: list) -> None:
    before, after = (
        pa.Table.from_pylist([{"place": name, "hour": 1, **row} for name, row in rows], SCHEMA) for rows in (old, new)
    )
    feed = changes.between(before, after, [])
    assert set(feed["_change_type"].to_pylist()) <= {"insert", "delete"}
    kept = changes.apply(feed, before, [])
    assert sorted(map(told, kept.to_pylist())) == sorted(map(told, after.to_pylist()))
    assert changes.between(after, after, []).num_rows == 0


def test_updates_stand_in_pairs_and_carry_their_version() -> None:
    old = pa.table({"id": [1, 2, 3], "n": [1, 2, 3]})
    new = pa.table({"id": [3, 2, 4], "n": [30, 20, 4]})
    feed = changes.between(old, new, ["id"], version=7, timestamp=datetime(2026, 11, 22, 8, tzinfo=UTC))
    assert feed["_change_type"].to_pylist() == ["delete", "insert"] + ["update_preimage", "update_postimage"] * 2
    assert feed["id"].to_pylist() == [1, 4, 2, 2, 3, 3]
    assert feed["n"].to_pylist() == [1, 4, 2, 20, 3, 30]
    assert feed["_commit_version"].unique().to_pylist() == [7]
    assert feed["_commit_timestamp"].unique().to_pylist() == [datetime(2026, 11, 22, 8, tzinfo=UTC)]


def test_columns_that_came_went_or_grew_wider_are_told_in_the_newer_schema() -> None:
    old = pa.table({"id": pa.array([1, 2], pa.int16()), "gone": ["a", "b"], "d": [Decimal("1.5"), None]})
    prices = pa.array([Decimal("1.50"), None], pa.decimal128(9, 2))
    new = pa.table({"d": prices, "id": [1, 2], "day": [None, date(2026, 1, 1)]})
    feed = changes.between(old, new, ["id"])
    assert feed.column_names == ["d", "id", "day", "_change_type"]
    assert feed["id"].to_pylist() == [2, 2]
    assert changes.apply(feed, old, ["id"]).sort_by("id").equals(new)


def test_many_rows_take_no_python_loop() -> None:
    count = 300_000
    ids = np.arange(count)
    old = pa.table({"id": ids, "name": pa.array(ids % 1000).cast(pa.string()), "v": ids * 0.5})
    new = pa.table({"id": ids[::-1] + 10, "name": old["name"].take(ids[::-1]), "v": (ids * 0.5)[::-1]})
    feed = changes.between(old, new, ["id"])
    kinds = {row["values"]: row["counts"] for row in feed["_change_type"].value_counts().to_pylist()}
    assert kinds == {"delete": 10, "insert": 10, "update_preimage": count - 10, "update_postimage": count - 10}


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ({"id": [1, 1]}, {"id": [1]}, ["id"], "formats.key_not_unique"),
        ({"id": [1]}, {"id": [1, None, None]}, ["id"], "formats.key_not_unique"),
        ({"id": [1]}, {"id": [1]}, ["other"], "formats.no_key_column"),
        ({"id": [1]}, {"id": [1]}, ["id", "id"], "formats.no_key_column"),
        ({"id": [[1]]}, {"id": [[1]]}, ["id"], "formats.no_key_column"),
        ({"id": ["x"]}, {"id": [1]}, ["id"], "formats.cannot_cast"),
        ({"id": [1.5]}, {"id": [1]}, ["id"], "formats.cannot_cast"),
        ({"id": [1]}, {"id": [1], "_Change_Type": [1]}, ["id"], "formats.own_name"),
    ],
)
def test_what_would_make_a_wrong_feed_is_refused(old: dict, new: dict, key: list[str], code: str) -> None:
    with pytest.raises(InputError) as caught:
        changes.between(pa.table(old), pa.table(new), key)
    assert caught.value.code == code


def test_a_feed_is_not_applied_to_another_table() -> None:
    feed = changes.between(pa.table({"id": [1, 2]}), pa.table({"id": [2, 3]}), ["id"])
    for other in ([2], [1, 2, 3]):
        with pytest.raises(InputError, match="another version"):
            changes.apply(feed, pa.table({"id": other}), ["id"])
