"""Reading facts from outside: JSON that may be anything, told back as one clear refusal."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, NoReturn

from pydantic import ValidationError

from dataferry.messages import InputError, LimitError

LARGEST_TEXT = 100_000
"""Characters of a facts file; a complete one has about two thousand."""


def facts_of(given: str | bytes | Mapping[str, Any], names: tuple[str, ...], aliases: Mapping[str, str]) -> Any:
    """The facts by their own names.

    Raises:
        InputError: not JSON, not an object, a name that is no fact, or one fact given twice.
        LimitError: the text is too long.
    """
    values = _read(given) if isinstance(given, str | bytes) else given
    if not isinstance(values, Mapping):
        raise InputError("border.facts_no_object")
    found: dict[str, Any] = {}
    for key, value in values.items():
        name = aliases.get(key, key) if isinstance(key, str) else key
        if name not in names:
            near = difflib.get_close_matches(str(key)[:100], [*names, *aliases], 1, 0.5)
            raise InputError("border.fact_unknown_name", field=str(key)[:100], hint=near[0] if near else names[0])
        if name in found:
            raise InputError("border.fact_twice", field=name)
        found[name] = value
    return found


def _read(text: str | bytes) -> Any:
    if len(text) > LARGEST_TEXT:
        raise LimitError("border.facts_too_long", largest=LARGEST_TEXT)
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise InputError("border.facts_no_json", line=error.lineno, column=error.colno) from error
    except (ValueError, RecursionError) as error:
        raise InputError("border.facts_no_json", line=1, column=1) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InputError("border.fact_twice", field=key[:100])
        found[key] = value
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


@contextmanager
def refusing(allowed: Mapping[str, tuple[str, ...]]) -> Iterator[None]:
    """Turn pydantic's complaint into one refusal that names the fact and what it may be."""
    try:
        yield
    except ValidationError as error:
        field = str(error.errors(include_url=False, include_input=False, include_context=False)[0]["loc"][0])
        raise _refusal(field, allowed[field]) from error


def _refusal(field: str, allowed: tuple[str, ...]) -> InputError:
    if allowed == ("count",):
        return InputError("border.fact_no_count", field=field)
    if allowed == ("date",):
        return InputError("border.fact_no_date", field=field)
    if allowed == ("text",):
        return InputError("border.fact_no_text", field=field)
    return InputError("border.fact_no_such_value", field=field, allowed=", ".join(allowed))


def as_word(value: Any) -> Any:
    """JSON's null is unknown."""
    return "unknown" if value is None else value


def as_yes_no(value: Any) -> Any:
    """JSON's true and false are yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return as_word(value)


def as_date(value: Any) -> Any:
    """A day is written YYYY-MM-DD."""
    if value is None or value == "unknown" or type(value) is date:
        return as_word(value)
    if not isinstance(value, str) or len(value) != len("YYYY-MM-DD"):
        raise ValueError("date")
    return date.fromisoformat(value)


def as_set(value: Any) -> Any:
    """A word alone is a set of one; order and repetition do not matter. `unknown` inside: there may be more."""
    if value is None or value == "unknown":
        return "unknown"
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, list | tuple | set | frozenset) or not all(isinstance(item, str) for item in value):
        raise ValueError("set")
    return tuple(sorted(set(value)))
