"""What every act of trade asks first: who acts for whom, whether the product may be sold, rows locked in one order.

Rows are locked plan, offer, agreement, invoice, payment, numbers, and the journal last, so that two acts at the same
instant wait for each other and never in a circle.
"""

from __future__ import annotations

from typing import Any

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import people
from dataferry.server.compliance.models import Clearance
from dataferry.server.compliance.queries.clearances import in_force
from dataferry.server.exchange.models import Agreement, Invoice, Listing, Offer, Payment, Plan
from dataferry.server.exchange.states import ListingState
from dataferry.server.merchants.models import Merchant, MerchantClass
from dataferry.server.people.predicates import organisations_of

BUYER, SUPPLIER = "buyer", "supplier"
SIDES = (BUYER, SUPPLIER)


def merchant_at(agreement: Any, side: str) -> Merchant:
    """The merchant on one side of an agreement.

    Raises:
        InputError: there is no such side.
    """
    if side not in SIDES:
        raise InputError("server.exchange.no_such_side", field="side")
    found: Merchant = agreement.buyer if side == BUYER else agreement.supplier
    return found


def refuse_both_sides(user: Any, one: Merchant, other: Merchant) -> None:
    """Nobody acts for both sides of a trade.

    Raises:
        RefusedError: the person is in both organisations, or both are the same.
    """
    mine = organisations_of(user)
    if one.pk == other.pk or {one.organisation_id, other.organisation_id} <= mine:
        raise RefusedError("server.exchange.both_sides")


def side_of(user: Any, agreement: Any) -> str:
    """On which side the person stands.

    Raises:
        RefusedError: on none, or on both.
    """
    people.require(user, "exchange.take_part", agreement)
    refuse_both_sides(user, agreement.buyer, agreement.supplier)
    return BUYER if agreement.buyer.organisation_id in organisations_of(user) else SUPPLIER


def require_operator(user: Any, agreement: Agreement) -> None:
    """Do nothing for the operator of the agreement's city who belongs to neither party.

    Raises:
        RefusedError: somebody else; `server.exchange.own_organisation` for one who belongs to a party.
    """
    people.require(user, "exchange.oversee_agreement", agreement)
    if {agreement.buyer.organisation_id, agreement.supplier.organisation_id} & organisations_of(user):
        raise RefusedError("server.exchange.own_organisation")


def require_buyer(user: Any, buyer: Merchant) -> None:
    """Do nothing for somebody who may buy for this merchant now.

    Raises:
        RefusedError: not of its organisation; it is not active as a buyer.
    """
    people.require(user, "exchange.buy", buyer)
    require_active_buyer(buyer)


def require_active_buyer(buyer: Merchant) -> None:
    """Raises RefusedError where the merchant may not buy now."""
    if not buyer.acts_as(MerchantClass.BUYER):
        raise RefusedError("server.exchange.not_active", merchant=buyer.number, role=MerchantClass.BUYER)


def require_for_sale(listing: Listing) -> None:
    """No compliance, no listing; and nothing is sold that is not listed by an active supplier.

    Raises:
        RefusedError: it is not listed, the supplier is not active, the clearance has ended.
    """
    if listing.state != ListingState.LISTED:
        raise RefusedError("server.exchange.not_for_sale", listing=listing.number)
    if not listing.supplier.acts_as(MerchantClass.SUPPLIER):
        raise RefusedError("server.exchange.not_active", merchant=listing.supplier.number, role=MerchantClass.SUPPLIER)
    clearance_of(listing)


def clearance_of(listing: Listing) -> Clearance:
    """The clearance in force of the release that the listing stands for.

    Raises:
        RefusedError: there is none.
    """
    found = in_force(listing.release, listing.supplier)
    if found is None:
        raise RefusedError("server.exchange.not_cleared", listing=listing.number)
    return found


def locked_plan(pk: int) -> Plan:
    return Plan.objects.select_for_update().get(pk=pk)


def locked_offer(pk: int) -> Offer:
    """The offer with all that terms are drawn from; only its own row is locked."""
    rows = Offer.objects.select_for_update(of=("self",))
    return rows.select_related(
        "plan", "policy", "to", "listing__supplier", "listing__release__product", "listing__clearance"
    ).get(pk=pk)


def locked_agreement(agreement: Agreement) -> Agreement:
    """Raises MissingError where it is gone."""
    rows = Agreement.objects.select_for_update(of=("self",))
    found = (
        rows.select_related("buyer", "supplier", "offer__plan", "listing__supplier", "listing__clearance")
        .filter(pk=agreement.pk)
        .first()
    )
    if found is None:
        raise MissingError("server.exchange.no_agreement", number=agreement.number)
    return found


def locked_invoice(pk: int) -> Invoice:
    return Invoice.objects.select_for_update().get(pk=pk)


def locked_payment(pk: int) -> Payment:
    return Payment.objects.select_for_update().get(pk=pk)
