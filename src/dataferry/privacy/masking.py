"""Examples for people: enough to see what a value is, never enough to know whose it is."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 24
_LONG: Final = 8


def masked(value: str) -> str:
    """The first letter (of eight and more letters, two), then `*` for each letter and digit; the rest stays.

    `A123456(3)` becomes `A1*****(*)`, `陳大文` becomes `陳**`. Cut after 24 letters; one letter alone is hidden whole.
    """
    text = value.strip()
    shown = 0 if len(text) < 2 else 1 if len(text) < _LONG else 2
    tail = "".join("*" if letter.isalnum() else letter for letter in text[shown:_LONGEST])
    return text[:shown] + tail + ("…" if len(text) > _LONGEST else "")
