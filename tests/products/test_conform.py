"""What the recipe gives becomes exactly what is declared, or every difference is told; nothing is guessed or lost."""

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import LANGUAGES
from dataferry.products.conform import ConformError, conform, round_to
from dataferry.products.manifest import Manifest
from dataferry.tables import geometry_field

WORDS = {"en": "x", "zh-Hant": "x", "zh-Hans": "x"}


def manifest(columns: dict[str, dict[str, Any]], key: list[str], crs: str | None = None) -> Manifest:
    return Manifest.model_validate(
        {
            "dataferry": 1,
            "name": "p",
            "version": "1.0.0",
            "title": WORDS,
            "description": WORDS,
            "cities": ["hong-kong"],
            "inputs": {"a": {"file": "a.csv", "title": WORDS}},
            "output": {
                "key": key,
                "crs": crs,
                "columns": [{"name": name, "title": WORDS, "description": WORDS, **c} for name, c in columns.items()],
            },
            "licence": "CC0-1.0",
            "build": {"instant": "2026-01-01T00:00:00Z"},
        }
    )


def codes(table: pa.Table, declared: Manifest) -> list[tuple[str, Any]]:
    with pytest.raises(ConformError) as caught:
        conform(table, declared)
    for language in LANGUAGES:
        assert caught.value.text(language)
    return [
        (problem.code.removeprefix("products."), problem.data.get("column", problem.data.get("key")))
        for problem in caught.value.problems
    ]


def test_types_are_cast_without_loss_and_rows_sorted() -> None:
    declared = manifest(
        {
            "k": {"type": "string"},
            "n": {"type": "integer"},
            "v": {"type": "number", "precision": 2, "nullable": True},
            "d": {"type": "date"},
        },
        ["k"],
    )
    answer = pa.table(
        {
            "d": pa.array(["2025-01-02", "2025-01-01"]).cast(pa.date64()),
            "v": pa.array([Decimal("2.375"), None], pa.decimal128(10, 3)),
            "n": pa.array([2.0, 1.0]),
            "k": pa.array(["乙", "甲"]).dictionary_encode(),
        }
    )
    table, notes = conform(answer, declared)
    assert table.column_names == ["k", "n", "v", "d"]
    assert [field.type for field in table.schema] == [pa.string(), pa.int64(), pa.float64(), pa.date32()]
    assert table["k"].to_pylist() == ["乙", "甲"]
    assert table["v"].to_pylist() == [2.38, None]
    assert notes == []


@given(st.integers(-(10**9), 10**9), st.integers(-4, 4), st.integers(0, 6))
def test_noise_in_the_last_digits_does_not_tip_a_value_halfway(halves: int, steps: int, places: int) -> None:
    exact = np.array([halves / (2 * 10**places)])
    noisy = exact + steps * np.spacing(exact)
    assert round_to(noisy, places)[0] == round_to(exact, places)[0]


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 15))
def test_rounding_is_settled_and_near(value: float, places: int) -> None:
    once = round_to(np.array([value]), places)
    assert round_to(once, places)[0] == once[0]
    assert abs(once[0] - value) <= 0.5 * 10.0**-places + abs(value) * 1e-13


@pytest.mark.parametrize(
    ("values", "declared", "code"),
    [
        (pa.array([1.5, 2.0]), {"type": "integer"}, "column_loses"),
        (pa.array(["1", "2"]), {"type": "integer"}, "column_type"),
        (pa.array([1, 2]), {"type": "string"}, "column_type"),
        (pa.array([1, 0]), {"type": "boolean"}, "column_type"),
        (pa.array(["2025-01-01", "x"]), {"type": "date"}, "column_type"),
        (pa.array(["2025-01-01", "x"]), {"type": "timestamp"}, "column_type"),
        (pa.array([1.0, float("nan")]), {"type": "number"}, "not_finite"),
        (pa.array([1.0, float("-inf")]), {"type": "number"}, "not_finite"),
        (pa.array([1, None]), {"type": "integer"}, "column_nulls"),
        (pa.array([b"x", b"y"]), {"type": "geometry"}, "column_type"),
    ],
)
def test_values_that_do_not_fit_are_told(values: pa.Array, declared: dict[str, Any], code: str) -> None:
    table = pa.table({"k": ["a", "b"], "x": values})
    assert codes(table, manifest({"k": {"type": "string"}, "x": declared}, ["k"], "EPSG:4326")) == [(code, "x")]


