"""What a challenge entry said of its product. The exchange stands beside the challenge and does not know it: the portal
brings the reader.

    dossiers.register(read)     # read("listing_draft:<edition>/<entry>") -> the dossier, or None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Reader = Callable[[str], Mapping[str, Any] | None]

_readers: list[Reader] = []


def register(reader: Reader) -> Reader:
    """Say how dossiers are read."""
    _readers.append(reader)
    return reader


def dossier_of(reference: str) -> Mapping[str, Any]:
    """The dossier behind an offer; empty where nobody can read it."""
    for reader in _readers:
        found = reader(reference)
        if found is not None:
            return found
    return {}
