"""What the report shows is what is there: codes stay whole, gaps are dashes, unknown words do not break the page."""

from datetime import date
from typing import Any

import pytest

from dataferry.products.report import _datum_name, _preview_cell, cell_text, finding_text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (None, None, "–"),
        (True, None, "✓"),
        (False, None, "✗"),
        (1234567, None, "1,234,567"),
        (1234.5, 2, "1,234.50"),
        (0.000123456789, None, "0.000123457"),
        (date(2025, 1, 2), None, "2025-01-02"),
        ([1, None, "a"], None, "1, –, a"),
        ("x" * 80, None, "x" * 80),
        ("x" * 81, None, "x" * 79 + "…"),
    ],
)
def test_a_cell_is_shown_by_its_kind(value: Any, places: int | None, text: str) -> None:
    assert cell_text(value, places) == text


def test_an_integer_without_a_unit_is_a_code() -> None:
    assert _preview_cell(810001, {"unit": None}) == "810001"
    assert _preview_cell(810001, {"unit": "persons"}) == "810,001"
    assert _preview_cell(True, {"unit": None}) == "✓"


def test_a_finding_of_a_later_version_is_shown_by_its_code() -> None:
    known = {"code": "tables.empty", "severity": "blocked", "data": {"file": "a.csv"}}
    assert "a.csv" in finding_text(known, "zh-Hant") != finding_text(known, "en")
    assert finding_text({**known, "code": "tables.invented"}, "en") == "tables.invented"
    assert finding_text({**known, "code": "no.such.room"}, "en") == "no.such.room"
    assert finding_text({"code": "tables.empty"}, "en") == "tables.empty"
    assert finding_text({**known, "data": None}, "en") == "tables.empty"
    assert finding_text({}, "en") == "?"


def test_a_datum_is_named_with_its_id_or_shown_as_it_is() -> None:
    assert _datum_name("EPSG:2326").endswith("(EPSG:2326)")
    assert _datum_name("EPSG:99999999") == "EPSG:99999999"
    assert _datum_name(None) == "–"
