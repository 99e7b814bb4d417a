"""Usage that was counted becomes invoices: once a month, and when delivery ends."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from dataferry.server import journal
from dataferry.server.delivery.actions.entitlements import locked
from dataferry.server.delivery.metering import counted
from dataferry.server.delivery.models import BilledUsage, Entitlement
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.exchange.actions.money import bill_usage
from dataferry.server.exchange.models import PlanKind
from dataferry.server.exchange.pricing import BY_USE
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES

OVER = (EntitlementState.REVOKED, EntitlementState.ENDED)
logger = logging.getLogger(__name__)


def bill_finished_months() -> int:
    """Hand every finished month of usage to billing, and the rest of those whose delivery is over.

    Months are those of the two cities. A period is handed over once: what was billed is kept as a row, and billing
    itself answers the same period with the same invoice.

    Returns:
        how many periods were handed over.
    """
    handed = 0
    by_use = Entitlement.objects.filter(agreement__terms__plan__kind__in=[str(kind) for kind in BY_USE])
    for number in by_use.order_by("pk").values_list("pk", flat=True):
        try:
            while _bill_next(number):
                handed += 1
        except Exception:  # one that cannot be billed must not keep all others from it
            logger.exception("usage could not be billed", extra={"entitlement": number})
    return handed


def _bill_next(entitlement_id: int) -> bool:
    """The oldest period that is finished and not billed. Whether there was one."""
    with transaction.atomic():
        row = locked(entitlement_id)
        last = row.billed_usage.order_by("-period_until").first()
        begin = last.period_until if last is not None else row.granted_at
        end = _end_of_period(row, begin)
        if end is None or end <= begin:
            return False
        used = counted(row, begin, end)
        units = used["calls"] if row.agreement.terms["plan"]["kind"] == PlanKind.PER_CALL else used["rows"]
        BilledUsage.objects.create(entitlement=row, period_from=begin, period_until=end, units=units, at=clock.now())
        bill_usage(row.agreement, begin, end, units)
        payload = {"until": end.date().isoformat(), "units": units}
        journal.append("system", "delivery.usage_billed", row.reference, payload)
    return True


def _end_of_period(row: Entitlement, begin: datetime) -> datetime | None:
    """The next first day of a month, or the end of delivery where that comes first; None while it has not come."""
    local = begin.astimezone(BOTH_CITIES)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    end = datetime(year, month, 1, tzinfo=BOTH_CITIES)
    if row.state in OVER and row.ended_at is not None:
        end = min(end, row.ended_at)
    return end if end <= clock.now() else None
