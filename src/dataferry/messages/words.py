"""The words of every room, in three languages, filled with the data of the case."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

Language = Literal["en", "zh-Hant", "zh-Hans"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_LONGEST_VALUE = 300
_current: ContextVar[Language] = ContextVar("dataferry_language", default="en")


def current_language() -> Language:
    """The language that messages are said in here and now."""
    return _current.get()


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Say every message inside the block in this language."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


@cache
def _room(name: str) -> Mapping[str, Mapping[str, str]]:
    file = resources.files("dataferry").joinpath(*name.split("."), "messages.toml")
    if not file.is_file():
        return {}
    return tomllib.loads(file.read_text(encoding="utf-8"))


def codes(room: str) -> Mapping[str, Mapping[str, str]]:
    """All messages of one room (dotted for rooms inside rooms, such as `server.workshop`)."""
    return _room(room)


def _shown(value: Any) -> str:
    """A value of the case as text on one line: control characters made visible, long ones cut."""
    if isinstance(value, float):
        text = f"{value:,.6g}"
    elif isinstance(value, int) and not isinstance(value, bool):
        text = f"{value:,}"
    elif isinstance(value, list | tuple | set | frozenset):
        text = ", ".join(_shown(item) for item in value)
    else:
        text = str(value)
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def say(code: str, data: Mapping[str, Any], language: Language | None = None) -> str:
    """The message `code` filled with `data`.

    A placeholder without data is shown as `?`, never raised: a message about an error must not become a second one.
    `{name:kind}` is said in the words that the room has for the value under `kind_VALUE`, where it has any.

    Raises:
        KeyError: the code is in no room's `messages.toml` (a fault of ours, which a test looks for).
    """
    room, _, key = code.rpartition(".")
    chosen = language or _current.get()

    def fill(match: re.Match[str]) -> str:
        value = data.get(match[1], "?")
        words = _room(room).get(f"{match[2]}_{value}".replace("-", "_")) if match[2] else None
        return words[chosen] if words else _shown(value)

    return _PLACEHOLDER.sub(fill, _room(room)[key][chosen])
