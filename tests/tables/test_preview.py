"""Promise: a page of any table, filtered and sorted, is right, stable, and costs no more than the page."""

from __future__ import annotations

import datetime as dt
import math
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dataferry.messages import InputError, UsageError
from dataferry.tables import (
    Filter,
    Sort,
    engine,
    geometry_columns,
    geometry_field,
    possible_tests,
    preview_rows,
    read,
    write_geoparquet,
)

HOSTILE = ["'; DROP TABLE t; --", '"', "\\", "%_%", "名'”", "\x00", "NaN", "1e999", "\ud800", "x" * 5000, "", "null"]


@pytest.fixture(scope="module")
def stops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every type a table of ours can hold, with gaps, ties and a place; several row groups."""
    count = 5000
    rng = np.random.default_rng(7)
    gaps = rng.random(count) < 0.2
    number = rng.integers(0, 9, count).astype(float)
    number[::97] = math.nan
    table = pa.table(
        {
            "id": pa.array(range(count), pa.int32()),
            'na"me, of': pa.array([f"Stop {n} 站'{n % 7}" for n in range(count)], mask=gaps),
            "number": pa.array(number, mask=gaps),
            "fare": pa.array([Decimal(int(n) % 5) / 2 for n in range(count)], pa.decimal128(6, 2)),
            "open": pa.array(rng.random(count) < 0.5, mask=gaps),
            "day": pa.array([dt.date(2024, 1, 1) + dt.timedelta(int(n) % 40) for n in range(count)]),
            "clock": pa.array([dt.time(int(n) % 24) for n in range(count)], pa.time64("us")),
            "moment": pa.array(
                [dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=int(n) % 50) for n in range(count)],
                pa.timestamp("us", "Asia/Hong_Kong"),
            ),
            "kind": pa.array([["bus", "tram", "ferry"][n % 3] for n in range(count)]).dictionary_encode(),
            "list": pa.array([[n] for n in range(count)]),
            "row": pa.array([f"{n}" for n in range(count)]),
        }
    )
    points = shapely.points(rng.uniform(113.9, 114.3, count), rng.uniform(22.2, 22.5, count))
    places = pa.array(
        [None if gap else wkb for gap, wkb in zip(gaps, shapely.to_wkb(points), strict=True)], pa.binary()
    )
    path = tmp_path_factory.mktemp("preview") / "stops.parquet"
    write_geoparquet(table.append_column(geometry_field("geometry", "EPSG:4326"), places), path)
    grouped = pq.read_table(path)
    pq.write_table(grouped, path, row_group_size=700)
    return path


def pages(path: Path, limit: int, **asked: Any) -> list[int]:
    """All row numbers, page by page."""
    found: list[int] = []
    while True:
        page = preview_rows(path, limit=limit, after=found[-1] if found else 0, count=False, **asked)
        found += page.numbers
        if not page.more:
            return found


def test_without_filter_and_order_the_file_is_paged_as_it_lies(stops: Path) -> None:
    page = preview_rows(stops, columns=["row", "id"], limit=40, after=690)
    assert page.rows.column_names == ["row", "id"]
    assert page.rows["id"].to_pylist() == list(range(690, 730)) == [n - 1 for n in page.numbers]
    assert (page.total, page.more) == (5000, True)
    last = preview_rows(stops, limit=50, after=4990)
    assert (len(last.numbers), last.more) == (10, False)
    assert preview_rows(stops, after=5000).numbers == ()
    assert geometry_columns(last.rows.schema) == {"geometry": "EPSG:4326"}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("column", ['na"me, of', "number", "fare", "open", "day", "clock", "moment", "kind", "row"])
def test_pages_of_a_sort_are_the_whole_in_order(stops: Path, column: str, descending: bool) -> None:
    values = pq.read_table(stops)[column].to_pylist()

    def place(number: int) -> Any:
        value = values[number - 1]
        if isinstance(value, float) and math.isnan(value):
            return math.inf
        return value.encode() if isinstance(value, str) else value

    known = [n for n in range(1, 5001) if values[n - 1] is not None]
    expected = sorted(known, key=place, reverse=descending)
    if descending:  # Python's reverse sort keeps the order of equals, as the promise asks
        assert expected == sorted(known, key=place, reverse=True)
    expected += [n for n in range(1, 5001) if values[n - 1] is None]
    assert pages(stops, 999, sort=[Sort(column, descending)]) == expected


def test_several_sorts_and_filters_together(stops: Path) -> None:
    rows = pq.read_table(stops).to_pylist()
    expected = [n for n, row in enumerate(rows, 1) if row["kind"] == "tram" and row["fare"] >= 1]
    expected.sort(key=lambda n: rows[n - 1]["row"].encode(), reverse=True)
    expected.sort(key=lambda n: rows[n - 1]["day"])
    asked = {
        "filters": [Filter("kind", "equals", ("tram",)), Filter("fare", "at_least", ("1",))],
        "sort": [Sort("day"), Sort("row", descending=True)],
    }
    assert pages(stops, 400, **asked) == expected
    assert preview_rows(stops, **asked).total == len(expected)


@pytest.mark.parametrize(
    ("asked", "keeps"),
    [
        (Filter("id", "one_of", ("3", "4,000", "99999")), lambda row: row["id"] in {3, 4000}),
        (Filter("id", "at_most", (" 12 ",)), lambda row: row["id"] <= 12),
        (Filter('na"me, of', "contains", ("站'3",)), lambda row: "站'3" in (row['na"me, of'] or "")),
        (Filter('na"me, of', "contains", ("sTOP 49",)), lambda row: "Stop 49" in (row['na"me, of'] or "")),
        (Filter("kind", "contains", ("RR",)), lambda row: row["kind"] == "ferry"),
        (Filter("open", "equals", ("no",)), lambda row: row["open"] is False),
        (Filter("open", "missing"), lambda row: row["open"] is None),
        (Filter("geometry", "present"), lambda row: row["geometry"] is not None),
        (Filter("day", "at_least", ("2024-02-05",)), lambda row: row["day"] >= dt.date(2024, 2, 5)),
        (Filter("clock", "equals", ("13:00:00",)), lambda row: row["clock"] == dt.time(13)),
        (
            # Without a zone of its own the moment is one of the column's zone: 08:00 in Hong Kong is 00:00 UTC.
            Filter("moment", "at_most", ("2024-01-01 08:00",)),
            lambda row: row["moment"] == dt.datetime(2024, 1, 1, tzinfo=dt.UTC),
        ),
        (Filter("fare", "equals", ("1.5",)), lambda row: row["fare"] == Decimal("1.5")),
        (Filter("row", "equals", ("17",)), lambda row: row["row"] == "17"),
    ],
)
def test_each_test_keeps_what_it_says(stops: Path, asked: Filter, keeps: Any) -> None:
    expected = [n for n, row in enumerate(pq.read_table(stops).to_pylist(), 1) if keeps(row)]
    page = preview_rows(stops, filters=[asked], limit=1000)
    assert expected
    assert (list(page.numbers), page.total) == (expected[:1000], len(expected))


def test_a_box_finds_the_shapes_that_meet_it(stops: Path) -> None:
    shapes = shapely.from_wkb(pq.read_table(stops)["geometry"].to_pylist())
    inside = shapely.intersects(shapes, shapely.box(114.0, 22.25, 114.1, 22.3))
    page = preview_rows(stops, filters=[Filter("geometry", "within", ("114.0", "22.25", "114.1", "22.3"))], limit=1000)
    assert list(page.numbers) == (np.flatnonzero(inside) + 1).tolist()


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_finds_nothing_or_is_refused_with_its_column(stops: Path, value: str) -> None:
    for field in pq.read_schema(stops):
        for test in possible_tests(field.type, geometry=field.name == "geometry"):
            values = () if test in {"missing", "present"} else (value,) * (4 if test == "within" else 1)
            try:
                page = preview_rows(stops, filters=[Filter(field.name, test, values)], limit=5)
            except UsageError as error:
                assert error.code == "tables.filter_value"  # noqa: PT017
                assert error.data["column"] == field.name  # noqa: PT017
            else:
                assert page.total is not None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"filters": [Filter("nowhere", "missing")]}, "tables.no_column"),
        ({"filters": [Filter("list", "equals", ("1",))]}, "tables.no_such_test"),
        ({"filters": [Filter("id", "contains", ("1",))]}, "tables.no_such_test"),
        ({"filters": [Filter("id", "eval", ("1",))]}, "tables.no_such_test"),
        ({"filters": [Filter("id", "equals", ())]}, "tables.filter_values"),
        ({"filters": [Filter("id", "one_of", ("1",) * 101)]}, "tables.filter_values"),
        ({"filters": [Filter("id", "equals", ("1.5",))]}, "tables.filter_value"),
        ({"filters": [Filter("id", "equals", ("99999999999",))]}, "tables.filter_value"),
        ({"filters": [Filter("geometry", "within", ("1", "2", "inf", "4"))]}, "tables.filter_value"),
        ({"filters": [Filter("id", "present")] * 21}, "tables.page_limit"),
        ({"sort": [Sort("geometry")]}, "tables.not_sortable"),
        ({"sort": [Sort("list")]}, "tables.not_sortable"),
        ({"sort": [Sort('id" DESC; --')]}, "tables.no_column"),
        ({"sort": [Sort("id")] * 4}, "tables.page_limit"),
        ({"limit": 0}, "tables.page_limit"),
        ({"limit": 1001}, "tables.page_limit"),
        ({"after": 5001}, "tables.no_row"),
        ({"after": -1}, "tables.no_row"),
        ({"columns": ["nowhere"]}, "tables.no_column"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(stops: Path, asked: Any, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        preview_rows(stops, **asked)
    assert caught.value.code == code
    assert caught.value.text("zh-Hant") != caught.value.text("en")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        preview_rows(tmp_path / "x.parquet")


def test_no_more_rows_than_the_page_become_objects(stops: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the engine hands over does not grow with the table, with the depth of the page, or with what matches."""
    handed: list[int] = []
    run = engine.Session.run

    def counted(session: engine.Session, sql: str) -> pa.Table:
        table = run(session, sql)
        handed.append(table.num_rows * table.num_columns)
        return table

    monkeypatch.setattr(engine.Session, "run", counted)
    for after in (0, 2500, 4900):
        handed.clear()
        page = preview_rows(stops, filters=[Filter("id", "present")], sort=[Sort("kind")], after=after, limit=20)
        assert page.rows.num_rows == 20
        assert handed == [21, 1]


