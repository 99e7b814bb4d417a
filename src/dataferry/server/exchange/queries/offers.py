"""Offers and negotiations that a person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.models import Listing, Negotiation, Offer, Plan, Policy
from dataferry.server.exchange.states import OfferState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.merchants.states import MerchantState
from dataferry.server.people.predicates import organisations_of

_WITH = ("plan", "policy", "to", "listing__supplier__organisation", "listing__release__product", "listing__clearance")


def open_offers(user: Any, listing: Listing) -> QuerySet[Offer]:
    """What this person could take of a listing now: offers to everybody, and those made to a merchant of theirs."""
    now, mine = clock.now(), organisations_of(user)
    seen = Q(to=None) | Q(to__organisation__in=mine) | Q(listing__supplier__organisation__in=mine)
    return (
        Offer.objects.filter(seen, listing=listing, state__in=(OfferState.OPEN, OfferState.SOLD_OUT))
        .filter(Q(valid_until=None) | Q(valid_until__gt=now))
        .filter(plan__closed_at=None, policy__closed_at=None)
        .select_related(*_WITH)
        .order_by("pk")
    )


def offer_of(user: Any, number: str) -> Offer:
    """One offer, also one that is over.

    Raises:
        MissingError: it is not there, or made to somebody else.
    """
    found = Offer.objects.select_related(*_WITH).filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_offer", found):
        raise MissingError("server.exchange.no_offer", number=number[:40])
    return found


def supplier_offers(listing: Listing) -> QuerySet[Offer]:
    """Every offer of a listing, the newest first, for its supplier."""
    return listing.offers.select_related(*_WITH).order_by("-pk")


def plan_of(listing: Listing, code: str) -> Plan:
    """Raises MissingError where the listing has none of this code."""
    found = listing.plans.filter(code=code).first()
    if found is None:
        raise MissingError("server.exchange.no_plan")
    return found


def policy_of(listing: Listing, code: str) -> Policy:
    """Raises MissingError where the listing has none of this code."""
    found = listing.policies.filter(code=code).first()
    if found is None:
        raise MissingError("server.exchange.no_plan")
    return found


def own_buyers(user: Any) -> list[Merchant]:
    """The merchants for which this person may buy now."""
    rows = Merchant.objects.filter(organisation__in=organisations_of(user), state=MerchantState.ACTIVE)
    return [row for row in rows.select_related("organisation") if MerchantClass.BUYER in row.classes]


def buyer_of(user: Any, number: str = "") -> Merchant:
    """The merchant that this person buys for; `number` says which, where there are several.

    Raises:
        MissingError: there is none.
    """
    found = [row for row in own_buyers(user) if number in ("", row.number)]
    if not found or (len(found) > 1 and not number):
        raise MissingError("server.exchange.no_buyer")
    return found[0]


def negotiations_of(user: Any) -> QuerySet[Negotiation]:
    """Negotiations of this person's merchants, as buyer or supplier, the newest first."""
    mine = organisations_of(user)
    parties = Q(buyer__organisation__in=mine) | Q(offer__listing__supplier__organisation__in=mine)
    return (
        Negotiation.objects.filter(parties)
        .select_related("buyer__organisation", "offer__plan", "offer__listing__supplier__organisation")
        .order_by("-begun_at", "-pk")
    )


def negotiation_of(user: Any, number: str) -> Negotiation:
    """One negotiation, for the two sides and the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    found = (
        Negotiation.objects.select_related(
            "buyer__organisation",
            "offer__plan",
            "offer__policy",
            "offer__to",
            "offer__listing__supplier__organisation",
            "offer__listing__release__product",
        )
        .filter(number=number)
        .first()
    )
    if found is None or not people.can(user, "exchange.see_negotiation", found):
        raise MissingError("server.exchange.no_negotiation", number=number[:40])
    return found
