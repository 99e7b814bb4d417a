"""JSON from strangers: bounded in bytes, depth and values before anything looks at it."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from dataferry.messages import InputError, LimitError

MOST_BYTES = 1_000_000
MOST_DEPTH = 64


def read_json(text: str | bytes, what: str, most_bytes: int = MOST_BYTES) -> Any:
    """The value a text of JSON stands for; `what` names the text in the error.

    Raises:
        LimitError: the text is longer than `most_bytes`.
        InputError: not JSON in UTF-8, nested deeper than 64, a name given twice, or a number JSON does not have.
    """
    if len(text) > most_bytes:
        raise LimitError("formats.json_too_large", what=what, most=most_bytes)
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise InputError("formats.bad_json", what=what) from error
    if _depth_beyond(value, MOST_DEPTH):
        raise InputError("formats.bad_json", what=what)
    return value


def read_object(text: str | bytes, what: str, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """The JSON object in a text; see `read_json`."""
    value = read_json(text, what, most_bytes)
    if not isinstance(value, dict):
        raise InputError("formats.bad_json", what=what)
    return value


def write_json(value: Any) -> str:
    """JSON on one line, without spaces, never NaN."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may choose different ones of two values under one name, so there may be only one."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate name")
    return found


def _depth_beyond(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
