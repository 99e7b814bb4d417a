"""Promise: a profile counts what is there, says what it estimates, and needs one pass and bounded memory."""

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import InputError
from dataferry.tables.geoparquet import geometry_field, write_geoparquet
from dataferry.tables.options import ReadOptions
from dataferry.tables.profile import ColumnProfile, Profile, profile
from dataferry.tables.report import ReadReport
from dataferry.tables.sketch import hashed
from dataferry.tables.vector.files import parse_vector


def column(values: object, kind: pa.DataType | None = None) -> ColumnProfile:
    (only,) = profile(pa.table({"c": pa.array(values, kind)})).columns
    return only


def test_numbers_with_nan_and_infinity_apart() -> None:
    found = column([1.0, 2.0, 2.0, None, float("nan"), float("inf"), float("-inf"), 4.0])
    assert (found.type, found.nulls, found.nan, found.infinite) == ("number", 1, 1, 2)
    assert (found.distinct, found.distinct_exact, found.min, found.max, found.mean) == (3, True, 1.0, 4.0, 2.25)
    assert found.top[0] == (2.0, 2)
    assert found.quantiles["0.5"] == 2.0
    assert sum(bar.count for bar in found.histogram) == 4
    assert (found.histogram[0].low, found.histogram[-1].high) == (1.0, 4.0)


def test_dates_and_times_keep_their_kind() -> None:
    days = column([dt.date(2020, 1, 1), None, dt.date(2020, 1, 31)])
    assert (days.type, days.min, days.max, days.quantiles["0.5"]) == ("date", "2020-01-01", "2020-01-31", "2020-01-16")
    assert days.histogram[-1].high == "2020-01-31"
    seen = column([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], pa.timestamp("ms", "Asia/Hong_Kong"))
    assert (seen.type, seen.min) == ("timestamp", "2020-01-01T08:00:00+08:00")
    assert column([dt.time(8, 30)]).max == "08:30:00"


def test_text_booleans_decimals_and_what_has_no_order() -> None:
    names = column(["黄浦区", "深水埗區", "黄浦区", "", None, "x" * 5000])
    assert (names.distinct, names.top[0], names.min, len(names.max)) == (4, ("黄浦区", 2), "", 3)
    assert max(len(str(value)) for value, _ in names.top) == 200
    assert column([True, False, True]).top == [(True, 2), (False, 1)]
    money = column([Decimal("1.10"), Decimal("2.20")])
    assert (money.min, money.max, money.distinct) == ("1.10", "2.20", 2)
    assert column([[1], None, [2, 3]]).distinct is None
    assert column([None, None]).nulls == 2
    assert column(["a", "b", "a"], pa.dictionary(pa.int8(), pa.string())).top == [("a", 2), ("b", 1)]
    assert column([b"\x00\xff"]).min == "00ff"
    assert column(["a"], pa.string_view()).distinct == 1


def test_shapes_of_every_kind(tmp_path: Path) -> None:
    bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    shapes = [shapely.Point(1, 2), None, bow_tie, shapely.Point(), shapely.Point(np.inf, 0), shapely.Point(5, -6)]
    wkb = pa.array([None if s is None else shapely.to_wkb(s) for s in shapes], pa.binary())
    table = pa.table([wkb], schema=pa.schema([geometry_field("g", "DATAFERRY:GCJ02")]))
    write_geoparquet(table, tmp_path / "a.parquet")
    for source in (table, tmp_path / "a.parquet"):
        (found,) = profile(source).columns
        place = found.geometry
        assert place is not None
        assert (found.type, found.nulls, place.crs) == ("geometry", 1, "DATAFERRY:GCJ02")
        assert place.types == {"Point": 4, "Polygon": 1}
        assert (place.invalid, place.empty, place.not_finite) == (1, 1, 1)
        assert place.extent == [0, -6, 5, 2]
        assert place.examples[0].startswith("3: Self-intersection")


def test_real_districts(real: Path) -> None:
    file = real / "cn-datav-2020" / "310000_geojson_full.json"
    options = ReadOptions(crs="DATAFERRY:GCJ02")
    found = profile(parse_vector(file, options, ReadReport(file.name, "", 0)))
    columns = {c.name: c for c in found.columns}
    assert (found.rows, columns["name"].distinct, columns["adcode"].min) == (16, 16, 310101)
    assert columns["geometry"].geometry is not None
    assert columns["geometry"].geometry.types == {"MultiPolygon": 16}


