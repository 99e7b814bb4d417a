"""Agreements, invoices, payments, statements and complaints that a person may see."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.actions.statements import names_of
from dataferry.server.exchange.models import (
    Agreement,
    Dispute,
    Invoice,
    OwnerStatement,
    Payment,
    RevenueShare,
    Statement,
)
from dataferry.server.exchange.states import DisputeState, PaymentState
from dataferry.server.merchants import queries as merchants
from dataferry.server.merchants.models import Merchant
from dataferry.server.people import Role, predicates
from dataferry.server.people.predicates import organisations_of

_PARTIES = ("buyer__organisation", "supplier__organisation", "listing__supplier", "offer__plan", "offer__policy")


def agreements_of(user: Any) -> QuerySet[Agreement]:
    """Agreements of this person's merchants, as buyer or supplier, the newest first."""
    mine = organisations_of(user)
    parties = Q(buyer__organisation__in=mine) | Q(supplier__organisation__in=mine)
    return Agreement.objects.filter(parties).select_related(*_PARTIES).order_by("-drawn_up_at", "-pk")


def agreement_of(user: Any, number: str) -> Agreement:
    """One agreement, for its parties and the operator of its city.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    rows = Agreement.objects.select_related(*_PARTIES, "release__product", "negotiation")
    found = rows.prefetch_related("signatures").filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_agreement", found):
        raise MissingError("server.exchange.no_agreement", number=number[:40])
    return found


def invoices_of(user: Any) -> QuerySet[Invoice]:
    """Invoices to and from this person's merchants, the newest first."""
    mine = organisations_of(user)
    parties = Q(agreement__buyer__organisation__in=mine) | Q(supplier__organisation__in=mine)
    rows = Invoice.objects.filter(parties).select_related("agreement__buyer__organisation", "supplier__organisation")
    return rows.order_by("-issued_at", "-pk")


def invoice_of(user: Any, number: str) -> Invoice:
    """One invoice, for the parties and the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    payments = Prefetch("payments", Payment.objects.order_by("pk").prefetch_related("refunds", "shares"))
    rows = Invoice.objects.select_related("agreement__buyer__organisation", "agreement__supplier__organisation")
    found = rows.prefetch_related(payments).filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_agreement", found.agreement):
        raise MissingError("server.exchange.no_invoice", number=number[:40])
    return found


def payment_of(user: Any, number: str) -> Payment:
    """One payment, for the parties and the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    rows = Payment.objects.select_related("invoice__agreement__buyer", "invoice__agreement__supplier")
    found = rows.filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_agreement", found.invoice.agreement):
        raise MissingError("server.exchange.no_payment", number=number[:40])
    return found


def dispute_of(user: Any, number: str) -> Dispute:
    """One complaint, for the parties and the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    rows = Dispute.objects.select_related("agreement__buyer__organisation", "agreement__supplier__organisation")
    found = rows.filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_agreement", found.agreement):
        raise MissingError("server.exchange.no_dispute", number=number[:40])
    return found


def statements_of(user: Any) -> QuerySet[Statement]:
    """Statements of this person's merchants, the newest first."""
    rows = Statement.objects.filter(party__organisation__in=organisations_of(user))
    return rows.select_related("party__organisation").order_by("-period_until", "-pk")


def statement_of(user: Any, number: str) -> Statement:
    """One statement, for its party and the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    found = Statement.objects.select_related("party__organisation").filter(number=number).first()
    if found is None or not people.can(user, "exchange.see_money_of", found.party):
        raise MissingError("server.exchange.no_statement", number=number[:40])
    return found


def places_of(user: Any) -> list[str]:
    """Where the suppliers are that this operator looks after."""
    return merchants.places_of(user, Role.EXCHANGE_OPERATOR)


def payments_waiting(user: Any) -> QuerySet[Payment]:
    """Transfers that this operator may confirm, the oldest first; none about organisations of their own."""
    mine = organisations_of(user)
    rows = Payment.objects.filter(state=PaymentState.STARTED, invoice__supplier__place__in=places_of(user))
    rows = rows.exclude(invoice__supplier__organisation__in=mine)
    rows = rows.exclude(invoice__agreement__buyer__organisation__in=mine)
    return rows.select_related("invoice__agreement__buyer__organisation", "invoice__supplier__organisation").order_by(
        "started_at", "pk"
    )


def disputes_waiting(user: Any) -> QuerySet[Dispute]:
    """Complaints that this operator may decide, the oldest first."""
    mine = organisations_of(user)
    rows = Dispute.objects.filter(
        state__in=(DisputeState.OPENED, DisputeState.ANSWERED), agreement__supplier__place__in=places_of(user)
    )
    rows = rows.exclude(agreement__supplier__organisation__in=mine).exclude(agreement__buyer__organisation__in=mine)
    return rows.select_related("agreement__buyer__organisation", "agreement__supplier__organisation").order_by(
        "opened_at", "pk"
    )


def earned_by_owner(user: Any) -> list[dict[str, Any]]:
    """What each beneficiary has earned so far, by currency: for the operator, who pays it out."""
    rows = RevenueShare.objects.filter(payment__invoice__supplier__place__in=places_of(user))
    told = rows.values("beneficiary", "kind", "currency").annotate(total=Sum("amount"))
    return [dict(row) for row in told.order_by("kind", "beneficiary", "currency")]


def cities_of(user: Any) -> list[str]:
    """The cities whose exchange this person operates."""
    return predicates.cities_of(user, Role.EXCHANGE_OPERATOR)


def owners_upstream(user: Any) -> list[str]:
    """Owners upstream who are no merchants and earned something from suppliers that this operator looks after."""
    rows = RevenueShare.objects.filter(kind="upstream", payment__invoice__supplier__place__in=places_of(user))
    rows = rows.exclude(beneficiary__in=Merchant.objects.values("number"))
    return list(rows.order_by("beneficiary").values_list("beneficiary", flat=True).distinct())


def owner_statements_of(user: Any) -> QuerySet[OwnerStatement]:
    """Statements for owners upstream of the cities that this person operates, the newest first."""
    return OwnerStatement.objects.filter(city__in=cities_of(user)).order_by("-made_at", "-pk")


def owner_statement_of(user: Any, number: str) -> OwnerStatement:
    """One statement of an owner upstream, for the operator.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    found = OwnerStatement.objects.filter(number=number).first()
    if found is None or not people.can(user, "exchange.operate", found):
        raise MissingError("server.exchange.no_statement", number=number[:40])
    return found


def earned(party: Merchant) -> list[dict[str, Any]]:
    """What a merchant has earned so far, by currency."""
    rows = RevenueShare.objects.filter(beneficiary__in=names_of(party))
    return [dict(row) for row in rows.values("currency").annotate(total=Sum("amount")).order_by("currency")]


def own_merchants(user: Any) -> list[Merchant]:
    """The merchants whose organisations this person belongs to."""
    rows = Merchant.objects.filter(organisation__in=organisations_of(user))
    return list(rows.select_related("organisation").order_by("number"))
