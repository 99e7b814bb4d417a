"""What waits for a person of a merchant in its trade: signatures, answers to an offer, invoices, complaints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server.display.words import day, money
from dataferry.server.exchange.models import Agreement, AgreementSignature, Dispute, Invoice, Negotiation
from dataferry.server.exchange.queries import trade as queries
from dataferry.server.exchange.states import AgreementState, DisputeState, InvoiceState, NegotiationState
from dataferry.server.journal import clock

register = template.Library()
MOST = 10
"""Of each kind: whoever has more finds the others in the lists below."""


@dataclass(frozen=True)
class Waiting:
    """One thing to do, where to do it, and which thing it is about."""

    what: str
    number: str
    address: str


@register.simple_tag
def waiting_for(user: Any) -> list[Waiting]:
    """What is to be done next, for all merchants of this person: to be paid first, then signed, answered."""
    mine = [each.pk for each in queries.own_merchants(user)]
    if not mine:
        return []
    return [*_invoices(mine), *_signatures(mine), *_offers(mine), *_complaints(mine)]


def _invoices(mine: list[int]) -> Iterator[Waiting]:
    rows = Invoice.objects.filter(state=InvoiceState.ISSUED, agreement__buyer__in=mine).order_by("due_at", "pk")
    for each in rows[:MOST]:
        values = {"amount": money(each.total, each.currency), "day": day(each.due_at)}
        late = each.due_at < clock.now()
        what = (_("Pay %(amount)s: it was due %(day)s") if late else _("Pay %(amount)s, due %(day)s")) % values
        yield Waiting(what, each.number, reverse("exchange-invoice", args=[each.number]))


def _signatures(mine: list[int]) -> Iterator[Waiting]:
    rows = Agreement.objects.filter(state=AgreementState.DRAWN_UP).order_by("drawn_up_at", "pk")
    for side in ("buyer", "supplier"):
        signed = AgreementSignature.objects.filter(side=side).values("agreement")
        for each in rows.filter(**{f"{side}__in": mine}).exclude(pk__in=signed)[:MOST]:
            what = _("Sign the agreement, or cancel it")
            yield Waiting(what, each.number, reverse("exchange-agreement", args=[each.number]))


def _offers(mine: list[int]) -> Iterator[Waiting]:
    turn = Q(state=NegotiationState.REQUESTED, offer__listing__supplier__in=mine)
    turn |= Q(state=NegotiationState.OFFERED, buyer__in=mine)
    for each in Negotiation.objects.filter(turn).order_by("begun_at", "pk")[:MOST]:
        what = _("Answer the terms that the other side proposes")
        yield Waiting(what, each.number, reverse("exchange-negotiation", args=[each.number]))


def _complaints(mine: list[int]) -> Iterator[Waiting]:
    against = Q(side="buyer", agreement__supplier__in=mine) | Q(side="supplier", agreement__buyer__in=mine)
    for each in Dispute.objects.filter(against, state=DisputeState.OPENED).order_by("opened_at", "pk")[:MOST]:
        yield Waiting(_("Answer the complaint"), each.number, reverse("exchange-dispute", args=[each.number]))
