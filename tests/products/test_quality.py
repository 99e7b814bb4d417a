"""Every expectation is judged with its figure and the rows behind it; failing ones never stop each other."""

from typing import Any

import pyarrow as pa
import pytest
import shapely
from pydantic import TypeAdapter

from dataferry.messages import LANGUAGES
from dataferry.products.manifest import Quality
from dataferry.products.quality import check_quality, quality_state
from dataferry.tables import geometry_field

POINTS = [shapely.to_wkb(shapely.Point(x, 22.3)) for x in (114.1, 114.2)]
TABLE = pa.table(
    [
        ["hk", "hk", None, "sh"],
        [1, 2, 3, None],
        [0.5, -1.0, 2.0, 9.5],
        [*POINTS, None, shapely.to_wkb(shapely.Point(121, 31))],
    ],
    schema=pa.schema(
        [("city", pa.string()), ("n", pa.int64()), ("v", pa.float64()), geometry_field("place", "EPSG:4326")]
    ),
)


def judge(**terms: Any) -> dict[str, Any]:
    expectation = TypeAdapter(Quality).validate_python(terms)
    (outcome,) = check_quality(TABLE, [expectation])
    for language in LANGUAGES:
        assert "{" not in outcome.finding.text(language)
    return outcome.to_json()


@pytest.mark.parametrize(
    ("terms", "state", "figure", "rows"),
    [
        ({"expect": "unique", "columns": ["n"]}, "clear", 0, []),
        ({"expect": "unique", "columns": ["city"]}, "attention", 2, [1, 2]),
        ({"expect": "unique", "columns": ["city", "n"]}, "clear", 0, []),
        ({"expect": "not_null", "column": "v"}, "clear", 0, []),
        ({"expect": "not_null", "column": "n"}, "attention", 1, [4]),
        ({"expect": "range", "column": "n", "min": 1, "max": 3}, "clear", [1.0, 3.0], []),
        ({"expect": "range", "column": "v", "min": 0, "max": 5}, "attention", [-1.0, 9.5], [2, 4]),
        ({"expect": "range", "column": "v", "max": 9.5}, "clear", [-1.0, 9.5], []),
        ({"expect": "range", "column": "city", "min": 0}, "attention", "string", []),
        ({"expect": "in_set", "column": "city", "values": ["hk", "sh"]}, "clear", [], []),
        ({"expect": "in_set", "column": "city", "values": ["hk"]}, "attention", ["sh"], [4]),
        ({"expect": "in_set", "column": "n", "values": [1, 2]}, "attention", ["3"], [3]),
        ({"expect": "row_count", "min": 4, "max": 4}, "clear", 4, []),
        ({"expect": "row_count", "min": 5}, "attention", 4, []),
        ({"expect": "sum", "column": "n", "equals": 6}, "clear", 6, []),
        ({"expect": "sum", "column": "v", "equals": 11.2, "tolerance": 0.1}, "attention", 11.0, []),
        ({"expect": "sum", "column": "v", "equals": 11.2, "tolerance": 0.3}, "clear", 11.0, []),
        ({"expect": "within", "column": "place", "bbox": [114, 22, 115, 23]}, "attention", 1, [4]),
        ({"expect": "within", "column": "place", "bbox": [114, 22, 122, 32]}, "clear", 0, []),
        ({"expect": "within", "column": "city", "bbox": [0, 0, 1, 1]}, "attention", "string", []),
        ({"expect": "not_null", "column": "n", "severity": "blocked"}, "blocked", 1, [4]),
    ],
)
def test_each_kind(terms: dict[str, Any], state: str, figure: Any, rows: list[int]) -> None:
    result = judge(**terms)
    assert (result["state"], result["figure"], result["rows"]) == (state, figure, rows)


def test_at_most_twenty_rows_are_named_and_all_are_counted() -> None:
    table = pa.table({"n": pa.array([None] * 50, pa.int64())})
    expectation = TypeAdapter(Quality).validate_python({"expect": "not_null", "column": "n"})
    (outcome,) = check_quality(table, [expectation])
    assert len(outcome.rows) == 20
    assert outcome.finding.data["count"] == 50


def test_the_worst_decides_and_nothing_expected_is_unknown() -> None:
    kinds = [{"expect": "unique", "columns": ["n"]}, {"expect": "not_null", "column": "n"}]
    outcomes = check_quality(TABLE, [TypeAdapter(Quality).validate_python(terms) for terms in kinds])
    assert [outcome.state for outcome in outcomes] == ["clear", "attention"]
    assert quality_state(outcomes) == "attention"
    assert quality_state([]) == "unknown"
