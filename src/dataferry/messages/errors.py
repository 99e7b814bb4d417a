"""Errors that tell what was wrong, where, and what to do; the class decides the exit code and the HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from dataferry.messages.words import Language, say


class DataferryError(Exception):
    """An error a person can act on.

    Args:
        code: room and name of the message, such as `tables.not_a_table`.
        retry: whether trying the same again later can help.
        data: what the message is about. `file`, `layer`, `row`, `line`, `column`, `field` say where.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, code: str, /, *, retry: bool = False, **data: Any) -> None:
        super().__init__(code)
        self.code = code
        self.retry = retry
        self.data: Mapping[str, Any] = data

    def text(self, language: Language | None = None) -> str:
        return say(self.code, self.data, language)

    def __str__(self) -> str:
        return self.text()

    def to_json(self, language: Language | None = None) -> dict[str, Any]:
        return {"code": self.code, "message": self.text(language), "retry": self.retry, "data": dict(self.data)}


class UsageError(DataferryError):
    """The call itself is wrong: an unknown option, CRS or name."""

    exit_code = 2
    http_status = 400


class InputError(DataferryError):
    """What was handed in cannot be used as it is."""

    exit_code = 3
    http_status = 422


class RefusedError(DataferryError):
    """Understood, and not allowed."""

    exit_code = 4
    http_status = 403


class LimitError(DataferryError):
    """A limit of size, memory, time or rows was passed."""

    exit_code = 5
    http_status = 413


class MissingError(DataferryError):
    """What was named is not there."""

    exit_code = 6
    http_status = 404


class UnavailableError(DataferryError):
    """Something this machine needs is missing or busy."""

    exit_code = 7
    http_status = 503
