"""What a supplier asks: plans, policies, offers. What somebody may have bought is closed, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange.actions.trade_guards import locked_offer, locked_plan
from dataferry.server.exchange.models import Currency, Listing, Offer, Plan, PlanKind, Policy
from dataferry.server.exchange.pricing import BY_USE, MOST_MONEY, TIMED, checked_tiers
from dataferry.server.exchange.purposes import checked_purposes
from dataferry.server.exchange.states import OFFER, ListingState, OfferState
from dataferry.server.exchange.terms import MOST_DAYS, checked_term
from dataferry.server.exchange.texts import in_languages
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.web.problems import ConflictError

LONGEST_WORDS = 2000
LARGEST_STOCK = 2**31 - 1
SOLD_AS_IS = frozenset({PlanKind.ONE_OFF, PlanKind.TRIAL})
"""Plans that give the release of the day and, unless the offer says so, no later ones."""


def add_plan(
    user: Any,
    listing: Listing,
    code: str,
    kind: str,
    currency: str,
    *,
    words: Mapping[str, str] | None = None,
    amount: int = 0,
    per: int = 1,
    period_days: int | None = None,
    tiers: Sequence[Mapping[str, Any]] = (),
    stock: int | None = None,
) -> Plan:
    """A price for a listing, in minor units; see `models.Plan`.

    Raises:
        RefusedError: not of the supplier. InputError: a price that cannot be. ConflictError: the code is taken.
    """
    people.require(user, "exchange.prepare_offer", listing)
    _refuse_delisted(listing)
    _check_price(kind, currency, amount, per, period_days)
    _check_whole("stock", stock, 1, LARGEST_STOCK)
    plan = Plan(
        listing=listing,
        code=_checked_code(code),
        kind=kind,
        currency=currency,
        words=in_languages(words or {}, "words", LONGEST_WORDS),
        amount=amount,
        per=per,
        period_days=period_days,
        tiers=checked_tiers(tiers) if kind == PlanKind.TIERS else [],
        stock=stock,
    )
    with transaction.atomic():
        _save_new(plan, listing.plans)
        _tell_added(user, plan)
    return plan


def _tell_added(user: Any, plan: Plan) -> None:
    payload = {"plan": plan.code, "kind": plan.kind, "currency": plan.currency, "amount": plan.amount}
    journal.append(people.actor(user), "exchange.plan_added", plan.listing.reference, payload)


def _save_new(row: Plan | Policy, others: Any) -> None:
    """Save a plan or policy whose code no other of the listing has; the listing's row is locked meanwhile."""
    Listing.objects.select_for_update().get(pk=row.listing_id)
    if others.filter(code=row.code).exists():
        raise ConflictError("server.exchange.code_taken", field="code", code=row.code)
    row.save()


def _check_price(kind: str, currency: str, amount: int, per: int, period_days: int | None) -> None:
    if kind not in PlanKind.values or currency not in Currency.values:
        raise InputError("server.exchange.bad_plan", field="kind")
    is_priced = kind in (PlanKind.ONE_OFF, PlanKind.PERIOD, PlanKind.PER_CALL, PlanKind.PER_ROW)
    least, most = (1, MOST_MONEY) if is_priced else (0, 0)
    _check_whole("amount", amount, least, most)
    _check_whole("per", per, 1, 10**9 if kind in BY_USE else 1)
    if (period_days is None) == (kind in TIMED):
        raise InputError("server.exchange.period_days_needed", field="period_days")
    _check_whole("period_days", period_days, 1, MOST_DAYS)


def _check_whole(field: str, value: int | None, least: int, most: int) -> None:
    if value is not None and (isinstance(value, bool) or not least <= value <= most):
        raise InputError("server.exchange.bad_number", field=field, least=least, most=most)


def close_plan(user: Any, plan: Plan) -> Plan:
    """Sell no more under this plan; its offers are withdrawn. Agreements stay as they are.

    Raises:
        RefusedError: no manager of the supplier; it is closed already.
    """
    people.require(user, "exchange.make_offer", plan.listing)
    with transaction.atomic():
        row = locked_plan(plan.pk)
        if row.closed_at is not None:
            raise RefusedError("server.exchange.closed_already", code=row.code)
        row.closed_at = clock.now()
        row.save(update_fields=["closed_at"])
        _withdraw_all(user, Offer.objects.filter(plan=row))
        journal.append(people.actor(user), "exchange.plan_closed", plan.listing.reference, {"plan": row.code})
    return row


def add_policy(
    user: Any,
    listing: Listing,
    code: str,
    *,
    purposes: Sequence[str],
    regions: Sequence[str],
    words: Mapping[str, str] | None = None,
    days: int | None = None,
    onward_transfer: bool = False,
    **cuts: Any,
) -> Policy:
    """What buyers may do with a listing's data, and what of it they get.

    Args:
        purposes, regions: allow-lists of `Purpose` and `Place`, not empty.
        cuts: columns, rows, most_rows, calls_a_day, rows_a_day; see `models.Policy`.

    Raises:
        RefusedError: not of the supplier. InputError: what cannot be. ConflictError: the code is taken.
    """
    people.require(user, "exchange.prepare_offer", listing)
    _refuse_delisted(listing)
    if set(cuts) - {"columns", "rows", "most_rows", "calls_a_day", "rows_a_day"}:
        raise TypeError("add_policy knows no such limit")
    policy = Policy(
        listing=listing,
        code=_checked_code(code),
        words=in_languages(words or {}, "words", LONGEST_WORDS),
        purposes=checked_purposes(purposes),
        regions=_checked_regions(regions),
        days=checked_term("days", days),
        onward_transfer=onward_transfer,
        **{name: checked_term(name, value) for name, value in cuts.items()},
    )
    with transaction.atomic():
        _save_new(policy, listing.policies)
        payload = {"policy": policy.code, "regions": policy.regions, "purposes": policy.purposes}
        journal.append(people.actor(user), "exchange.policy_added", listing.reference, payload)
    return policy


