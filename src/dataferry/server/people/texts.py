"""Short texts that people type: one line, no control characters, not too long."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from dataferry.messages import LANGUAGES, InputError

# Marks that turn the direction of writing or hide: they make one name look like another.
_DECEIVING = frozenset("\u200b\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str, field: str, longest: int, *, may_be_empty: bool = False) -> str:
    """The text without spaces around it.

    Raises:
        InputError: it is empty, too long, or holds control characters, line breaks or marks of writing direction.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text and not may_be_empty:
        raise InputError("server.people.empty", field=field)
    if len(text) > longest:
        raise InputError("server.people.too_long", field=field, longest=longest)
    if any(
        unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or character in _DECEIVING for character in text
    ):
        raise InputError("server.people.control_characters", field=field)
    return text


def names(value: Mapping[str, Any], field: str, longest: int) -> dict[str, str]:
    """A name in one language at least.

    Raises:
        InputError: as `one_line`; or no language has a text.
    """
    found: dict[str, str] = {}
    for code in LANGUAGES:
        text = one_line(str(value.get(code) or ""), field, longest, may_be_empty=True)
        if text:
            found[code] = text
    if not found:
        raise InputError("server.people.empty", field=field)
    return found
