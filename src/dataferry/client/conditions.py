"""Conditions of the row API from Python values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dataferry.messages import InputError

TESTS = frozenset({"equals", "at_least", "at_most", "one_of", "missing", "present"})


def query_of(where: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of a request: `{"city": "shanghai"}` is `city.equals=shanghai`.

    Values are text, numbers, booleans, days and instants; for `one_of` a list of them; for `missing` and `present`
    true.

    Raises:
        InputError: `client.bad_condition`.
    """
    return dict(_parameter(name, value) for name, value in where.items())


def _parameter(name: str, value: Any) -> tuple[str, str]:
    column, dot, test = name.rpartition(".")
    if not dot or test not in TESTS:
        # Also keeps columns apart that are called as a parameter is, such as `limit`.
        column, test = name, "equals"
    if test in {"missing", "present"}:
        if value not in (True, ""):
            raise InputError("client.bad_condition", name=name[:80])
        return f"{column}.{test}", ""
    if test == "one_of":
        if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
            raise InputError("client.bad_condition", name=name[:80])
        texts = [_text(name, each) for each in value]
        # Commas part the values, so none may hold one.
        if not texts or any("," in text for text in texts):
            raise InputError("client.bad_condition", name=name[:80])
        return f"{column}.{test}", ",".join(texts)
    return f"{column}.{test}", _text(name, value)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, str | int | float | Decimal):
        return str(value)
    raise InputError("client.bad_condition", name=name[:80])
