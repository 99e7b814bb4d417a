"""Limited plans: each order takes one, before anything else can; what is not signed or not paid goes back."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import F, Q

from dataferry.server.exchange.models import Offer, Plan
from dataferry.server.exchange.states import OFFER, OfferState
from dataferry.server.web.problems import ConflictError


def take_one(plan: Plan) -> Callable[[str], None]:
    """Take one of a plan whose row the caller has locked.

    Returns:
        what closes its offers when this was the last one; to be called with the actor when all rows are locked.

    Raises:
        ConflictError: `server.exchange.sold_out`.
    """
    # The condition stands in the statement itself: whoever comes second changes no row.
    room = Q(stock__isnull=True) | Q(sold__lt=F("stock"))
    if not Plan.objects.filter(room, pk=plan.pk).update(sold=F("sold") + 1):
        raise ConflictError("server.exchange.sold_out", plan=plan.code)
    plan.refresh_from_db(fields=["sold", "stock"])
    offers = _offers(plan, OfferState.OPEN) if plan.stock is not None and plan.sold >= plan.stock else []

    def close(actor: str) -> None:
        for offer in offers:
            OFFER.move(offer, OfferState.SOLD_OUT, actor, "exchange.offer_sold_out")

    return close


def give_back(plan: Plan) -> Callable[[str], None]:
    """Give one back to a plan whose row the caller has locked.

    Returns:
        what opens its offers again, to be called with the actor when all rows are locked.
    """
    Plan.objects.filter(pk=plan.pk, sold__gt=0).update(sold=F("sold") - 1)
    plan.refresh_from_db(fields=["sold", "stock"])
    offers = _offers(plan, OfferState.SOLD_OUT)

    def reopen(actor: str) -> None:
        for offer in offers:
            OFFER.move(offer, OfferState.OPEN, actor, "exchange.offer_reopened")

    return reopen


def _offers(plan: Plan, state: str) -> list[Offer]:
    return list(Offer.objects.select_for_update().filter(plan=plan, state=state).order_by("pk"))
