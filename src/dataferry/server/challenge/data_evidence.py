"""What the house itself knows of the data that an entry uses: city, licence, freshness; unknown stays unknown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from dataferry.messages import State, worst_state
from dataferry.products.licence import ACTS, terms_of
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.challenge.models import DataUse, Entry

CITIES = ("hong-kong", "shanghai")


def of_dataset(dataset: Dataset, snapshot: Snapshot | None) -> dict[str, Any]:
    """What the catalogue says of a dataset, now."""
    newest = Snapshot.objects.filter(distribution__dataset=dataset).order_by("-pk").only("received_at").first()
    used = snapshot or newest
    return {
        "basis": "catalogue",
        "city": dataset.city or None,
        "publisher": dataset.publisher,
        "licence": dataset.licence,
        "licence_state": licence_state(dataset.licence, dataset.attribution),
        "attribution": dataset.attribution,
        "synthetic": dataset.synthetic,
        "received": used.received_at.astimezone(UTC).isoformat() if used else None,
        "newest": snapshot is None or newest is None or newest.pk == snapshot.pk,
        "withdrawn": dataset.withdrawn_at is not None,
        "rows": snapshot.rows if snapshot else None,
    }


def of_release_input(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a release states of one of its inputs that the catalogue does not hold."""
    licence = str(given.get("licence") or "unknown")
    return {
        "basis": "release",
        "city": given.get("city") or None,
        "publisher": str(given.get("publisher") or ""),
        "licence": licence,
        "licence_state": licence_state(licence, str(given.get("attribution") or "")),
        "attribution": str(given.get("attribution") or ""),
        "synthetic": bool(given.get("synthetic")),
        "received": None,
        "newest": None,
        "withdrawn": False,
        "rows": given.get("rows"),
        "input": str(given.get("name") or ""),
        "snapshot": given.get("snapshot"),
    }


def of_outside_source() -> dict[str, Any]:
    """Nobody has looked at data from elsewhere."""
    return {"basis": "stated", "city": None, "licence": "unknown", "licence_state": "unknown", "withdrawn": False}


def licence_state(licence: str, attribution: str) -> State:
    """What the terms say to a product that is traded: may data under them be passed on, for money, in adapted form?"""
    terms = terms_of(licence)
    answers = {terms.permissions()[act] for act in ACTS}
    if licence == "none" or "no" in answers or terms.share_alike:
        return "blocked"
    if "unknown" in answers:
        return "unknown"
    return "attention" if "conditional" in answers or (terms.attribution and not attribution) else "clear"


def verdict(entry: Entry) -> dict[str, Any]:
    """Does the entry use open data of both cities? `yes` only by data that the catalogue or a release vouches for.

    Returns:
        `both_cities` (yes | no | unknown), `cities`, `states` for the evidence strip, and the number of `uses`.
    """
    uses = list(DataUse.objects.filter(entry=entry))
    known = {use.verified.get("city") for use in uses if use.verified.get("basis") in ("catalogue", "release")}
    unsure = any(use.verified.get("city") is None for use in uses)
    both = "yes" if set(CITIES) <= known else ("unknown" if unsure else "no")
    return {
        "both_cities": both,
        "cities": sorted(city for city in known if city),
        "uses": len(uses),
        "licence": worst_state(use.verified.get("licence_state", "unknown") for use in uses),
        "withdrawn": sum(bool(use.verified.get("withdrawn")) for use in uses),
    }
