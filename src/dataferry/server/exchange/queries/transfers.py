"""Transfers that fit no payment, as the operators of their city find them; none about organisations of their own."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.exchange.models import UnmatchedTransfer
from dataferry.server.exchange.queries.trade import cities_of
from dataferry.server.exchange.states import TransferState
from dataferry.server.people.predicates import organisations_of


def transfers_of(user: Any) -> QuerySet[UnmatchedTransfer]:
    """Those of the cities that this person operates: what waits to be repaid first (received before repaid)."""
    mine = organisations_of(user)
    own = Q(payment__invoice__supplier__organisation__in=mine)
    own |= Q(payment__invoice__agreement__buyer__organisation__in=mine)
    rows = UnmatchedTransfer.objects.filter(city__in=cities_of(user)).exclude(own, payment__isnull=False)
    return rows.select_related("payment").order_by("state", "-recorded_at", "-pk")


def transfers_waiting(user: Any) -> QuerySet[UnmatchedTransfer]:
    """Those that are not repaid yet, the oldest first."""
    return transfers_of(user).filter(state=TransferState.RECEIVED).order_by("recorded_at", "pk")


def transfer_of(user: Any, number: str) -> UnmatchedTransfer:
    """One transfer, for the operator of its city.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    found = transfers_of(user).filter(number=number[:40]).first() if people.can(user, "exchange.operate") else None
    if found is None:
        raise MissingError("server.exchange.no_transfer", number=number[:40])
    return found
