"""Promise: every fact of a border question and every value of it is told in words, in three languages."""

from __future__ import annotations

from django.utils import translation

from dataferry.border import Facts
from dataferry.border.facts import values_of
from dataferry.messages import LANGUAGES
from dataferry.server.compliance.fact_words import _words, fact_word, value_word

NO_WORDS = {"count", "date", "text"}


def test_every_fact_and_value_has_words() -> None:
    told = _words()
    assert set(told["facts"]) == set(Facts.model_fields)
    values = {value for name in Facts.model_fields for value in values_of(name)} - NO_WORDS
    assert values <= set(told["values"])
    assert set(told["help"]) <= set(told["facts"])
    for part in told.values():
        for name, words in part.items():
            assert set(words) == set(LANGUAGES), name
            assert all(words.values()), name


def test_values_of_every_kind() -> None:
    with translation.override("zh-hant"):
        assert fact_word("important_data") == "重要數據"
        assert value_word(["vehicle", "charging"]) == "車輛 · 充電"
    with translation.override("en"):
        assert value_word(100_000) == "100,000"
        assert value_word("2026-12-31") == "2026-12-31"
        assert fact_word("a_fact_of_tomorrow") == "a_fact_of_tomorrow"
