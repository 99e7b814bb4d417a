"""How the secret of an API token is made and remembered, and how far its scopes reach."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable

from dataferry.server.people.roles import Scope

MARK = "dfy_"
PREFIX_LENGTH = 10


def new_secret() -> str:
    """A token of 256 bits. Its beginning names it in lists and lets scanners of leaked secrets know it."""
    return MARK + secrets.token_urlsafe(32)


def prefix_of(secret: str) -> str:
    """What may be shown of a secret, so that its owner knows which one it is."""
    return secret[:PREFIX_LENGTH]


def digest_of(secret: str) -> str:
    """A random secret of 256 bits needs no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def step_of(scopes: Iterable[str]) -> int:
    """How far scopes reach: write includes read, publish includes both. Below zero for none."""
    steps = list(Scope.values)
    return max((steps.index(each) for each in scopes if each in steps), default=-1)
