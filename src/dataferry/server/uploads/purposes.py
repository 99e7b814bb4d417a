"""What files may be uploaded for: each purpose with its limit and the permission it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dataferry.messages import UsageError


@dataclass(frozen=True)
class Purpose:
    """What a file is sent for.

    Args:
        most_bytes: the largest file, or a function that answers it when it is asked.
        permission: what the sender needs, asked without an object before any byte is taken. The room that takes the
            file asks again, with the object.
    """

    name: str
    most_bytes: int | Callable[[], int]
    permission: str

    @property
    def limit(self) -> int:
        """The largest file in bytes."""
        return self.most_bytes() if callable(self.most_bytes) else self.most_bytes


_purposes: dict[str, Purpose] = {}


def register_purpose(name: str, *, most_bytes: int | Callable[[], int], permission: str) -> Purpose:
    """Say that files may be uploaded for this; called from a room's `AppConfig.ready()`."""
    _purposes[name] = Purpose(name, most_bytes, permission)
    return _purposes[name]


def purpose_of(name: str) -> Purpose:
    """The purpose of this name.

    Raises:
        UsageError: `server.uploads.unknown_purpose`.
    """
    if name not in _purposes:
        raise UsageError("server.uploads.unknown_purpose", purpose=name[:80])
    return _purposes[name]


def largest() -> int:
    """The largest file that any purpose takes."""
    return max((purpose.limit for purpose in _purposes.values()), default=0)
