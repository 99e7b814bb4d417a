"""How often one person may ask for what is dear, or tells of others, whichever door they come through."""

from __future__ import annotations

from typing import Any

from dataferry.server.web.limits import limiter
from dataferry.server.web.problems import TooManyError


def spend(user: Any, what: str) -> None:
    """Count one dear request of a person.

    Raises:
        TooManyError: `server.web.too_many`, with the seconds to wait.
    """
    standing = limiter.count("expensive", f"{what}:{user.pk}")
    if not standing.allowed:
        raise TooManyError("server.web.too_many", retry=True, seconds=standing.reset, limit=standing.limit)
