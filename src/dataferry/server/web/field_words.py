"""What is wrong with a field, in the caller's language: the validator's own words are English only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import say

_SAME: Mapping[str, str] = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "json_invalid": "field_other",
    "enum": "field_choice",
    "literal_error": "field_choice",
    "string_too_short": "field_short",
    "string_too_long": "field_long",
    "too_short": "field_few",
    "too_long": "field_many",
    "greater_than": "field_above",
    "greater_than_equal": "field_least",
    "less_than": "field_below",
    "less_than_equal": "field_most",
    "string_pattern_mismatch": "field_pattern",
}
_KINDS = ("string", "int", "float", "bool", "list", "dict", "datetime", "date", "uuid", "url")


def field_message(item: Mapping[str, Any]) -> str:
    """One mistake that the validator found, as a sentence."""
    kind = str(item.get("type", ""))
    data = {key: value for key, value in (item.get("ctx") or {}).items() if key != "error"}
    if kind in _SAME:
        return say(f"server.web.{_SAME[kind]}", data)
    first = kind.split("_", 1)[0]
    if first == "model" or kind == "mapping_type":
        first = "dict"
    if first in _KINDS:
        return say("server.web.field_kind", {"kind": say(f"server.web.kind_{first}", {})})
    return say("server.web.field_other", {})
