"""Every field of an edition's file is documented, and so is every word of its choices."""

import re
import typing
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from dataferry.server.challenge.edition_file import calendar, document, provenance, rules, scoring, values
from dataferry.server.challenge.edition_file.shipped import PRESETS

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "edition-yaml.md").read_text(encoding="utf-8")
MODULES = (calendar, document, provenance, rules, scoring)


def fields() -> Iterator[tuple[str, str]]:
    for module in MODULES:
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == module.__name__:
                for name, field in model.model_fields.items():
                    if name != "code":
                        yield model.__name__, field.alias or name


def choices() -> Iterator[str]:
    named = (calendar.Kind, rules.Check, rules.HiddenField, scoring.Method, scoring.Stage, provenance.Mark)
    for choice in (*named, values.City, values.Place, values.Tongue, values.Speech):
        yield from typing.get_args(choice)


@pytest.mark.parametrize(("model", "name"), sorted(set(fields())))
def test_every_field_is_documented(model: str, name: str) -> None:
    assert re.search(rf"`{re.escape(name)}`", PAGE), f"{model}.{name}"


@pytest.mark.parametrize("word", sorted(set(choices()) | set(PRESETS)))
def test_every_word_of_a_choice_is_documented(word: str) -> None:
    assert f"`{word}`" in PAGE
