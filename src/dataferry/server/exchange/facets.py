"""What a listing is found by: its folded words, and its values of the facets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server.catalogue.analyser import fold
from dataferry.server.exchange.models import Listing, ListingFacet

OPEN, SHARE_ALIKE, CONDITIONAL, UNKNOWN = "open", "share-alike", "conditional", "unknown"
LICENCE_CLASSES = (OPEN, SHARE_ALIKE, CONDITIONAL, UNKNOWN)
MOST_WORDS = 20_000


def licence_class(document: Mapping[str, Any]) -> str:
    """How free the terms of a release's inputs leave its buyers, as the licence verdict read them."""
    inputs = (document.get("licence_verdict") or {}).get("inputs") or []
    answers = {str(each.get(key, "unknown")) for each in inputs for key in ("reuse", "commercial", "derivatives")}
    if not inputs or answers & {"unknown", "no"}:
        return UNKNOWN
    if "conditional" in answers:
        return CONDITIONAL
    return SHARE_ALIKE if any(each.get("share_alike") for each in inputs) else OPEN


def values_of(listing: Listing) -> set[tuple[str, str]]:
    """Every value of every facet."""
    document = listing.release.document
    return {
        *(("city", str(city)[:40]) for city in document.get("cities") or []),
        ("board", listing.board),
        ("licence", licence_class(document)),
        ("level", listing.level),
        ("kind", str(listing.details.get("kind") or "dataset")),
    }


def write(listing: Listing) -> None:
    """Bring the rows of a listing up to date, in the caller's transaction."""
    wanted = values_of(listing)
    there = {(each.facet, each.value): each.pk for each in listing.facets.all()}
    ListingFacet.objects.filter(pk__in=[key for pair, key in there.items() if pair not in wanted]).delete()
    new = [ListingFacet(listing=listing, facet=facet, value=value) for facet, value in sorted(wanted - there.keys())]
    ListingFacet.objects.bulk_create(new)


def words_of(listing: Listing) -> str:
    """All that a visitor may remember of a product, folded: both scripts find each other."""
    details, document = listing.details, listing.release.document
    texts = [listing.number, listing.release.product.slug, *_texts(listing.supplier.organisation.name)]
    for name in ("title", "keywords", "content", "purpose"):
        texts += _texts(details.get(name))
    for each in (document.get("output") or {}).get("columns") or []:
        texts += [str(each.get("name")), *_texts(each.get("title"))]
    for scenario in listing.scenarios.all():
        texts += _texts(scenario.words.get("title"))
    return fold("\n".join(texts))[:MOST_WORDS]


def _texts(words: Any) -> list[str]:
    return [str(text) for text in words.values()] if isinstance(words, Mapping) else []
