"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

from typing import Any

_FORMULA = "=+-@＝＋－＠"


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what would begin one, also behind
    spaces and characters that are not seen."""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    seen = next((each for each in text if each.isprintable() and not each.isspace()), "")
    is_formula = seen != "" and seen in _FORMULA
    return f"'{text}" if is_formula or text.startswith(("\t", "\r", "\n")) else text
