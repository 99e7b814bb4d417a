"""Promise: every month of usage is handed to billing once, to the call and to the row, and the rest when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from dataferry.server import journal
from dataferry.server.delivery import gate, metering
from dataferry.server.delivery.actions import entitlements as acts
from dataferry.server.delivery.actions.billing import bill_finished_months
from dataferry.server.delivery.models import BilledUsage
from dataferry.server.exchange.pricing import MOST_MONEY
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from server.delivery.house import deliver, sold
from server.market import make_merchant, make_release_row

pytestmark = pytest.mark.django_db
BEGUN = datetime(2026, 3, 30, 12, tzinfo=BOTH_CITIES)
LAST_INSTANT_OF_MARCH = datetime(2026, 3, 31, 23, 59, 59, tzinfo=BOTH_CITIES)


def use(sale: Any, at: datetime, rows: int) -> None:
    with clock.standing_at(at):
        admission = gate.admit(sale.again(), gate.Door.ROWS)
        metering.record(admission, metering.request_key(admission, {"at": str(at)}), "rows", rows=rows)


@pytest.mark.parametrize(("plan", "units"), [("per_row", [30, 7]), ("per_call", [2, 1])])
def test_months_are_billed_once(home: Any, plan: str, units: list[int]) -> None:
    with clock.standing_at(BEGUN):
        sale = deliver(make_release_row(), plan, amount=100, per=1)
    use(sale, BEGUN + timedelta(hours=1), 10)
    use(sale, LAST_INSTANT_OF_MARCH, 20)
    use(sale, LAST_INSTANT_OF_MARCH + timedelta(seconds=1), 7)
    with clock.standing_at(LAST_INSTANT_OF_MARCH):
        assert bill_finished_months() == 0
    with clock.standing_at(datetime(2026, 4, 10, tzinfo=BOTH_CITIES)):
        assert (bill_finished_months(), bill_finished_months()) == (1, 0)
        acts.revoke(sale.supplier.manager, sale.entitlement, "It was agreed so.")
        assert (bill_finished_months(), bill_finished_months()) == (1, 0)
    rows = BilledUsage.objects.order_by("period_from")
    assert [row.units for row in rows] == units
    assert rows[0].period_from == sale.entitlement.granted_at
    assert rows[0].period_until == rows[1].period_from
    amounts = sale.agreement.invoices.order_by("period_from").values_list("total", flat=True)
    assert list(amounts) == [100 * count for count in units]
    assert journal.replay(journal.selected()).holds


def test_what_costs_nothing_by_use_is_not_billed(home: Any) -> None:
    with clock.standing_at(BEGUN):
        sale = deliver(make_release_row())
    use(sale, BEGUN + timedelta(hours=1), 10)
    with clock.standing_at(BEGUN + timedelta(days=90)):
        assert bill_finished_months() == 0


def test_usage_beyond_all_money_does_not_keep_others_from_their_bill(home: Any) -> None:
    with clock.standing_at(BEGUN):
        dear = deliver(make_release_row(), "per_row", amount=MOST_MONEY)
        cheap = sold(dear.supplier, dear.listing, make_merchant("hong-kong", "buyer"), "per_row", amount=25, per=10)
    use(dear, BEGUN + timedelta(hours=1), 2_000_000)
    use(cheap, BEGUN + timedelta(hours=1), 42)
    with clock.standing_at(datetime(2026, 4, 10, tzinfo=BOTH_CITIES)):
        assert (bill_finished_months(), bill_finished_months()) == (1, 0)
    invoice = cheap.agreement.invoices.get()
    assert (invoice.total, invoice.lines[0]["quantity"]) == (105, 42)
    assert not dear.agreement.invoices.exists()
    assert not BilledUsage.objects.filter(entitlement=dear.entitlement).exists()
