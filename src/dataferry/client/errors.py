"""What a server refused, as the errors of the house: its code and its words, with our exit codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import httpx

from dataferry.messages import (
    DataferryError,
    InputError,
    Language,
    LimitError,
    MissingError,
    RefusedError,
    UnavailableError,
    UsageError,
)

_LONGEST_WORDS = 4000


class ServerError(DataferryError):
    """An error that a server told. `code`, `data` and `retry` are the server's; `text` is what it said.

    Caught by its kind too: a `RefusedError` for 401, 403, 409, 412, a `MissingError` for 404, an `InputError` for 422,
    a `LimitError` for 413 and 429, a `UsageError` for 400, an `UnavailableError` for 502 to 504.
    """

    def __init__(self, code: str, words: str, status: int, *, retry: bool = False, **data: Any) -> None:
        super().__init__(code, retry=retry, **data)
        self.words = words
        self.status = status
        self.wait: float | None = None

    def text(self, language: Language | None = None) -> str:
        return self.words


class ServerRefusedError(ServerError, RefusedError):
    pass


class ServerMissingError(ServerError, MissingError):
    pass


class ServerInputError(ServerError, InputError):
    pass


class ServerLimitError(ServerError, LimitError):
    pass


class ServerUsageError(ServerError, UsageError):
    pass


class ServerUnavailableError(ServerError, UnavailableError):
    pass


_KINDS: Mapping[int, type[ServerError]] = {
    400: ServerUsageError,
    401: ServerRefusedError,
    403: ServerRefusedError,
    404: ServerMissingError,
    405: ServerUsageError,
    409: ServerRefusedError,
    412: ServerRefusedError,
    413: ServerLimitError,
    415: ServerUsageError,
    422: ServerInputError,
    428: ServerUsageError,
    429: ServerLimitError,
    502: ServerUnavailableError,
    503: ServerUnavailableError,
    504: ServerUnavailableError,
}


def error_of(response: httpx.Response, content: bytes) -> DataferryError:
    """The error that an answer tells. One that is no problem document comes from something else than a Dataferry."""
    status = response.status_code
    try:
        body = json.loads(content)
        code, detail = body["code"], body["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        body = None
    if not (isinstance(body, dict) and isinstance(code, str) and isinstance(detail, str)):
        if status in {429, 502, 503, 504}:
            return UnavailableError("client.not_now", retry=True, server=_host(response), status=status)
        return UnavailableError("client.no_problem", server=_host(response), status=status)
    given = body.get("data")
    data = given if isinstance(given, dict) else {}
    words = "\n".join([plain_words(detail), *_lines(body)])
    kind = _KINDS.get(status, ServerError)
    told = {key: value for key, value in data.items() if key not in {"code", "words", "status", "retry", "self"}}
    error = kind(plain_words(code)[:200], words, status, retry=bool(body.get("retry")), **told)
    error.wait = wait_of(response)
    return error


def wait_of(response: httpx.Response) -> float | None:
    """Seconds to wait that an answer asks for."""
    try:
        return max(0.0, float(response.headers.get("Retry-After", "")))
    except ValueError:
        return None


def _lines(body: Mapping[str, Any]) -> list[str]:
    """The fields and findings that the problem names, one line each."""
    fields = [item for item in body.get("errors") or () if isinstance(item, dict)]
    findings = [item for item in body.get("findings") or () if isinstance(item, dict)]
    lines = [f"  {plain_words(item.get('place', ''))}: {plain_words(item.get('message', ''))}" for item in fields]
    lines += [f"  {plain_words(item.get('message', ''))}" for item in findings]
    return lines[:50]


def plain_words(text: object, most: int = _LONGEST_WORDS) -> str:
    """Words from outside, safe for a terminal: control characters would move its cursor or hide text."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in str(text))[:most]


def _host(response: httpx.Response) -> str:
    return response.request.url.host
