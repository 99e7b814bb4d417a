"""Texts of datasets per language: where each value came from, and the other script where nobody wrote one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dataferry.messages import LANGUAGES, Language
from dataferry.server.display.words import TAGS

PROVENANCES = ("published", "human", "machine", "converted")
_WRITTEN = ("human", "published", "machine")
_OTHER_SCRIPT: Mapping[Language, tuple[Language, str]] = {
    "zh-Hans": ("zh-Hant", "hk2s"),
    "zh-Hant": ("zh-Hans", "s2hk"),
}
_SEPARATORS = str.maketrans({"，": ",", "、": ",", "；": ",", ";": ","})


@dataclass(frozen=True)
class SpokenWith:
    """A text as a page shows it: `tag` where it is not in the page's language, and where it came from."""

    text: str
    tag: str
    provenance: str


def worded(texts: Mapping[str, str], provenance: str = "human") -> dict[str, dict[str, str]]:
    """Plain texts per language as values with one provenance; empty ones are left out."""
    return {
        language: {"text": texts[language].strip(), "provenance": provenance}
        for language in LANGUAGES
        if str(texts.get(language) or "").strip()
    }


def text_in(value: Any, language: Language) -> str:
    """The text that is written in this very language, or nothing."""
    entry = value.get(language) if isinstance(value, Mapping) else None
    return str(entry.get("text") or "") if isinstance(entry, Mapping) else ""


def provenance_in(value: Any, language: Language) -> str:
    entry = value.get(language) if isinstance(value, Mapping) else None
    return str(entry.get("provenance") or "published") if isinstance(entry, Mapping) else ""


def spoken_with_provenance(value: Any, language: Language) -> SpokenWith:
    """The text for a page: written in its language, else converted from the other script, else in another language.

    A conversion is only shown where no value was written for this script, and says so by its provenance `converted`.
    """
    text = text_in(value, language)
    if text:
        return SpokenWith(text, "", provenance_in(value, language))
    if language in _OTHER_SCRIPT:
        other, config = _OTHER_SCRIPT[language]
        if written := text_in(value, other):
            return SpokenWith(converter(config).convert(written), "", "converted")
    for each in LANGUAGES:
        if text := text_in(value, each):
            return SpokenWith(text, TAGS[each], provenance_in(value, each))
    return SpokenWith("", "", "")


def in_three_languages(value: Any) -> dict[str, str]:
    """A plain text for each language, for product.yaml: its own, else what `spoken_with_provenance` would show."""
    return {language: spoken_with_provenance(value, language).text for language in LANGUAGES}


def keyword_list(text: str) -> list[str]:
    """The keywords in one text with commas of either width between them."""
    words = (word.strip() for word in text.translate(_SEPARATORS).split(","))
    return list(dict.fromkeys(word for word in words if word))


@cache
def converter(config: str) -> Any:
    """An OpenCC converter; made once, for its dictionaries take a moment to load."""
    from opencc import OpenCC

    return OpenCC(config)
