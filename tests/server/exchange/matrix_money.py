"""The papers of money that the permission matrix is tried on: statements, and a transfer that fits no payment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from server.trip import Trip


def statement_of(trip: Trip) -> Any:
    from dataferry.server.exchange.actions.statements import make_statement
    from dataferry.server.journal import clock
    from dataferry.server.journal.numbers import BOTH_CITIES

    day = clock.now().astimezone(BOTH_CITIES).date()
    with clock.standing_at(clock.now() + timedelta(days=2)):
        return make_statement(trip.supplier, "HKD", day, day)


def owner_statement_of(trip: Trip) -> Any:
    from dataferry.server.exchange.actions.owner_statements import make_owner_statement
    from dataferry.server.exchange.models import RevenueShare
    from dataferry.server.journal import clock
    from dataferry.server.journal.numbers import BOTH_CITIES

    share = RevenueShare.objects.filter(kind="upstream").order_by("pk")[0]
    day = clock.now().astimezone(BOTH_CITIES).date()
    with clock.standing_at(clock.now() + timedelta(days=2)):
        return make_owner_statement(trip.operator, "shanghai", share.beneficiary, share.currency, day, day)


def transfer_of(trip: Trip) -> Any:
    from dataferry.server.exchange.actions.transfers import record_transfer
    from dataferry.server.journal import clock
    from dataferry.server.journal.numbers import BOTH_CITIES

    day = clock.now().astimezone(BOTH_CITIES).date()
    given = {"city": "shanghai", "currency": "HKD", "amount": 500, "reference": "LATE-1", "payer": "Company"}
    return record_transfer(trip.operator, **given, received_on=day)
