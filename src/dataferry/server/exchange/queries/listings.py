"""Listings as everybody, suppliers and operators find them: the marketplace, its search and its facets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.catalogue.analyser import fold
from dataferry.server.exchange.models import Listing, ListingFacet, Plan
from dataferry.server.exchange.states import ListingState
from dataferry.server.people.predicates import organisations_of

FACETS = ("city", "board", "licence", "price", "level")
MOST_WORDS = 12
_LONGEST, _LONGEST_VALUE = 20, 40


def _rows() -> QuerySet[Listing]:
    return Listing.objects.select_related(
        "supplier__organisation", "release__product", "registration__supplier", "clearance"
    )


def listed(words: str = "", facets: Mapping[str, str] | None = None) -> QuerySet[Listing]:
    """What is on the list now, newest first, narrowed by words (all of them) and by one value of each facet."""
    rows = _rows().filter(state=ListingState.LISTED)
    for word in fold(words).split()[:MOST_WORDS]:
        rows = rows.filter(words__contains=word)
    for name, value in (facets or {}).items():
        if name == "price":
            asked = Plan.objects.filter(kind=value[:_LONGEST_VALUE], closed_at=None)
            rows = rows.filter(pk__in=asked.values("listing"))
        elif name in FACETS:
            chosen = ListingFacet.objects.filter(facet=name, value=value[:_LONGEST_VALUE])
            rows = rows.filter(pk__in=chosen.values("listing"))
    return rows.order_by("-listed_at", "-pk")


def facet_counts(words: str = "", facets: Mapping[str, str] | None = None) -> dict[str, list[tuple[str, int]]]:
    """Of each facet its values with how many listings have them, under the words and the other facets chosen."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name in FACETS:
        others = {key: value for key, value in (facets or {}).items() if key != name}
        within = listed(words, others).order_by().values("pk")
        counted: Iterable[tuple[str, int]]
        if name == "price":
            rows = Plan.objects.filter(listing__in=within, closed_at=None).values_list("kind")
            counted = rows.order_by().annotate(number=Count("listing", distinct=True))
        else:
            values = ListingFacet.objects.filter(facet=name, listing__in=within).values_list("value")
            counted = values.order_by().annotate(number=Count("pk"))
        found[name] = sorted(counted, key=lambda row: (-row[1], row[0]))
    return found


def listing_of(user: Any, number: str) -> Listing:
    """A listing: public once it was listed, before that for its supplier and the operator of its city.

    Raises:
        MissingError: `server.exchange.no_listing`.
    """
    found = _rows().filter(number=number[:_LONGEST]).first()
    if found is None or not (found.listed_at is not None or people.can(user, "exchange.see_listing", found)):
        raise MissingError("server.exchange.no_listing", number=number[:_LONGEST])
    return found


def own_listing_of(user: Any, number: str) -> Listing:
    """A listing, for its supplier and the operator of its city alone.

    Raises:
        MissingError: `server.exchange.no_listing`.
    """
    found = listing_of(user, number)
    if not people.can(user, "exchange.see_listing", found):
        raise MissingError("server.exchange.no_listing", number=number[:_LONGEST])
    return found


def own_listings(user: Any) -> QuerySet[Listing]:
    """Those of the suppliers that a person belongs to, newest first."""
    return _rows().filter(supplier__organisation__in=organisations_of(user)).order_by("-opened_at", "-pk")


def waiting_for_operator(cities: list[str]) -> dict[str, list[Listing]]:
    """Listings that were handed in, and those that are suspended, in these cities."""
    rows = _rows().filter(Q(state=ListingState.SUBMITTED) | Q(state=ListingState.SUSPENDED)).order_by("opened_at")
    found: dict[str, list[Listing]] = {"submitted": [], "suspended": []}
    for each in rows:
        if each.city in cities:
            found[str(each.state)].append(each)
    return found


def open_plans(listing: Listing) -> list[Plan]:
    """Prices asked now."""
    return list(listing.plans.filter(closed_at=None).order_by("pk"))


def heat(listing: Listing) -> dict[str, int]:
    """How much a product is asked for: agreements made, and buyers they were made with."""
    made = listing.agreements.filter(in_force_at__isnull=False)
    return made.aggregate(agreements=Count("pk"), buyers=Count("buyer", distinct=True))