def test_every_difference_is_told_together() -> None:
    declared = manifest(
        {"k": {"type": "string"}, "chargers": {"type": "integer"}, "v": {"type": "number"}, "w": {"type": "date"}},
        ["k"],
    )
    table = pa.table([["a"], [3], [float("inf")], [1], [1]], names=["k", "charger", "v", "w", "w2"])
    assert codes(table, declared) == [
        ("column_missing", "chargers"),
        ("column_extra", "charger"),
        ("column_extra", "w2"),
        ("not_finite", "v"),
        ("column_type", "w"),
    ]


def test_a_key_that_repeats_is_refused_with_an_example() -> None:
    declared = manifest({"k": {"type": "string"}, "n": {"type": "integer"}}, ["k"])
    with pytest.raises(ConformError) as caught:
        conform(pa.table({"k": ["b", "a", "b"], "n": [1, 2, 3]}), declared)
    (problem,) = caught.value.problems
    assert problem.data["count"] == 2
    assert "k=b" in problem.text()


def test_times_become_utc_and_times_without_zone_are_noted() -> None:
    declared = manifest({"k": {"type": "integer"}, "t": {"type": "timestamp"}}, ["k"])
    hong_kong = pa.array([1735660800], pa.timestamp("s", tz="Asia/Hong_Kong"))
    table, notes = conform(pa.table({"k": [1], "t": hong_kong}), declared)
    assert table.schema.field("t").type == pa.timestamp("us", tz="UTC")
    assert table["t"].to_pylist()[0].isoformat() == "2024-12-31T16:00:00+00:00"
    assert notes == []
    table, notes = conform(pa.table({"k": [1], "t": pa.array([0], pa.timestamp("ns"))}), declared)
    assert table.schema.field("t").type == pa.timestamp("us")
    assert [note.code for note in notes] == ["products.naive_time"]


def shapes(values: list[Any], crs: str | None) -> pa.Table:
    schema = pa.schema([pa.field("k", pa.int64()), geometry_field("g", crs)])
    return pa.table([list(range(len(values))), pa.array(values, pa.binary())], schema=schema)


def test_geometry_is_rounded_and_keeps_its_datum() -> None:
    declared = manifest(
        {"k": {"type": "integer"}, "g": {"type": "geometry", "nullable": True}}, ["k"], "DATAFERRY:GCJ02"
    )
    point, solid = shapely.Point(121.123456789, -1e-9), shapely.from_wkt("POINT Z (1 2 3.123456789)")
    answer = shapes([shapely.to_wkb(point, byte_order=0), None, shapely.to_wkb(solid)], "DATAFERRY:GCJ02")
    table, _ = conform(answer, declared)
    first, gap, third = shapely.from_wkb(table["g"].to_numpy())
    assert (first.x, first.y) == (121.1234568, 0.0)
    assert not np.signbit(first.y)
    assert not first.has_z
    assert gap is None
    assert third.z == 3.1234568
    assert table["g"][0].as_py()[0] == 1


@pytest.mark.parametrize(
    ("values", "crs", "code"),
    [
        ([shapely.to_wkb(shapely.Point(1, 2))], "DATAFERRY:GCJ02", "output_crs"),
        ([shapely.to_wkb(shapely.Point(1, 2))], "EPSG:2326", "output_crs"),
        ([shapely.to_wkb(shapely.Point(1, 2))], None, "output_crs"),
        ([shapely.to_wkb(shapely.LineString([(0, 0), (1, float("inf"))]))], "EPSG:4326", "not_finite"),
        ([b"\x01\x02"], "EPSG:4326", "not_wkb"),
    ],
)
def test_geometry_of_another_datum_or_none_is_refused(values: list[bytes], crs: str | None, code: str) -> None:
    declared = manifest({"k": {"type": "integer"}, "g": {"type": "geometry"}}, ["k"], "EPSG:4326")
    assert codes(shapes(values, crs), declared) == [(code, "g")]
