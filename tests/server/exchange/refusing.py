"""How an act ends, for tests that try many."""

from __future__ import annotations

from typing import Any

from dataferry.messages import DataferryError


def code_of(act: Any, *arguments: Any, **named: Any) -> str:
    """The code with which an act is refused; `done` where it is not."""
    try:
        act(*arguments, **named)
    except DataferryError as error:
        return error.code
    return "done"
