"""Promise: k, l and small cells are what counting by hand gives; rows of places and of census totals are not people.

The oracle is brute force over plain tuples. (pycanon pins typing_extensions to one version, which is not the one that
the other tests need, so it cannot live beside them.)
"""

from collections import Counter, defaultdict
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.privacy import find_subjects, measure_anonymity, measure_coordinates
from dataferry.privacy.anonymity_findings import anonymity_findings
from dataferry.privacy.anonymity_measures import group_sizes, least_distinct

PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["F", "M", None]), st.integers(20, 24), st.sampled_from(["a", "b"]), st.sampled_from("xyz")
    ),
    min_size=1,
    max_size=60,
)


def table_of(rows: list[tuple[Any, ...]]) -> pa.Table:
    sex, age, home, illness = zip(*rows, strict=True)
    return pa.table({"sex": sex, "age": age, "postcode": home, "diagnosis": illness})


def measured(table: pa.Table, identifiers: dict[str, str] | None = None) -> Any:
    found = identifiers or {}
    return measure_anonymity(table, found, find_subjects(table, found), measure_coordinates(table))


@given(PEOPLE)
@settings(max_examples=60)
def test_k_and_l_are_those_of_counting_by_hand(rows: list[tuple[Any, ...]]) -> None:
    groups = Counter(row[:3] for row in rows)
    varied: dict[Any, set[str]] = defaultdict(set)
    for *keys, illness in rows:
        varied[tuple(keys)].add(illness)
    table = table_of(rows)
    assert sorted(group_sizes(table, ["sex", "age", "postcode"]).tolist()) == sorted(groups.values())
    assert least_distinct(table, ["sex", "age", "postcode"], "diagnosis") == min(map(len, varied.values()))
    found = measured(table)
    if all(row[0] is None for row in rows):
        return
    assert (found.rows_of, found.k, found.l) == ("individuals", min(groups.values()), min(map(len, varied.values())))
    assert found.unique_rows == sum(size == 1 for size in groups.values())
    assert found.small_groups == sum(size < 10 for size in groups.values())
    assert found.small_rows == sum(size for size in groups.values() if size < 10)
    assert list(found.smallest) == sorted(groups.values())[:10]


def test_quasi_identifiers_are_chosen_with_reasons_by_header_and_values() -> None:
    table = pa.table({
        "性别": ["男", "女"] * 20,
        "出生日期": [f"1990-01-{day:02}" for day in range(1, 21)] * 2,
        "職業": ["teacher"] * 40,
        "gender_score": [0.25 * n for n in range(40)],
        "page": list(range(40)),
        "mobile": [f"1380000{n:04}" for n in range(40)],
    })  # fmt: skip
    found = measured(table, {"mobile": "mainland_mobile"})
    assert [(one.column, one.reason, one.distinct) for one in found.quasi] == [
        ("性别", "sex", 2), ("出生日期", "birth", 20), ("職業", "occupation", 1),
    ]  # fmt: skip
    privacy_class, findings = anonymity_findings(found, None)
    assert privacy_class == "personal"
    assert [(one.code, one.severity) for one in findings] == [("privacy.small_groups", "attention")]


@pytest.mark.parametrize(
    ("columns", "rows_of", "counted"),
    [
        ({"district": ["a", "b"], "sex": ["F", "M"], "age": [20, 25], "count": [3, 70]}, "counts", "count"),
        ({"區": ["a", "b"], "人口": [30000, 4]}, "counts", "人口"),
        ({"station": ["a", "b"], "hour": [7, 8], "entries": [1, 2]}, "other", None),
        ({"name": ["a", "b"], "count": [3, 1]}, "other", None),
        ({"postcode": ["a", "b"], "count": [3, 1]}, "other", None),
        ({"sex_ratio": [1.1, 1.2], "median_age": [44.5, 45.1]}, "other", None),
    ],
)
def test_rows_that_count_people_are_told_from_rows_about_people(
    columns: dict[str, list[Any]], rows_of: str, counted: str | None
) -> None:
    found = measured(pa.table(columns))
    assert (found.rows_of, found.counted) == (rows_of, counted)


def test_small_counts_ask_for_attention_only_beside_traits() -> None:
    by_trait = pa.table({"sex": ["F", "M"], "age": [20, 25], "count": [3, 70]})
    plain = pa.table({"hour": [7, 8], "vehicles": [3, 70]})
    severities = [anonymity_findings(measured(table), None)[1][0].severity for table in (by_trait, plain)]
    assert severities == ["attention", "note"]
    assert measured(by_trait).k == 3
    assert anonymity_findings(measured(pa.table({"hour": [7, 8], "vehicles": [10, 70]})), None)[1] == ()


def test_a_sensitive_column_is_weighed_by_its_least_varied_group() -> None:
    rows = [("F", 30, "a", "x")] * 12 + [("M", 30, "a", "x")] * 6 + [("M", 30, "a", "y")] * 6
    found = measured(table_of(rows))
    assert (found.k, found.l) == (12, 1)
    privacy_class, findings = anonymity_findings(found, None)
    assert privacy_class == "sensitive-personal"
    assert [(one.code, one.severity) for one in findings] == [
        ("privacy.small_groups", "note"), ("privacy.sensitive_column", "attention"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "identifiers", "expected"),
    [
        ("vehicle_id", {}, ("vehicle", "header")),
        ("driverNo", {}, ("person", "header")),
        ("卡号", {}, ("person", "header")),
        ("終端編號", {}, ("device", "header")),
        ("vehicle_type", {}, None),
        ("charger_id", {}, None),
        ("code", {"code": "vin"}, ("vehicle", "identifier")),
        ("code", {"code": "uscc"}, None),
        ("code", {"code": "street_address"}, None),
        ("code", {"code": "email"}, ("person", "identifier")),
    ],
)
def test_subjects_are_heads_and_not_rows(header: str, identifiers: dict[str, str], expected: Any) -> None:
    found = find_subjects(pa.table({header: ["a", "b", "a", "  ", None, "b"]}), identifiers)
    assert (found and (found.kind, found.basis)) == expected
    assert found is None or found.distinct == 2
