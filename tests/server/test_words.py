"""Values become words people read: nothing odd breaks a page, and what is not known is shown as it is."""

import math
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone, translation

from dataferry.server.display import words
from dataferry.server.workshop.columns import column_of, label_column


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"en": "A", "zh-Hant": "甲"}, words.Spoken("甲")),
        ({"en": "A", "zh-Hant": " "}, words.Spoken("A", "en")),
        ({"zh-Hans": "甲", "en": 7}, words.Spoken("甲", "zh-Hans-CN")),
        ({}, words.Spoken("")),
        (None, words.Spoken("")),
        ("plain", words.Spoken("plain")),
    ],
)
def test_a_text_is_in_the_page_s_language_or_says_which_it_is_in(value: Any, shown: words.Spoken) -> None:
    assert words.spoken(value, "zh-Hant") == shown


def test_a_finding_of_a_newer_dataferry_is_shown_by_its_code() -> None:
    assert "a.csv" in words.finding_text({"code": "tables.empty", "data": {"file": "a.csv"}}, "en")
    for code in ("tables.invented", "nowhere.invented", "", "no-room"):
        assert words.finding_text({"code": code}, "en") == code
    assert words.finding_text({}, "en") == ""
    assert "?" in words.finding_text({"code": "tables.empty", "data": None}, "en")


def test_what_has_no_word_is_shown_as_it_is() -> None:
    for said in (words.city_name, words.state_word, words.type_word, words.ledger_word, words.unit_word):
        assert said("invented") == "invented"
    assert words.city_mark("invented") == ""
    assert (words.datum_word("EPSG:99"), words.datum_word(None)) == ("EPSG:99", "unknown")
    assert words.datum_word("DATAFERRY:GCJ02") == "GCJ-02 (DATAFERRY:GCJ02)"
    assert [words.unit_word(unit) for unit in (None, "", "1", "km2")] == ["", "", "", "km²"]


@pytest.mark.parametrize(
    ("value", "more", "text"),
    [
        (1234567, {}, "1,234,567"),
        (True, {}, "True"),
        (math.nan, {}, "–"),
        (-math.inf, {"precision": 2}, "–"),
        (1234.5678, {}, "1,235"),
        (0.12345, {}, "0.123"),
        (2.50, {"precision": 2}, "2.5"),
        (2.50, {"precision": 2, "fixed": True}, "2.50"),
        (100.0, {}, "100"),
        (100.0, {"precision": 0}, "100"),
    ],
)
def test_numbers_keep_their_size(value: float, more: dict[str, Any], text: str) -> None:
    assert words.number(value, **more) == text


def test_days_are_written_as_the_language_does() -> None:
    with translation.override("en"):
        assert words.day("2024-08-15T00:00:00+00:00") == "15 Aug 2024"
        assert words.day("the day before") == "the day before"
    with translation.override("zh-hant"):
        assert words.day(date(2024, 8, 15)) == "2024年8月15日"


@pytest.mark.parametrize(
    ("count", "text"),
    [(1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (25_000_000, "25 MB"), (5 * 10**15, "5,000 TB")],
)
def test_sizes_have_a_unit(count: int, text: str) -> None:
    with translation.override("en"):
        assert words.size(count) == text


@pytest.mark.parametrize(
    ("value", "more", "text"),
    [
        (None, {}, ""),
        (True, {}, "yes"),
        (False, {"count": False}, "no"),
        (1234, {}, "1,234"),
        (810001, {"count": False}, "810001"),
        (1.5, {"precision": 2}, "1.50"),
        (datetime(2024, 8, 15, 9, 30, tzinfo=UTC), {}, "2024-08-15 09:30"),
        (datetime(2024, 8, 15, 9, 30, 5, tzinfo=UTC), {}, "2024-08-15 09:30:05"),
        (date(2024, 8, 15), {}, "2024-08-15"),
        (b"\x00", {}, "…"),
        ("<b>", {}, "<b>"),
    ],
)
def test_a_cell_is_shown_by_its_kind(value: Any, more: dict[str, Any], text: str) -> None:
    with translation.override("en"):
        assert words.cell(value, **more) == text


def test_the_label_of_the_language_is_used_where_the_product_has_it() -> None:
    document = {"output": {"columns": [{"name": name} for name in ("district_en", "district_zh_hant", "code")]}}
    assert label_column(document, "district_en", "zh-Hant") == "district_zh_hant"
    assert label_column(document, "district_en", "zh-Hans") == "district_en"
    assert column_of(document, "code") == {"name": "code"}
    assert column_of(document, "none") == column_of(document, None) == {}


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (123456789, "HKD", "en", "HK$1,234,567.89"),
        (5, "CNY", "zh-hans", "¥0.05"),
        (-12300, "CNY", "zh-hant", "−CN¥123.00"),
        (100, "XYZ", "en", "XYZ 1.00"),
    ],
)
def test_money_is_exact_and_carries_its_currency(amount: int, currency: str, language: str, shown: str) -> None:
    with translation.override(language):
        assert words.money(amount, currency) == shown


def test_a_moment_is_told_in_the_visitors_zone_which_is_named() -> None:
    with timezone.override("Asia/Hong_Kong"), translation.override("en"):
        assert words.moment(datetime(2024, 8, 15, 10, 0, tzinfo=UTC)) == "15 Aug 2024, 18:00 HKT"
    with timezone.override("America/New_York"), translation.override("en"):
        assert words.moment(datetime(2024, 8, 15, 3, 0, tzinfo=UTC)) == "14 Aug 2024, 23:00 EDT"


def test_no_text_to_translate_hides_inside_an_f_string() -> None:
    """Gettext does not read there: the text would stay English on every page."""
    server = Path(words.__file__).parents[1]
    written = ((path.relative_to(server), path.read_text(encoding="utf-8")) for path in server.rglob("*.py"))
    assert [(path, found) for path, text in written if (found := re.findall(r"\{n?(?:_|gettext)\(", text))] == []