def _checked_regions(codes: Sequence[str]) -> list[str]:
    unknown = [code for code in codes if code not in Place.values]
    if unknown or not codes:
        raise InputError(
            "server.exchange.unknown_region",
            field="regions",
            region=", ".join(str(code)[:40] for code in unknown) or "-",
            allowed=", ".join(Place.values),
        )
    return [code for code in Place.values if code in codes]


def close_policy(user: Any, policy: Policy) -> Policy:
    """Sell no more under this policy; its offers are withdrawn. Agreements stay as they are.

    Raises:
        RefusedError: no manager of the supplier; it is closed already.
    """
    people.require(user, "exchange.make_offer", policy.listing)
    with transaction.atomic():
        row = Policy.objects.select_for_update().get(pk=policy.pk)
        if row.closed_at is not None:
            raise RefusedError("server.exchange.closed_already", code=row.code)
        row.closed_at = clock.now()
        row.save(update_fields=["closed_at"])
        _withdraw_all(user, Offer.objects.filter(policy=row))
        journal.append(people.actor(user), "exchange.policy_closed", policy.listing.reference, {"policy": row.code})
    return row


def open_offer(
    user: Any,
    listing: Listing,
    plan: Plan,
    policy: Policy,
    to: Merchant | None = None,
    negotiable: bool = False,
    valid_until: datetime | None = None,
    later_releases: bool | None = None,
) -> Offer:
    """A manager of the supplier offers a plan under a policy: to everybody, or to one merchant.

    Args:
        later_releases: whether a buyer also gets the releases to come; by default unless it is one-off or a trial.

    Raises:
        RefusedError: no manager of the supplier; the plan or policy is closed or sold out; to the supplier itself;
            the product is not listed. MissingError: plan or policy of another listing. InputError: it ended already.
    """
    people.require(user, "exchange.make_offer", listing)
    _check_offer(listing, plan, policy, to, valid_until)
    now = clock.now()
    with transaction.atomic():
        row, standing = _locked_for_offer(listing, plan, policy)
        offer = Offer.objects.create(
            number=journal.next_number("F", now),
            listing=listing,
            plan=row,
            policy=standing,
            to=to,
            negotiable=negotiable or row.kind == PlanKind.NEGOTIATED,
            later_releases=row.kind not in SOLD_AS_IS if later_releases is None else later_releases,
            valid_until=valid_until,
            opened_at=now,
        )
        payload: dict[str, Any] = {"listing": listing.reference, "plan": row.code, "policy": standing.code}
        payload |= {"to": to.reference} if to is not None else {}
        OFFER.begin(offer, people.actor(user), "exchange.offer_opened", payload)
    return offer


def _check_offer(
    listing: Listing, plan: Plan, policy: Policy, to: Merchant | None, valid_until: datetime | None
) -> None:
    if plan.listing_id != listing.pk or policy.listing_id != listing.pk:
        raise MissingError("server.exchange.no_plan")
    if to is not None and to.pk == listing.supplier_id:
        raise RefusedError("server.exchange.both_sides")
    if valid_until is not None and valid_until <= clock.now():
        raise InputError("server.exchange.offer_ends_before", field="valid_until")


def _locked_for_offer(listing: Listing, plan: Plan, policy: Policy) -> tuple[Plan, Policy]:
    """Plan and policy, locked, of a listing that is listed; both open, and some of the plan left."""
    row = locked_plan(plan.pk)
    standing = Policy.objects.select_for_update().get(pk=policy.pk)
    if Listing.objects.select_for_update().get(pk=listing.pk).state != ListingState.LISTED:
        raise RefusedError("server.exchange.not_for_sale", listing=listing.number)
    if row.closed_at or standing.closed_at:
        raise RefusedError("server.exchange.closed_already", code=row.code if row.closed_at else standing.code)
    if row.stock is not None and row.sold >= row.stock:
        raise ConflictError("server.exchange.sold_out", plan=row.code)
    return row, standing


def withdraw_offer(user: Any, offer: Offer) -> Offer:
    """A manager of the supplier takes an offer back. Orders that were placed stand.

    Raises:
        RefusedError: no manager of the supplier; it is withdrawn already.
    """
    people.require(user, "exchange.make_offer", offer.listing)
    with transaction.atomic():
        row = locked_offer(offer.pk)
        OFFER.move(row, OfferState.WITHDRAWN, people.actor(user), "exchange.offer_withdrawn")
    return row


def _withdraw_all(user: Any, offers: Any) -> None:
    for offer in offers.select_for_update().exclude(state=OfferState.WITHDRAWN).order_by("pk"):
        OFFER.move(offer, OfferState.WITHDRAWN, people.actor(user), "exchange.offer_withdrawn")


def _refuse_delisted(listing: Listing) -> None:
    if listing.state == ListingState.DELISTED:
        raise RefusedError("server.exchange.not_for_sale", listing=listing.number)


def _checked_code(code: str) -> str:
    is_slug = 0 < len(code) <= 40 and code.isascii() and code.replace("-", "").isalnum() and code == code.lower()
    if not is_slug:
        raise InputError("server.exchange.bad_code", field="code")
    return code
