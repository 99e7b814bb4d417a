"""Values from anywhere as JSON that both databases take: no NUL, no lone surrogate, no number that is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dataferry.messages import DataferryError

LONGEST_TEXT = 2000


def as_json(value: Any, longest: int | None = LONGEST_TEXT) -> Any:
    """`value` with everything JSON has no word for said as text, and text longer than `longest` cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {_text(str(key), longest): as_json(item, longest) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item, longest) for item in value]
    return _text(str(value), longest)


def _text(value: str, longest: int | None) -> str:
    clean = value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
    return clean if longest is None or len(clean) <= longest else clean[: longest - 1] + "…"


def error_json(error: DataferryError) -> dict[str, Any]:
    """An error as a job keeps it."""
    return {"code": error.code, "data": as_json(error.data), "retry": error.retry}
