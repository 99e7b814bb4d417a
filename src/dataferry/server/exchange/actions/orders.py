"""Ordering: an offer taken as it stands becomes an agreement that waits for two signatures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions.stock import take_one
from dataferry.server.exchange.actions.trade_guards import (
    clearance_of,
    locked_offer,
    locked_plan,
    refuse_both_sides,
    require_buyer,
    require_for_sale,
)
from dataferry.server.exchange.models import Agreement, Negotiation, Offer, Plan, PlanKind
from dataferry.server.exchange.policy_document import agreement_odrl
from dataferry.server.exchange.purposes import Purpose
from dataferry.server.exchange.states import AGREEMENT, AgreementState, OfferState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant
from dataferry.server.web.problems import ConflictError

SIGN_WITHIN = timedelta(days=7)
"""How long an order keeps what it took of a limited plan."""
ALIVE = (AgreementState.DRAWN_UP, AgreementState.SIGNED, AgreementState.IN_FORCE, AgreementState.SUSPENDED)


def order(user: Any, offer: Offer, buyer: Merchant, purpose: str, scenario: str, periods: int = 1) -> Agreement:
    """Take an offer as it stands.

    Raises:
        RefusedError: not of the buyer; the product is not for sale, not to this buyer, not there, not for this
            purpose; sold out; the price must be negotiated. InputError: a purpose or scenario that does not exist.
        ConflictError: an order of this buyer waits for signatures already.
    """
    require_buyer(user, buyer)
    with transaction.atomic():
        plan = locked_plan(offer.plan_id)
        row = locked_offer(offer.pk)
        require_open(row, buyer)
        refuse_both_sides(user, buyer, row.listing.supplier)
        if plan.kind == PlanKind.NEGOTIATED:
            raise RefusedError("server.exchange.price_is_negotiated", offer=row.number)
        check_use(row, buyer, purpose, scenario)
        terms = terms_of.drawn(row, buyer.number, purpose, scenario, periods)
        return draw_up(user, row, plan, buyer, terms)


def require_open(offer: Offer, buyer: Merchant) -> None:
    """Whether this buyer may take the offer now.

    Raises:
        RefusedError: withdrawn, run out, sold out, closed, for somebody else, or of a product that is not for sale.
    """
    now = clock.now()
    if offer.to_id is not None and offer.to_id != buyer.pk:
        raise RefusedError("server.exchange.offer_to_another", offer=offer.number)
    if offer.state == OfferState.SOLD_OUT:
        raise ConflictError("server.exchange.sold_out", plan=offer.plan.code)
    is_over = offer.valid_until is not None and now >= offer.valid_until
    if offer.state != OfferState.OPEN or is_over or offer.plan.closed_at or offer.policy.closed_at:
        raise RefusedError("server.exchange.offer_closed", offer=offer.number)
    require_for_sale(offer.listing)


def check_use(offer: Offer, buyer: Merchant, purpose: str, scenario: str) -> None:
    """No scenario, no trade; no purpose and no region beyond the policy.

    Raises:
        InputError: no such purpose or scenario. RefusedError: the policy or the clearance does not allow it.
    """
    if purpose not in Purpose.values:
        raise InputError(
            "server.exchange.unknown_purpose", field="purpose", purpose=purpose[:40], allowed=", ".join(Purpose.values)
        )
    found = offer.listing.scenarios.filter(code=scenario).first()
    if found is None:
        raise InputError("server.exchange.unknown_scenario", field="scenario", scenario=scenario[:40])
    allowed = [code for code in offer.policy.purposes if not found.purposes or code in found.purposes]
    if purpose not in allowed:
        raise RefusedError("server.exchange.purpose_not_allowed", purpose=purpose, allowed=", ".join(allowed) or "-")
    cleared = clearance_of(offer.listing).recipients
    regions = [region for region in offer.policy.regions if region in cleared]
    if buyer.place not in regions:
        raise RefusedError("server.exchange.region_not_allowed", region=buyer.place, allowed=", ".join(regions) or "-")


def draw_up(
    user: Any,
    offer: Offer,
    plan: Plan,
    buyer: Merchant,
    terms: Mapping[str, Any],
    negotiation: Negotiation | None = None,
) -> Agreement:
    """The agreement with these terms, in the caller's transaction: rows of plan and offer are locked.

    Raises:
        RefusedError: sold out; a second trial. ConflictError: an order waits already.
    """
    _refuse_repeats(offer, plan, buyer)
    close_offers = take_one(plan)
    now, actor = clock.now(), people.actor(user)
    number = journal.next_number("A", now)
    agreement = Agreement.objects.create(
        number=number,
        offer=offer,
        negotiation=negotiation,
        listing=offer.listing,
        release=offer.listing.release,
        supplier=offer.listing.supplier,
        buyer=buyer,
        terms=dict(terms),
        digest=terms_of.digest_of(terms),
        odrl=agreement_odrl(number, terms),
        drawn_up_at=now,
    )
    payload = {
        "offer": offer.reference,
        "listing": offer.listing.reference,
        "supplier": offer.listing.supplier.reference,
        "buyer": buyer.reference,
        "digest": agreement.digest,
    }
    AGREEMENT.begin(agreement, actor, "exchange.agreement_drawn_up", payload)
    close_offers(actor)
    return agreement


def _refuse_repeats(offer: Offer, plan: Plan, buyer: Merchant) -> None:
    mine = Agreement.objects.filter(buyer=buyer)
    waiting = mine.filter(offer=offer, state=AgreementState.DRAWN_UP).first()
    if waiting is not None:
        raise ConflictError("server.exchange.order_waits", agreement=waiting.number)
    if plan.kind == PlanKind.TRIAL:
        tried = mine.filter(offer__plan__kind=PlanKind.TRIAL, listing=offer.listing)
        if tried.filter(state__in=(*ALIVE, AgreementState.ENDED, AgreementState.TERMINATED)).exists():
            raise RefusedError("server.exchange.tried_already", listing=offer.listing.number)
