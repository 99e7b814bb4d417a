"""Canonical JSON: one text for one value, so that a hash of the text is a hash of the value.

The rules are those of RFC 8785 for the values that the journal allows: members sorted by name, no white space, the
shortest escapes, UTF-8. Numbers are integers that every reader of JSON holds exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 8


class PayloadError(ValueError):
    """A call that hands the journal what it may not keep: a fault of the calling code, never of a person's input."""


def plain(value: Any, place: str = "payload", depth: int = 0) -> Any:
    """The value rebuilt from dicts, lists, strings, integers, booleans and nulls only.

    Raises:
        PayloadError: anything else is in it; the place is named.
    """
    if depth > DEEPEST:
        raise PayloadError(f"{place} is nested deeper than {DEEPEST} levels")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
            raise PayloadError(f"{place} holds half a character (a lone surrogate)")
        return str(value)
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise PayloadError(f"{place} is an integer beyond 2**53 - 1: write it as a string")
        return int(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise PayloadError(f"{place} has a key that is no string")
        return {str(key): plain(item, f"{place}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{place}[{index}]", depth + 1) for index, item in enumerate(value)]
    kind = type(value).__name__
    raise PayloadError(f"{place} is a {kind}: only strings, integers, booleans, null, lists and maps are canonical")


def canonical(value: Any) -> str:
    """The one JSON text of a value made of what `plain` allows."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    """The sha256 of the text's UTF-8 bytes, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
