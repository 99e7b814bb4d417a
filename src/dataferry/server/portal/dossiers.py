"""Sister rooms meet here: the exchange reads what a challenge entry said of the product that was handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server.exchange import dossiers


def read(reference: str) -> Mapping[str, Any] | None:
    """The dossier behind `listing_draft:<edition>/<entry>`."""
    from dataferry.server.challenge.models import ListingDraft

    edition, _slash, code = reference.removeprefix("listing_draft:").partition("/")
    found = ListingDraft.objects.filter(entry__edition__slug=edition, entry__code=code).first()
    return found.dossier if found is not None else None


dossiers.register(read)
