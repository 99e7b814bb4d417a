"""The feed of tables larger than memory is the feed of the same tables in memory, row by row and in the same order."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataferry.formats import changes
from dataferry.formats.large_changes import between_files, row_hashes
from dataferry.formats.portions import gathered, pieces
from dataferry.formats.sameness import row_codes
from dataferry.messages import InputError
from formats.test_changes import KEY, ROW, ROWS, SCHEMA, table

SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def on_disk(tables: list[pa.Table], folder: Path, name: str) -> list[Path]:
    paths = [folder / f"{name}-{place}.parquet" for place in range(len(tables))]
    for part, path in zip(tables, paths, strict=True):
        pq.write_table(part, path, row_group_size=3)
    return paths


def by_parts(old: list[pa.Table], new: list[pa.Table], key: list[str], folder: Path, part_bytes: int) -> pa.Table:
    place = folder / "between"
    place.mkdir(exist_ok=True)
    files = [on_disk(tables, folder, name) for tables, name in ((old, "old"), (new, "new"))]
    found = pa.concat_tables(between_files(*files, key, place, part_bytes=part_bytes))
    assert list(place.iterdir()) == []
    return found


def texts(rows: pa.Table) -> list[str]:
    return [repr(row) for row in rows.to_pylist()]


@SLOW
@given(ROWS, ROWS, st.integers(0, 8), st.integers(40, 4000))
@example({}, {("a", 1): {}}, 0, 1)
@example({("a", 1): {}}, {}, 0, 1)
def test_a_keyed_feed_is_the_same(tmp_path: Path, old: dict, new: dict, cut: int, part_bytes: int) -> None:
    before, after = table(old), table(dict(reversed(new.items())))
    parts = [before.slice(0, cut), before.slice(cut)]
    found = by_parts(parts, [after], ["place", "hour"], tmp_path, part_bytes)
    assert texts(found) == texts(changes.between(before, after, ["place", "hour"]))


@SLOW
@given(*[st.lists(st.tuples(KEY, ROW), max_size=8)] * 2, st.integers(40, 4000))
def test_a_feed_without_a_key_is_the_same(tmp_path: Path, old: list, new: list, part_bytes: int) -> None:
    before, after = (
        pa.Table.from_pylist([{"place": key[0], "hour": key[1], **row} for key, row in rows], SCHEMA)
        for rows in (old, new)
    )
    found = by_parts([before], [after], [], tmp_path, part_bytes)
    assert texts(found) == texts(changes.between(before, after, []))


NUMBERS = pa.array([0.0, -0.0, float("nan"), None, 1.5, float("inf")], pa.float64())
COLUMNS = [
    NUMBERS,
    NUMBERS.cast(pa.float32()),
    pa.array([1, -1, None, 2**63 - 1, 0, 1]),
    pa.array([2**64 - 1, 1, None, 0, 1, 7], pa.uint64()),
    pa.array([True, False, None, True, False, True]),
    pa.array(["a", "", None, "沪", "a", "b"]).dictionary_encode().cast(pa.string()),
    pa.array([b"a", b"", None, b"\xff", b"a", b"b"]),
    pa.array([1, 0, None, -5, 1, 2], pa.int32()).cast(pa.date32()),
    pa.array([1, 0, None, 5, 1, 2], pa.int32()).cast(pa.time32("s")),
    pa.array([1, 0, None, -5, 1, 2]).cast(pa.timestamp("us", "UTC")),
    pa.array([1, 0, None, -5, 1, 2]).cast(pa.decimal128(20, 0)),
    pa.array([[1], [], None, [None], [1], [2]]),
    pa.nulls(6),
]


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: str(column.type))
def test_rows_that_are_the_same_have_the_same_hash(column: pa.Array) -> None:
    whole = pa.table({"one": column, "two": [1, 1, 2, 2, 1, 3]})
    parts = [whole, whole.take([5, 4, 3, 2, 1, 0]).slice(1)]
    codes = np.concatenate(row_codes(parts).parts)
    hashes = np.concatenate([row_hashes(part) for part in parts])
    for code in np.unique(codes):
        assert len(np.unique(hashes[codes == code])) == 1
    assert len(np.unique(hashes)) >= 3


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ({"id": [1, 2, 1]}, {"id": [1]}, ["id"], "formats.key_not_unique"),
        ({"id": [1]}, {"id": [1]}, ["other"], "formats.no_key_column"),
        ({"id": ["x"]}, {"id": [1]}, ["id"], "formats.cannot_cast"),
        ({"id": [1]}, {"id": [1], "_change_type": [1]}, ["id"], "formats.own_name"),
    ],
)
def test_what_would_make_a_wrong_feed_is_refused(tmp_path: Path, old: dict, new: dict, key: list, code: str) -> None:
    with pytest.raises(InputError) as caught:
        by_parts([pa.table(old)], [pa.table(new)], key, tmp_path, 1)
    assert caught.value.code == code


def test_columns_that_came_and_went_are_told_as_in_memory(tmp_path: Path) -> None:
    old = pa.table({"id": pa.array([1, 2, 3], pa.int16()), "gone": ["a", "b", "c"], "_row": [1, 2, 3]})
    new = pa.table({"_row": [1.0, 2.5, None], "id": [3, 2, 9], "day": ["x", None, "y"]})
    found = by_parts([old], [new], ["id"], tmp_path, 20)
    assert found.equals(changes.between(old, new, ["id"]))
    assert found.column_names == ["_row", "id", "day", "_change_type"]


@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 5), st.integers(1, 60))
def test_portions_are_the_table_and_within_bounds(widths: list[int], most_rows: int, most_bytes: int) -> None:
    whole = pa.table({"text": pa.array(["x" * width for width in widths], pa.string())})
    for found in (list(pieces(whole, most_rows, most_bytes)), list(gathered(iter([whole]), most_rows, most_bytes))):
        assert [text for part in found for text in part["text"].to_pylist()] == whole["text"].to_pylist()
        assert all(part.num_rows <= 1 or (part.num_rows <= most_rows and part.nbytes <= most_bytes) for part in found)
    assert list(gathered(iter([]))) == []


PEAK = """
import pathlib, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq
from dataferry.formats.large_changes import between_files
folder, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
for name, step in (("old", 0), ("new", 1)):
    with pq.ParquetWriter(folder / f"{name}.parquet", pa.schema([("id", pa.int64()), ("text", pa.string())])) as writer:
        for begin in range(0, count, 20_000):
            ids = np.arange(begin, begin + 20_000)
            texts = pa.array([f"{number:0100}{step * (number % 3)}" for number in ids])
            writer.write_table(pa.table({"id": ids, "text": texts}))
(folder / "between").mkdir()
pool = pa.proxy_memory_pool(pa.default_memory_pool())
pa.set_memory_pool(pool)
files = [[folder / f"{name}.parquet"] for name in ("old", "new")]
rows = sum(part.num_rows for part in between_files(*files, ["id"], folder / "between", part_bytes=2_000_000))
print(rows, pool.max_memory())
"""


def test_ten_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for count in (20_000, 200_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        done = subprocess.run([sys.executable, "-c", PEAK, str(folder), str(count)], capture_output=True, check=True)
        rows, peak = map(int, done.stdout.split())
        assert rows == 2 * (count - -(-count // 3))
        peaks.append(peak)
    # The larger pair of tables is 46 MB.
    assert peaks[1] < 1.5 * peaks[0] + 4_000_000
    assert peaks[1] < 24_000_000