def test_previews_at_the_same_time_do_not_disturb_each_other(stops: Path) -> None:
    asked = [
        {"sort": [Sort("row", descending=bool(n % 2))], "filters": [Filter("id", "at_least", (str(n),))]}
        for n in range(6)
    ]
    alone = [preview_rows(stops, **each) for each in asked]
    together: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda n=n: together.update({n: preview_rows(stops, **asked[n])})) for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(together[n].numbers, together[n].total) for n in range(6)] == [
        (page.numbers, page.total) for page in alone
    ]


texts = st.one_of(st.none(), st.text(alphabet=st.characters(codec="utf-8"), max_size=4))
floats = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, 1.0]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(texts, floats), min_size=1, max_size=12), descending=st.booleans(), limit=st.integers(1, 5)
)
@example(rows=[("'", math.nan), ("\\'", -0.0), (None, 0.0), ("a\x00b", None)], descending=False, limit=1)
def test_any_two_columns_are_paged_without_loss_or_repeat(
    tmp_path: Path, rows: list[tuple[Any, Any]], descending: bool, limit: int
) -> None:
    path = tmp_path / "any.parquet"
    pq.write_table(
        pa.table({"t": pa.array([t for t, _ in rows], pa.string()), "f": pa.array([f for _, f in rows], pa.float64())}),
        path,
    )
    sort = [Sort("t", descending), Sort("f")]
    whole = preview_rows(path, sort=sort, limit=1000)
    assert sorted(whole.numbers) == list(range(1, len(rows) + 1))
    assert pages(path, limit, sort=sort) == list(whole.numbers)
    known = [t.encode() for t in whole.rows["t"].to_pylist() if t is not None]
    assert known == sorted(known, reverse=descending)
    for text in {t for t, _ in rows if t is not None}:
        found = preview_rows(path, filters=[Filter("t", "equals", (text,))])
        assert list(found.numbers) == [n for n, (t, _) in enumerate(rows, 1) if t == text]


@pytest.mark.real
def test_real_chargers_of_both_cities_can_be_asked(real: Path, tmp_path: Path) -> None:
    files = sorted(real.glob("*/*.csv"))[:3]
    for file in files:
        reading = read(file)
        path = tmp_path / f"{file.stem}.parquet"
        write_geoparquet(reading.table, path)
        for field in reading.table.schema:
            if "contains" in possible_tests(field.type, geometry=False) and field.name not in geometry_columns(
                reading.table.schema
            ):
                column = reading.table[field.name].to_pylist()
                value = next((each for each in column if each), None)
                if value is None or len(value) > 1000:
                    continue
                page = preview_rows(path, filters=[Filter(field.name, "equals", (value,))], sort=[Sort(field.name)])
                assert page.total == column.count(value)
