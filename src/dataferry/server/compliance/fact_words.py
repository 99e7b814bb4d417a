"""The facts of a border question and their values in plain words; the reference page has their exact meaning."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from dataferry.server.display.languages import page_language
from dataferry.server.display.words import number

Words = Mapping[str, Mapping[str, str]]


@cache
def _words() -> Mapping[str, Words]:
    text = resources.files(__package__).joinpath("fact_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def fact_word(name: str) -> str:
    """What a fact is called; a fact that has no words yet by its own name."""
    return _in_words("facts", name)


def fact_help(name: str) -> str:
    """One sentence of help, or nothing."""
    return _words()["help"].get(name, {}).get(page_language(), "")


def value_word(value: Any) -> str:
    """The value of a fact: a word, several of them, a count, a day, a name."""
    if isinstance(value, list | tuple):
        return " · ".join(value_word(each) for each in value)
    return number(value) if isinstance(value, int) else _in_words("values", str(value))


def _in_words(part: str, name: str) -> str:
    return _words()[part].get(name, {}).get(page_language(), name)
