"""Answers of Delta Sharing a page at a time: where a page begins, and tokens that are good for one question of one key.

A token names the version that the first page told of, so that the pages of one answer fit together whatever is listed
meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from dataferry.formats.delta_sharing import FilePage, PageTokens
from dataferry.server.delivery.models import AccessKey
from dataferry.server.delivery.sharing import Shown

Entry = tuple[str, Shown | None]
"""One line of an answer, and the file that it tells of (None: what the table became)."""


def tokens() -> PageTokens:
    key = salted_hmac("dataferry.server.delivery.pages", "", settings.SECRET_KEY, algorithm="sha256").digest()
    return PageTokens(key)


@dataclass(frozen=True)
class Turn:
    """Which entries of an answer are wanted. `version`: the one that the first page told of; None on the first."""

    listing: str
    most: int | None
    start: int = 0
    version: int | None = None

    def cut(self, entries: Sequence[Entry], version: int) -> tuple[list[Entry], str | None]:
        """The entries of this page, and the token of the next (None on the last)."""
        files, end = 0, self.start
        for _line, file in entries[self.start :]:
            files += file is not None
            if self.most is not None and files > self.most:
                break
            end += 1
        token = tokens().issue(self.listing, f"{version} {end}") if end < len(entries) else None
        return list(entries[self.start : end]), token


def turn_of(key: AccessKey, kind: str, question: Mapping[str, Any], page: FilePage) -> Turn:
    """The page that is asked for.

    Args:
        kind, question: what was asked; how many files at a time is no part of it.

    Raises:
        InputError: the token is none of this question.
    """
    asked = {name: value for name, value in question.items() if name not in ("maxFiles", "pageToken")}
    text = json.dumps(asked, sort_keys=True, default=str)
    listing = f"{key.pk} {kind} {hashlib.sha256(text.encode()).hexdigest()}"
    if page.token is None:
        return Turn(listing, page.most)
    version, _, start = tokens().read(listing, page.token).partition(" ")
    return Turn(listing, page.most, int(start), int(version))


def refresh_token(key: AccessKey, version: int) -> str:
    """A token for new addresses of the same version."""
    return tokens().issue(f"{key.pk} refresh", str(version))


def refreshed(key: AccessKey, token: str) -> int:
    """The version that a refresh token names.

    Raises:
        InputError: it is none of this key.
    """
    return int(tokens().read(f"{key.pk} refresh", token))
