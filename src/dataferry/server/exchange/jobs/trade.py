"""What time brings to trade: agreements end, orders lapse, statements are made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from dataferry.server import jobs


@jobs.scheduled("exchange.end_agreements", every=timedelta(minutes=10), title="server.exchange.job_agreements")
def end_agreements(running: jobs.Running) -> Mapping[str, int]:
    """End what has run out, give back what was ordered and not signed or paid in time, stop what owes for its use."""
    from dataferry.server.exchange.actions.agreements import end_due, lapse_due
    from dataferry.server.exchange.actions.overdue import suspend_unpaid

    return {"ended": end_due(), "lapsed": lapse_due(), "unpaid": suspend_unpaid()}


@jobs.scheduled("exchange.make_statements", every=timedelta(hours=6), title="server.exchange.job_statements")
def make_statements(running: jobs.Running) -> Mapping[str, int]:
    """Statements of the month that is over."""
    from dataferry.server.exchange.actions.statements import make_monthly

    return {"statements": make_monthly()}
