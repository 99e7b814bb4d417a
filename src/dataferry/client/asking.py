"""What every call of the API does: one record, every page of a list, one part of a path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from dataferry.client.records import Record
from dataferry.client.transport import Transport
from dataferry.messages import InputError, UnavailableError

API = "/api/v1"
PAGE = 100
R = TypeVar("R", bound=Record)


def one(transport: Transport, kind: type[R], path: str) -> R:
    """The record at a path below the API."""
    return kind.of(transport.json("GET", API + path))


def every(transport: Transport, kind: type[R], path: str, query: Mapping[str, str] | None = None) -> Iterator[R]:
    """The records of a list, page by page."""
    cursor: str | None = None
    while True:
        asked: dict[str, Any] = {**(query or {}), "limit": PAGE, **({"cursor": cursor} if cursor else {})}
        page = transport.json("GET", API + path, params=asked)
        if not isinstance(page, Mapping) or not isinstance(page.get("items"), list):
            raise UnavailableError("client.strange_answer", what="items")
        for item in page["items"]:
            yield kind.of(item)
        following = page.get("next")
        # A server that answers the same cursor again would be asked for ever.
        if not following or following == cursor:
            return
        cursor = str(following)


def path_part(text: str) -> str:
    """One part of a path: nothing in it can step into another.

    Raises:
        InputError: `client.hostile_name`.
    """
    plain = quote(str(text), safe="")
    if plain in {"", ".", ".."}:
        raise InputError("client.hostile_name", name=str(text))
    return plain


def number_of(thing: Any) -> str:
    """The number of a record, or the number itself."""
    return str(getattr(thing, "number", thing))
