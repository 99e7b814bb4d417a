"""The digest is the content: order, chunks, threads and float noise do not change it; any change of a cell does."""

import hashlib
import json
import struct
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st

from dataferry.products import table_digest
from dataferry.products.manifest import Column, Words
from dataferry.tables import geometry_field

TEXT = Words(en="x", zh_hant="x", zh_hans="x")


def column(name: str, kind: str, precision: int | None = None) -> Column:
    return Column(name=name, type=kind, title=TEXT, description=TEXT, precision=precision, nullable=True)


COLUMNS = [
    column("id", "integer"),
    column("name", "string"),
    column("value", "number", 3),
    column("yes", "boolean"),
    column("day", "date"),
    column("at", "timestamp"),
    column("place", "geometry", 6),
]
KINDS = [pa.int64(), pa.string(), pa.float64(), pa.bool_(), pa.date32(), pa.timestamp("us", tz="UTC")]
SCHEMA = pa.schema(
    [*(pa.field(c.name, kind) for c, kind in zip(COLUMNS, KINDS, strict=False)), geometry_field("place", "EPSG:4326")]
)
POINTS = st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)).map(
    lambda xy: shapely.to_wkb(shapely.Point(xy[0] / 10**4, xy[1] / 10**5))
)
ROW = st.tuples(
    st.none() | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=5),
    st.none() | st.integers(-(10**9), 10**9).map(lambda n: n / 1000),
    st.none() | st.booleans(),
    st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1)),
    st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.none() | POINTS,
)
TABLES = st.lists(ROW, min_size=1, max_size=12).map(lambda rows: [(number, *row) for number, row in enumerate(rows)])


def table(rows: list[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def digest(data: pa.Table) -> str:
    return table_digest(data, COLUMNS, ["id"], "EPSG:4326")


@given(TABLES, st.data())
def test_order_and_chunks_do_not_matter(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    chunked = pa.concat_tables([table(shuffled[:cut]), table(shuffled[cut:])])
    assert digest(chunked) == digest(table(rows))


@given(TABLES)
def test_threads_and_column_order_do_not_matter(rows: list[tuple[Any, ...]]) -> None:
    before, threads = digest(table(rows)), pa.cpu_count()
    try:
        pa.set_cpu_count(1)
        assert digest(table(rows).select(SCHEMA.names[::-1])) == before
    finally:
        pa.set_cpu_count(threads)


@given(TABLES, st.data())
def test_any_other_cell_is_another_digest(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(rows) - 1))
    place = data.draw(st.integers(1, len(SCHEMA.names) - 1))
    other = data.draw(ROW)[place - 1]
    assume(other != rows[row][place])
    changed = [*rows[:row], (*rows[row][:place], other, *rows[row][place + 1 :]), *rows[row + 1 :]]
    assert digest(table(changed)) != digest(table(rows))


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_noise_below_the_declared_decimals_does_not_matter(steps: list[int], random: Any) -> None:
    columns = [column("id", "integer"), column("value", "number", 3)]
    exact = np.array(steps) / 1000
    noisy = exact + np.array([random.uniform(-4e-4, 4e-4) for _ in steps])
    ids = list(range(len(steps)))
    digests = {
        table_digest(pa.table({"id": ids, "value": values}), columns, ["id"], None)
        for values in (exact, noisy, exact + 0.0)
    }
    assert len(digests) == 1


def test_minus_zero_is_zero_and_null_is_not_zero() -> None:
    columns = [column("id", "integer"), column("value", "number", 3)]

    def of(value: float | None) -> str:
        return table_digest(pa.table({"id": [1], "value": pa.array([value], pa.float64())}), columns, ["id"], None)

    assert of(-0.0) == of(0.0) == of(-0.0001)
    assert of(None) != of(0.0)


def test_declaration_is_part_of_the_content() -> None:
    data = pa.table({"id": [1], "value": [1.0]})
    whole = [column("id", "integer"), column("value", "number", 3)]
    digests = {
        table_digest(data, whole, ["id"], None),
        table_digest(data, whole, ["id"], "EPSG:4326"),
        table_digest(data, whole, ["id", "value"], None),
        table_digest(data, whole[::-1], ["id"], None),
        table_digest(data, [whole[0], column("value", "number", 2)], ["id"], None),
        table_digest(data.rename_columns(["id", "worth"]), [whole[0], column("worth", "number", 3)], ["id"], None),
    }
    assert len(digests) == 6


def test_areas_are_the_same_whatever_ring_they_start_with_and_lines_are_not() -> None:
    columns = [column("id", "integer"), column("place", "geometry", 6)]

    def of(text: str) -> str:
        wkb = shapely.to_wkb(shapely.from_wkt(text), byte_order=0)
        schema = pa.schema([pa.field("id", pa.int64()), geometry_field("place", "EPSG:4326")])
        return table_digest(pa.table([[1], [wkb]], schema=schema), columns, ["id"], "EPSG:4326")

    square = of("POLYGON((0 0, 1 0, 1 1, 0 1, 0 0))")
    assert of("POLYGON((1 1, 1 0, 0 0, 0 1, 1 1))") == square
    assert of("POLYGON((0 0, 1 0, 1 1.00001, 0 1, 0 0))") != square
    assert of("MULTIPOLYGON(((0 0, 1 0, 1 1, 0 1, 0 0)))") != square
    assert of("LINESTRING(0 0, 1 1)") != of("LINESTRING(1 1, 0 0)")
    assert of("POINT Z (0 0 5)") != of("POINT(0 0)")


def test_it_can_be_recomputed_from_the_specification() -> None:
    """docs/reference/digest.md, followed by hand."""
    columns = [column("city", "string"), column("n", "integer"), column("value", "number", 2)]
    data = pa.table({"city": ["滬", "HK"], "n": [2, None], "value": [0.125, 1.5]})
    header = {
        "format": "dataferry-digest/1",
        "rows": 2,
        "key": ["city"],
        "crs": None,
        "columns": [
            {"name": "city", "type": "string", "decimals": None},
            {"name": "n", "type": "integer", "decimals": None},
            {"name": "value", "type": "number", "decimals": 2},
        ],
    }
    whole = hashlib.sha256(json.dumps(header, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())
    texts = b"".join(struct.pack("<Q", len(text.encode())) + text.encode() for text in ("HK", "滬"))
    whole.update(hashlib.sha256(b"\1\1" + texts).digest())
    whole.update(hashlib.sha256(b"\0\1" + struct.pack("<q", 2)).digest())
    whole.update(hashlib.sha256(b"\1\1" + struct.pack("<dd", 1.5, 0.12)).digest())
    assert table_digest(data, columns, ["city"], None) == "sha256:" + whole.hexdigest()


@pytest.mark.parametrize("rows", [0, 1])
def test_empty_tables_have_a_digest(rows: int) -> None:
    assert digest(table([(n, *[None] * 6) for n in range(rows)])).startswith("sha256:")
