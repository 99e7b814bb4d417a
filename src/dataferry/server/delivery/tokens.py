"""The secret of an access key: how it is made, remembered and named."""

from __future__ import annotations

import hashlib
import secrets

MARK = "dfs_"
PREFIX_LENGTH = 10
LONGEST = 200


def new_token() -> str:
    """A token of 256 bits. Its beginning lets scanners of leaked secrets know it."""
    return MARK + secrets.token_urlsafe(32)


def prefix_of(token: str) -> str:
    """What may be shown of a token, so that people know which one it is."""
    return token[:PREFIX_LENGTH]


def digest_of(token: str) -> str:
    """A random secret of 256 bits needs no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
