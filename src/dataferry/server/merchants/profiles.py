"""What a merchant tells the public of itself: a text in the three languages, and its own site."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from dataferry.messages import LANGUAGES, InputError

LONGEST_ABOUT = 2_000
LONGEST_SITE = 300


def checked_profile(given: Mapping[str, Any]) -> dict[str, Any]:
    """`about` (a text per language) and `website`; anything else is left out.

    Raises:
        InputError: `server.merchants.profile_too_long`, `server.merchants.website`.
    """
    about = given.get("about") or {}
    if not isinstance(about, Mapping):
        about = {"en": str(about)}
    kept = {tag: _plain(str(about.get(tag) or "")) for tag in LANGUAGES}
    kept = {tag: text for tag, text in kept.items() if text}
    if any(len(text) > LONGEST_ABOUT for text in kept.values()):
        raise InputError("server.merchants.profile_too_long", field="about", most=LONGEST_ABOUT)
    return {"about": kept, "website": _site(str(given.get("website") or "").strip())}


def _plain(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    return "".join(letter for letter in lines if letter == "\n" or unicodedata.category(letter)[0] != "C")


def _site(text: str) -> str:
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        host, parts = "", urlsplit("")
    plain = text.isprintable() and " " not in text and parts.username is None
    if parts.scheme not in ("https", "http") or "." not in host or len(text) > LONGEST_SITE or not plain:
        raise InputError("server.merchants.website", field="website", most=LONGEST_SITE)
    return text