def test_beyond_the_bounds_figures_are_estimates_and_say_so(tmp_path: Path) -> None:
    """400,000 rows, nearly all different, with one sentinel that must not be lost."""
    rows = 400_000
    ids = np.arange(rows) * 7919
    ids[::10] = -1
    table = pa.table({"id": ids, "code": pa.array([f"车{i}" for i in ids])})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=50_000)
    for source in (table, tmp_path / "a.parquet"):
        numbers, text = profile(source).columns
        for found in (numbers, text):
            assert found.distinct_exact is False
            assert found.distinct == pytest.approx(rows * 0.9 + 1, rel=0.08)
            assert found.top_exact is False
            assert found.top[0][1] == pytest.approx(rows / 10, rel=0.01)
        assert numbers.top[0][0] == -1
        assert (numbers.min, numbers.max) == (-1, int(ids.max()))
        assert numbers.quantiles_exact is False
        assert numbers.quantiles["0.5"] == pytest.approx(float(np.quantile(ids, 0.5)), rel=0.02)
        assert sum(bar.count for bar in numbers.histogram) == pytest.approx(rows, rel=0.001)


def test_json_is_plain_stable_and_the_same_whatever_the_chunks(tmp_path: Path) -> None:
    table = pa.table({"a": [0.1, 0.2, None, 0.7] * 500, "b": ["x", None, "y", "x"] * 500})
    pieces = pa.concat_tables([table.slice(0, 3), table.slice(3, 900), table.slice(903)])
    write_geoparquet(table, tmp_path / "a.parquet")
    texts = {json.dumps(profile(s).to_json(), allow_nan=False) for s in (table, pieces, tmp_path / "a.parquet")}
    assert len(texts) == 1
    value = json.loads(texts.pop())
    assert list(value) == ["rows", "columns"]
    assert value["columns"][1]["top"] == [{"value": "x", "count": 1000}, {"value": "y", "count": 500}]


def test_nothing_at_all(tmp_path: Path) -> None:
    assert profile(pa.table({})) == Profile(0, ())
    empty = pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.string())})
    write_geoparquet(empty, tmp_path / "a.parquet")
    for source in (empty, tmp_path / "a.parquet"):
        assert [(c.name, c.nulls, c.distinct, c.min, c.top) for c in profile(source).columns] == [
            ("a", 0, 0, None, []),
            ("b", 0, 0, None, []),
        ]
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r"b\.parquet"):
        profile(tmp_path / "b.parquet")


values = st.one_of(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))).map(lambda v: pa.array(v, pa.int64())),
    st.lists(st.one_of(st.none(), st.floats())).map(lambda v: pa.array(v, pa.float64())),
    st.lists(st.one_of(st.none(), st.text())).map(lambda v: pa.array(v, pa.string())),
    st.lists(st.one_of(st.none(), st.booleans())).map(lambda v: pa.array(v, pa.bool_())),
    st.lists(st.one_of(st.none(), st.dates())).map(lambda v: pa.array(v, pa.date32())),
    st.lists(st.one_of(st.none(), st.datetimes())).map(lambda v: pa.array(v, pa.timestamp("us"))),
)


@given(values)
def test_figures_add_up_for_any_column(array: pa.Array) -> None:
    (found,) = profile(pa.table({"c": array})).columns
    finite = [v for v in array.to_pylist() if v is not None and (not isinstance(v, float) or np.isfinite(v))]
    assert found.nulls + found.nan + found.infinite + len(finite) == len(array)
    assert found.distinct == len({str(v) for v in finite})  # as text, for 0.0 and -0.0 are one value to Python
    assert sum(count for _, count in found.top) <= len(finite)
    if found.histogram:
        assert sum(bar.count for bar in found.histogram) == len(finite)
    json.dumps(profile(pa.table({"c": array})).to_json(), allow_nan=False)


@given(st.lists(st.text(), min_size=1), st.integers(0, 3))
def test_a_hash_depends_on_the_value_alone(texts: list[str], cut: int) -> None:
    array = pa.array(texts)
    whole = hashed(array)
    assert (hashed(array.slice(cut)) == whole[cut:]).all()
    by_text: dict[str, int] = {}
    for text, value in zip(texts, whole.tolist(), strict=True):
        assert by_text.setdefault(text, value) == value
    assert len(set(by_text.values())) == len(by_text)
