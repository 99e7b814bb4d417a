"""Bargaining: buyer and supplier change the terms on the table until both say yes to the same digest of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions.orders import check_use, draw_up, require_open
from dataferry.server.exchange.actions.trade_guards import (
    BUYER,
    SUPPLIER,
    locked_offer,
    locked_plan,
    refuse_both_sides,
    require_active_buyer,
    require_buyer,
)
from dataferry.server.exchange.models import Agreement, Negotiation, NegotiationMove, Offer, Plan
from dataferry.server.exchange.states import NEGOTIATION, NegotiationState
from dataferry.server.exchange.texts import MOST_REASON, clean
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant
from dataferry.server.people.predicates import organisations_of
from dataferry.server.web.problems import ConflictError

S = NegotiationState
OPEN = (S.REQUESTED, S.OFFERED)
MOST_MOVES = 100
ON_TABLE_OF = {S.REQUESTED: BUYER, S.OFFERED: SUPPLIER}
"""Whose word lies on the table: the other side may say yes to it."""


def request(
    user: Any,
    offer: Offer,
    buyer: Merchant,
    purpose: str,
    scenario: str,
    changes: Mapping[str, Any] | None = None,
    periods: int = 1,
    remark: str = "",
) -> Negotiation:
    """A buyer asks for an offer under other terms: `changes` go by the names of `terms.BARGAINED`.

    Raises:
        RefusedError: not of the buyer; the offer is not open to negotiation, or not to this buyer. InputError: a
            purpose, scenario or term that cannot be. ConflictError: a negotiation about this offer is open.
    """
    require_buyer(user, buyer)
    said = clean(remark, "remark", MOST_REASON)
    with transaction.atomic():
        row = locked_offer(offer.pk)
        require_open(row, buyer)
        refuse_both_sides(user, buyer, row.listing.supplier)
        _require_negotiable(row, buyer)
        check_use(row, buyer, purpose, scenario)
        terms = terms_of.changed(terms_of.drawn(row, buyer.number, purpose, scenario, periods), changes or {})
        now, digest = clock.now(), terms_of.digest_of(terms)
        made = Negotiation.objects.create(
            number=journal.next_number("N", now),
            offer=row,
            buyer=buyer,
            release=row.listing.release,
            terms=terms,
            digest=digest,
            begun_at=now,
        )
        _note(user, made, BUYER, "request", said)
        payload = {"offer": row.reference, "buyer": buyer.reference, "digest": digest}
        NEGOTIATION.begin(made, people.actor(user), "exchange.negotiation_requested", payload)
    return made


def _require_negotiable(offer: Offer, buyer: Merchant) -> None:
    if not offer.negotiable:
        raise RefusedError("server.exchange.not_negotiable", offer=offer.number)
    standing = Negotiation.objects.filter(offer=offer, buyer=buyer, state__in=OPEN).first()
    if standing is not None:
        raise ConflictError("server.exchange.negotiation_open", negotiation=standing.number)


def counter(
    user: Any, negotiation: Negotiation, revision: int, terms: Mapping[str, Any], remark: str = ""
) -> Negotiation:
    """Either side lays other terms on the table.

    Args:
        revision: of the negotiation that the person has seen.
        terms: what is to change, by the names of `terms.BARGAINED`, or the whole document with these changes.

    Raises:
        RefusedError: of neither side or of both; it is over; too many moves. ConflictError: it changed meanwhile.
        InputError: terms that cannot be, or the same ones.
    """
    said = clean(remark, "remark", MOST_REASON)
    with transaction.atomic():
        row, side = _locked(user, negotiation, revision)
        require_open(row.offer, row.buyer)
        if row.revision >= MOST_MOVES:
            raise RefusedError("server.exchange.too_many_moves", most=MOST_MOVES)
        after = terms_of.changed(row.terms, terms)
        row.terms, row.digest = after, terms_of.digest_of(after)
        row.revision += 1
        _note(user, row, side, "counter", said)
        payload = {"side": side, "digest": row.digest, "revision": row.revision}
        actor, fields = people.actor(user), ("terms", "digest", "revision")
        if side == BUYER:
            NEGOTIATION.move(row, S.REQUESTED, actor, "exchange.negotiation_requested", payload, *fields)
        else:
            NEGOTIATION.move(row, S.OFFERED, actor, "exchange.negotiation_offered", payload, *fields)
    return row


def accept(user: Any, negotiation: Negotiation, revision: int) -> Agreement:
    """The side whose word is not on the table says yes to it. The agreement is drawn up and waits for signatures.

    Raises:
        RefusedError: of neither side or of both; it is one's own word; it is over; the price is open; sold out; the
            product is not for sale any more, or is another release. ConflictError: it changed meanwhile.
    """
    with transaction.atomic():
        plan = locked_plan(negotiation.offer.plan_id)
        row, side = _locked(user, negotiation, revision)
        NEGOTIATION.check(row.state, S.AGREED)
        if ON_TABLE_OF[S(row.state)] == side:
            raise RefusedError("server.exchange.own_word", negotiation=row.number)
        _require_ripe(row, plan)
        row.revision += 1
        _note(user, row, side, "accept", "")
        agreement = draw_up(user, row.offer, plan, row.buyer, row.terms, row)
        payload = {"side": side, "digest": row.digest, "agreement": agreement.reference}
        NEGOTIATION.move(row, S.AGREED, people.actor(user), "exchange.negotiation_agreed", payload, "revision")
    return agreement


def _require_ripe(row: Negotiation, plan: Plan) -> None:
    require_open(row.offer, row.buyer)
    require_active_buyer(row.buyer)
    if row.terms["price"]["amount"] is None:
        raise RefusedError("server.exchange.price_open", negotiation=row.number)
    if terms_of.digest_of(row.terms) != row.digest:
        raise ConflictError("server.exchange.negotiation_moved", negotiation=row.number, revision=row.revision)
    if row.offer.listing.release_id != row.release_id:
        raise RefusedError("server.exchange.other_release", negotiation=row.number, plan=plan.code)


def terminate(user: Any, negotiation: Negotiation, remark: str = "") -> Negotiation:
    """Either side ends it without agreement.

    Raises:
        RefusedError: of neither side or of both; it is over.
    """
    said = clean(remark, "remark", MOST_REASON)
    with transaction.atomic():
        row, side = _locked(user, negotiation, None)
        row.revision += 1
        NEGOTIATION.check(row.state, S.TERMINATED)
        _note(user, row, side, "terminate", said)
        payload = {"side": side}
        NEGOTIATION.move(row, S.TERMINATED, people.actor(user), "exchange.negotiation_terminated", payload, "revision")
    return row


def _locked(user: Any, negotiation: Negotiation, revision: int | None) -> tuple[Negotiation, str]:
    """The offer's row, then the negotiation's, and the person's side of it.

    Raises:
        RefusedError: of neither side or of both. ConflictError: it is not the revision that the person has seen.
    """
    offer = locked_offer(negotiation.offer_id)
    row = Negotiation.objects.select_for_update(of=("self",)).select_related("buyer", "release").get(pk=negotiation.pk)
    row.offer = offer
    people.require(user, "exchange.bargain", row)
    refuse_both_sides(user, row.buyer, offer.listing.supplier)
    if revision is not None and revision != row.revision:
        raise ConflictError("server.exchange.negotiation_moved", negotiation=row.number, revision=row.revision)
    return row, BUYER if row.buyer.organisation_id in organisations_of(user) else SUPPLIER


def _note(user: Any, row: Negotiation, side: str, act: str, remark: str) -> None:
    NegotiationMove.objects.create(
        negotiation=row,
        number=row.revision,
        side=side,
        act=act,
        terms=row.terms,
        digest=row.digest,
        remark=remark,
        by=user,
        at=clock.now(),
    )
