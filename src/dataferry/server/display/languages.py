"""The three languages: how Django, the library and browsers name each, and the same page in another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import translate_url
from django.utils.translation import get_language

from dataferry.messages import Language


@dataclass(frozen=True)
class Tongue:
    """One language of the site. `code` is Django's, `library` ours, `tag` what browsers and fonts go by."""

    code: str
    library: Language
    tag: str
    name: str
    short: str


TONGUES = (
    Tongue("en", "en", "en", "English", "EN"),
    Tongue("zh-hant", "zh-Hant", "zh-Hant-HK", "繁體中文", "繁"),
    Tongue("zh-hans", "zh-Hans", "zh-Hans-CN", "简体中文", "简"),
)
_BY_CODE = {tongue.code: tongue for tongue in TONGUES}


def tongue() -> Tongue:
    """The language of the page being made."""
    return _BY_CODE.get(get_language() or "en", TONGUES[0])


def page_language() -> Language:
    """The language of the page, as the library names it."""
    return tongue().library


def language_context(request: HttpRequest) -> dict[str, Any]:
    """For templates: the page's language, and this same page in each language."""
    address = request.get_full_path()
    return {
        "tongue": tongue(),
        "tongues": [(each, translate_url(address, each.code)) for each in TONGUES],
    }
