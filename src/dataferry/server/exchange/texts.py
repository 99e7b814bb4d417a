"""Texts that people write: cleaned of what cannot be shown, bounded, in up to three languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import LANGUAGES, InputError

MOST_REASON = 4_000


def clean(text: Any, field: str, most: int, *, required: bool = False) -> str:
    """One text without characters that cannot be shown.

    Raises:
        InputError: `server.exchange.text_missing`, `server.exchange.text_too_long`.
    """
    given = text if isinstance(text, str) else ""
    found = "".join(c for c in given.replace("\r\n", "\n") if c in "\n\t" or c.isprintable()).strip()
    if required and not found:
        raise InputError("server.exchange.text_missing", field=field)
    if len(found) > most:
        raise InputError("server.exchange.text_too_long", field=field, most=most, found=len(found))
    return found


def reason_of(text: Any) -> str:
    """Why somebody did something that others must be able to understand later.

    Raises:
        InputError: it is missing or too long.
    """
    return clean(text, "reason", MOST_REASON, required=True)


def in_languages(given: Any, field: str, most: int, *, required: bool = False) -> dict[str, str]:
    """A text in the three languages, those that are empty left out.

    Raises:
        InputError: `server.exchange.text_missing`, `server.exchange.text_too_long`, `server.exchange.no_such_language`.
    """
    words = given if isinstance(given, Mapping) else {}
    for language in words:
        if language not in LANGUAGES:
            raise InputError("server.exchange.no_such_language", field=field, given=str(language)[:20])
    found: dict[str, str] = {each: clean(words.get(each), field, most) for each in LANGUAGES}
    found = {language: text for language, text in found.items() if text}
    if required and not found:
        raise InputError("server.exchange.text_missing", field=field)
    return found


def one_of(given: Any, field: str, allowed: Any) -> str:
    """A code out of a list.

    Raises:
        InputError: `server.exchange.unknown_choice`.
    """
    codes = [str(each) for each in allowed]
    if given not in codes:
        raise InputError("server.exchange.unknown_choice", field=field, given=str(given)[:60], allowed=", ".join(codes))
    return str(given)
