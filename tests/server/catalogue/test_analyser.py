"""Promise: the same thing said in either script, width or case gives the same tokens, and nothing but tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.server.catalogue.analyser import fold, loose_tokens, terms, tokens, vocabulary


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("充電站", "充电站"),
        ("衞生署", "卫生署"),
        ("ＡＱＨＩ　２０２５", "aqhi 2025"),
        ("城巿", "城市"),
        ("Zürich", "zurich"),
        ("Straße", "STRASSE"),
        ("綫路", "線路"),
    ],
)
def test_folding(one: str, other: str) -> None:
    assert fold(one).split() == fold(other).split()
    assert tokens(one) == tokens(other)


def test_characters_in_ones_and_twos_and_words_whole() -> None:
    assert tokens("港鐵 EPSG:2326") == ["港", "铁", "港铁", "epsg", "2326"]


def test_a_question_needs_all_terms_and_knows_both_cities_words() -> None:
    bus, stop, number = terms("巴士站 stop 12")
    assert tuple(bus) == (("巴士", "士站"), ("公交", "交车", "车站"), ("公交", "交站"))
    assert tuple(stop) == (("stop*",),)
    assert tuple(number) == (("12",),)
    assert "公交" in loose_tokens("巴士")


def test_every_line_of_the_vocabulary_joins_different_words() -> None:
    assert len(vocabulary()) >= 5
    for names in vocabulary():
        assert len(set(names)) == len(names) >= 2, names


@given(st.text(max_size=200))
def test_tokens_are_letters_and_digits_only(text: str) -> None:
    """So that they stand in the query language of either database without quoting."""
    for token in [
        *tokens(text),
        *loose_tokens(text),
        *(t.rstrip("*") for term in terms(text) for way in term for t in way),
    ]:
        assert token
        assert not set(token) & set("'\"\\*:&|!()<>{}^-+ ")
