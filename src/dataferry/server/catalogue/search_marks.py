"""Marks in the index beside the words: who may see a dataset, and the values of its facets.

They are looked up together with the words, so that what a person may not see is never a candidate, nor counted.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dataferry.server.catalogue.models import SearchEntry

PUBLIC = "xpublic"
PRIVATE = "xprivate"
FACETS = ("city", "format", "licence", "geometry", "publisher", "organisation", "language")


def owner_mark(user_id: int) -> str:
    return f"xowner{user_id}"


def organisation_mark(organisation_id: int) -> str:
    return f"xmembers{organisation_id}"


def facet_mark(facet: str, value: Any) -> str:
    """A token for one value of a facet; values are texts of people, so their digest stands for them."""
    digest = hashlib.blake2s(str(value).encode(), digest_size=8).hexdigest()
    return f"x{facet}{digest}"


def facet_values(entry: SearchEntry) -> dict[str, Any]:
    """The value of each facet, as filters and counts name it; empty ones are left out."""
    values = {
        "city": entry.city,
        "format": entry.format,
        "licence": entry.licence,
        "geometry": "yes" if entry.geometry else "no",
        "publisher": entry.publisher,
        "organisation": entry.organisation_id,
        "language": entry.language,
    }
    return {facet: value for facet, value in values.items() if value not in ("", None)}


def marks(entry: SearchEntry) -> list[str]:
    """All marks of a dataset."""
    found = [PUBLIC if entry.public else PRIVATE]
    if entry.owner_id is not None:
        found.append(owner_mark(entry.owner_id))
    if entry.organisation_id is not None:
        found.append(organisation_mark(entry.organisation_id))
    return found + [facet_mark(facet, value) for facet, value in facet_values(entry).items()]
