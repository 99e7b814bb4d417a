"""The profile file: the one file a recipient gets, with the address of the server and the token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from dataferry.formats.delta_sharing.instants import parse_instant, write_instant
from dataferry.formats.wire_json import read_object, write_json
from dataferry.messages import InputError

FILE_NAME = "{name}.share"
MEDIA_TYPE = "application/json"
_VERSION = 1
_MOST_BYTES = 20_000


@dataclass(frozen=True)
class Profile:
    """What a client needs to sign in: endpoint, bearer token, and when the token ends.

    Version 1 of the format, because every client reads it. The token never shows in `repr`.
    """

    endpoint: str
    bearer_token: str = field(repr=False)
    expires: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The plain JSON of the file."""
        document = {"shareCredentialsVersion": _VERSION, "endpoint": self.endpoint, "bearerToken": self.bearer_token}
        return document | ({"expirationTime": write_instant(self.expires)} if self.expires else {})

    def to_text(self) -> str:
        """The file itself."""
        return write_json(self.to_json()) + "\n"

    @classmethod
    def parse(cls, text: str | bytes) -> Profile:
        """Read a profile file.

        Raises:
            InputError: it is not a profile of version 1 with a bearer token and an http(s) endpoint.
        """
        found = read_object(text, "profile", _MOST_BYTES)
        endpoint, token = found.get("endpoint"), found.get("bearerToken")
        if found.get("shareCredentialsVersion") != _VERSION or not isinstance(token, str) or not token.isprintable():
            raise InputError("formats.bad_profile")
        if not token or not isinstance(endpoint, str) or not _is_web_address(endpoint):
            raise InputError("formats.bad_profile")
        ends = found.get("expirationTime")
        return cls(endpoint.rstrip("/"), token, None if ends is None else parse_instant(ends, "expirationTime"))


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable()
