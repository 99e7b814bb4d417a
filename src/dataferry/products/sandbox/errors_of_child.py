"""Errors that a reading child reports: a known kind with a code of `tables` or `geo` and plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.messages import (
    DataferryError,
    InputError,
    LimitError,
    MissingError,
    RefusedError,
    UnavailableError,
    UsageError,
    codes,
)

_KINDS: Mapping[str, type[DataferryError]] = {
    kind.__name__: kind for kind in (InputError, LimitError, MissingError, RefusedError, UnavailableError, UsageError)
}
_LONGEST_VALUE = 2000
_MOST_ITEMS = 200
_DEEPEST = 4


def error_of(kind: str, code: str, data: Mapping[str, Any]) -> DataferryError | None:
    """The error of this kind with a code of `tables` or `geo`; nothing for a code that they do not have."""
    room, _, key = code.partition(".")
    if room not in ("tables", "geo") or key not in codes(room):
        return None
    values = {str(name)[:40]: _plain(value) for name, value in list(data.items())[:_MOST_ITEMS]}
    values.pop("retry", None)
    return _KINDS.get(kind, InputError)(code, **values)


def _plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list) and depth < _DEEPEST:
        return [_plain(each, depth + 1) for each in value[:_MOST_ITEMS]]
    return str(value)[:_LONGEST_VALUE]
