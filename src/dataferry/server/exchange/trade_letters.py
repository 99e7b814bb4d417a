"""Letters about trade: whoever must act, or must know, is told. Written when the journal tells of the act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from dataferry.server.journal.subscribers import subscribe

if TYPE_CHECKING:
    from dataferry.server.journal.models import Event

MOST = 20
"""Managers of one organisation that are written to."""
BOTH, BUYER, SUPPLIER = ("buyer", "supplier"), ("buyer",), ("supplier",)
TOLD: Mapping[str, tuple[tuple[str, ...], str, str]] = {
    "exchange.agreement_drawn_up": (
        BOTH,
        gettext_noop("Agreement %(number)s waits for signatures"),
        gettext_noop("An order was placed. A manager of each side signs within seven days; after that it lapses."),
    ),
    "exchange.agreement_in_force": (
        BOTH,
        gettext_noop("Agreement %(number)s is in force"),
        gettext_noop("Both sides have signed, and what was due first is paid. Delivery can begin."),
    ),
    "exchange.agreement_suspended": (
        BOTH,
        gettext_noop("Agreement %(number)s is suspended"),
        gettext_noop("The exchange has stopped delivery for now. The page of the agreement says why."),
    ),
    "exchange.agreement_resumed": (
        BOTH,
        gettext_noop("Agreement %(number)s goes on"),
        gettext_noop("Delivery goes on."),
    ),
    "exchange.agreement_terminated": (
        BOTH,
        gettext_noop("Agreement %(number)s is terminated"),
        gettext_noop("It was ended before its time. The page of the agreement says why."),
    ),
    "exchange.agreement_ended": (
        BOTH,
        gettext_noop("Agreement %(number)s has ended"),
        gettext_noop("Its time is over."),
    ),
    "exchange.invoice_issued": (
        BUYER,
        gettext_noop("An invoice under agreement %(number)s"),
        gettext_noop("Look at it and pay it on its page."),
    ),
    "exchange.payment_confirmed": (
        SUPPLIER,
        gettext_noop("A payment under agreement %(number)s came in"),
        gettext_noop("The exchange has confirmed it. Its parts stand in your statement."),
    ),
    "exchange.payment_refunded": (
        BOTH,
        gettext_noop("Money under agreement %(number)s went back"),
        gettext_noop("The page of the invoice says how much and why."),
    ),
    "exchange.dispute_opened": (
        BOTH,
        gettext_noop("A complaint about agreement %(number)s"),
        gettext_noop("The other side answers it on its page; the exchange decides unless the two settle it."),
    ),
    "exchange.dispute_answered": (
        BOTH,
        gettext_noop("The complaint about agreement %(number)s was answered"),
        gettext_noop("Read the answer on its page."),
    ),
    "exchange.dispute_upheld": (
        BOTH,
        gettext_noop("The complaint about agreement %(number)s was upheld"),
        gettext_noop("The decision stands on its page."),
    ),
    "exchange.dispute_dismissed": (
        BOTH,
        gettext_noop("The complaint about agreement %(number)s was dismissed"),
        gettext_noop("The decision stands on its page."),
    ),
    "exchange.negotiation_requested": (
        SUPPLIER,
        gettext_noop("Negotiation %(number)s: the buyer's terms are on the table"),
        gettext_noop("Say yes to them, lay others on the table, or end it."),
    ),
    "exchange.negotiation_offered": (
        BUYER,
        gettext_noop("Negotiation %(number)s: the supplier's terms are on the table"),
        gettext_noop("Say yes to them, lay others on the table, or end it."),
    ),
}
"""Act -> who is told, subject, body."""


@subscribe(*TOLD, name="exchange.trade_letters")
def write(event: Event) -> None:
    """Write to the managers of whom the act concerns."""
    from dataferry.server import letters

    sides, subject, body = TOLD[event.act]
    thing, page = _thing(event.object)
    if thing is None:
        return
    words = {"number": thing.number}
    told_subject, told_body = _said(lambda say: say(subject) % words), _said(lambda say: _body(say, body, page))
    for person in _managers(thing, sides):
        key = f"trade:{event.pk}:{person.pk}"
        letters.post(person, key=key, subject=told_subject, body=told_body, about=thing.reference)


def _body(say: Callable[[str], str], body: str, page: tuple[str, str]) -> str:
    from django.conf import settings
    from django.urls import reverse

    return f"{say(body)}\n\n{settings.SITE}{reverse(page[0], args=[page[1]])}"


def _said(make: Callable[[Callable[[str], str]], str]) -> dict[str, str]:
    """What is said, in each language of the house."""
    from django.utils.translation import gettext, override

    told = {}
    for tag, code in (("en", "en"), ("zh-Hant", "zh-hant"), ("zh-Hans", "zh-hans")):
        with override(code):
            told[tag] = make(gettext)
    return told


def _thing(reference: str) -> tuple[Any, tuple[str, str]]:
    """The agreement or negotiation that a journal's object is about, and the page to look at."""
    from dataferry.server.exchange import models

    kind, _colon, number = reference.partition(":")
    found: Any
    if kind == "negotiation":
        found = models.Negotiation.objects.filter(number=number).select_related("buyer", "offer__listing__supplier")
        return found.first(), ("exchange-negotiation", number)
    rows = models.Agreement.objects.select_related("buyer", "supplier")
    if kind == "agreement":
        return rows.filter(number=number).first(), ("exchange-agreement", number)
    if kind == "invoice":
        return rows.filter(invoices__number=number).first(), ("exchange-invoice", number)
    if kind == "dispute":
        return rows.filter(disputes__number=number).first(), ("exchange-dispute", number)
    payment = models.Payment.objects.filter(number=number).select_related("invoice").first()
    bill = payment.invoice.number if payment is not None else ""
    return rows.filter(invoices__number=bill).first(), ("exchange-invoice", bill)


def _managers(thing: Any, sides: Iterable[str]) -> Iterable[Any]:
    from django.contrib.auth.models import User

    parties = {"buyer": thing.buyer, "supplier": getattr(thing, "supplier", None) or thing.offer.listing.supplier}
    for side in sides:
        rows = User.objects.filter(
            is_active=True, memberships__organisation=parties[side].organisation_id, memberships__is_manager=True
        )
        yield from rows.order_by("pk")[:MOST]
