"""Policies and agreements as ODRL, for programs: purpose, region, period, onward transfer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dataferry.formats.odrl import Kind
from dataferry.formats.odrl import Policy as OdrlPolicy
from dataferry.server.exchange.models import Offer
from dataferry.server.exchange.terms import policy_terms
from dataferry.server.merchants.models import Place

REGION_CODES: Mapping[str, str] = {
    Place.HONG_KONG: "HK",
    Place.SHANGHAI: "CN-SH",
    Place.GBA: "urn:dataferry:place:gba",
    Place.MAINLAND: "urn:dataferry:place:mainland",
    Place.ABROAD: "urn:dataferry:place:abroad",
}
"""ISO 3166 where it has a code; the nine cities, and "elsewhere", have none."""


def offer_odrl(offer: Offer) -> dict[str, Any]:
    """What an offer allows whoever takes it."""
    policy = policy_terms(offer.policy)
    return _document(
        Kind.OFFER, f"urn:dataferry:offer:{offer.number}", offer.listing.number, policy, offer.listing.supplier.number
    )


def agreement_odrl(number: str, terms: Mapping[str, Any], starts: datetime | None = None) -> dict[str, Any]:
    """What an agreement allows its buyer, for the one purpose that was agreed."""
    policy = {**terms["policy"], "purposes": [terms["purpose"]], "days": terms["days"]}
    uid = f"urn:dataferry:agreement:{number}"
    return _document(Kind.AGREEMENT, uid, terms["listing"], policy, terms["supplier"], terms["buyer"], starts)


def _document(
    kind: Kind,
    uid: str,
    listing: str,
    policy: Mapping[str, Any],
    supplier: str,
    buyer: str | None = None,
    starts: datetime | None = None,
) -> dict[str, Any]:
    made = OdrlPolicy(
        uid=uid,
        target=f"urn:dataferry:listing:{listing}",
        kind=kind,
        assigner=f"urn:dataferry:merchant:{supplier}",
        assignee=f"urn:dataferry:merchant:{buyer}" if buyer else None,
        purposes=tuple(policy["purposes"]),
        regions=tuple(REGION_CODES[region] for region in policy["regions"]),
        starts=starts,
        days=policy["days"],
        onward_transfer=policy["onward_transfer"],
    )
    return made.to_json()
