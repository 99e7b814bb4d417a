"""A letter's text in the three languages of the house."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.utils.translation import override

from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken

TONGUES: Mapping[str, str] = {"en": "en", "zh-Hant": "zh-hant", "zh-Hans": "zh-hans"}


def in_tongues(make: Callable[[], str]) -> dict[str, str]:
    """What `make` says while each language is the page's."""
    said = {}
    for tag, code in TONGUES.items():
        with override(code):
            said[tag] = make()
    return said


def in_own(words: Any) -> str:
    """A three-language text in the language that is the page's now."""
    return spoken(words, page_language()).text


def site_address() -> str:
    """How the site is called from outside, where the operator has said so."""
    return settings.CSRF_TRUSTED_ORIGINS[0].rstrip("/") if settings.CSRF_TRUSTED_ORIGINS else ""
