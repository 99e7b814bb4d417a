"""What the server holds about a person. Each room says its own part; export and deletion ask all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Export = Callable[["User"], Any]
Erase = Callable[["User"], None]


@dataclass(frozen=True)
class _Part:
    export: Export
    erase: Erase | None


_parts: dict[str, _Part] = {}


def register_personal_data(room: str, export: Export, erase: Erase | None = None) -> None:
    """Say what a room holds about a person. Called from `AppConfig.ready()`.

    Args:
        export: the person's data of this room as a JSON value (instants as text).
        erase: removes or anonymises it, inside the transaction that ends the account; raises RefusedError where the
            account may not end yet. None where rows only refer to the person by number.
    """
    _parts[room] = _Part(export, erase)


def export_all(user: User) -> dict[str, Any]:
    """Everything that the server holds about this person, room by room."""
    return {
        "format": "dataferry-personal-data/1",
        "person": user.pk,
        "exported_at": timezone.now().isoformat(),
        "rooms": {room: part.export(user) for room, part in sorted(_parts.items())},
    }


def erase_all(user: User) -> None:
    """Let every room remove what it holds about the person."""
    for part in _parts.values():
        if part.erase is not None:
            part.erase(user)
