"""Promise: money is exact: confirmed once, refunded never beyond what was paid, converted only at a recorded rate."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from dataferry.server import journal
from dataferry.server.exchange.actions import agreements, money, overdue, statements
from dataferry.server.exchange.models import Invoice, Plan, RevenueShare, Statement
from dataferry.server.exchange.statement_file import owners_csv, statement_csv
from dataferry.server.journal import clock
from server.exchange.refusing import code_of
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def trade() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    shares = ({"owner": "=HYPERLINK(1)", "weight": 1}, {"owner": supplier.merchant.number, "weight": 2})
    listing = make_listed(supplier, shares=shares)
    return {"supplier": supplier, "buyer": buyer, "listing": listing, "operator": make_person("", "exchange-operator")}


def sold(trade: dict[str, Any], amount: int = 1000, **plan: Any) -> Any:
    supplier, buyer = trade["supplier"], trade["buyer"]
    offer = make_offer(trade["listing"], supplier.manager, "one_off", amount=amount, **plan)
    return sign_both(make_agreement(offer, buyer), supplier, buyer)


def test_one_message_twice_is_one_payment(trade: dict[str, Any], settings: Any) -> None:
    settings.EXCHANGE_FEE = 250
    operator, buyer = trade["operator"], trade["buyer"]
    first, second = sold(trade), sold(trade)
    payment = pay(first, buyer, operator, "BANK 7")
    assert code_of(money.confirm_payment, operator, payment, " BANK  7 ") == "done"
    assert code_of(money.confirm_payment, operator, payment, "BANK 8") == "server.exchange.paid_already"
    other = money.start_payment(buyer.manager, second.invoices.get(), "bank-transfer")
    assert money.start_payment(buyer.manager, second.invoices.get(), "bank-transfer") == other
    assert code_of(money.confirm_payment, operator, other, "BANK 7") == "server.exchange.reference_used"
    assert code_of(money.confirm_payment, operator, other, "BANK 9", 999) == "server.exchange.other_amount"
    assert code_of(money.confirm_payment, operator, other, "\n") == "server.exchange.bad_reference"
    parts = dict(RevenueShare.objects.filter(payment=payment).values_list("kind", "amount"))
    assert parts == {"exchange": 25, "upstream": 325, "supplier": 650}
    assert journal.replay(journal.selected()).holds


def test_refunds_end_at_what_was_paid_and_take_every_share_back(trade: dict[str, Any]) -> None:
    operator = trade["operator"]
    payment = pay(sold(trade, 1001), trade["buyer"], operator)
    for amount in (1, 333, 334):
        money.refund(operator, payment, amount, "in parts")
    assert code_of(money.refund, operator, payment, 334, "too much") == "server.exchange.more_than_paid"
    assert code_of(money.refund, operator, payment, 0, "none") == "server.exchange.bad_amount"
    assert code_of(money.refund, operator, payment, -5, "less") == "server.exchange.bad_amount"
    assert code_of(money.refund, operator, payment, 1, " ") == "server.exchange.text_missing"
    money.refund(operator, payment, 333, "the rest")
    payment.refresh_from_db()
    assert payment.state == "refunded"
    by_owner: dict[str, int] = {}
    for share in RevenueShare.objects.filter(payment=payment):
        by_owner[share.beneficiary] = by_owner.get(share.beneficiary, 0) + share.amount
    assert set(by_owner.values()) == {0}
    assert code_of(money.refund, operator, payment, 1, "again") == "server.journal.no_such_move"
    assert Invoice.objects.get(pk=payment.invoice_id).state == "credited"


def test_the_test_provider_is_closed_unless_the_house_allows_it(trade: dict[str, Any], settings: Any) -> None:
    buyer, agreement = trade["buyer"], sold(trade)
    invoice = agreement.invoices.get()
    assert code_of(money.start_payment, buyer.manager, invoice, "test") == "server.exchange.no_such_provider"
    settings.EXCHANGE_TEST_PAYMENTS = True
    payment = money.start_payment(buyer.manager, invoice, "test")
    assert code_of(money.confirm_payment, trade["operator"], payment, "B") == "server.exchange.not_by_operator"
    assert code_of(money.settle_test, trade["supplier"].manager, payment) == "server.people.not_allowed"
    settings.EXCHANGE_TEST_PAYMENTS = False
    assert code_of(money.settle_test, buyer.manager, payment) == "server.exchange.no_such_provider"
    settings.EXCHANGE_TEST_PAYMENTS = True
    money.settle_test(buyer.manager, payment)
    agreement.refresh_from_db()
    assert agreement.state == "in_force"


def test_another_way_to_pay_gives_the_first_up(trade: dict[str, Any], settings: Any) -> None:
    settings.EXCHANGE_TEST_PAYMENTS = True
    buyer, invoice = trade["buyer"], sold(trade).invoices.get()
    transfer = money.start_payment(buyer.manager, invoice, "bank-transfer")
    money.settle_test(buyer.manager, money.start_payment(buyer.manager, invoice, "test"))
    transfer.refresh_from_db()
    assert transfer.state == "failed"
    assert code_of(money.confirm_payment, trade["operator"], transfer, "late") == "server.exchange.payment_given_up"
    assert code_of(money.start_payment, buyer.manager, invoice, "test") == "server.exchange.nothing_to_pay"


def test_use_is_billed_once_a_period(trade: dict[str, Any]) -> None:
    supplier, buyer = trade["supplier"], trade["buyer"]
    tiers = [{"up_to": 10, "amount": 100}, {"up_to": None, "amount": 1}]
    offer = make_offer(trade["listing"], supplier.manager, "tiers", tiers=tiers)
    agreement = make_agreement(offer, buyer)
    day = timedelta(days=1)
    assert code_of(money.bill_usage, agreement, NOON, NOON + day, 5) == "server.exchange.not_by_use"
    sign_both(agreement, supplier, buyer)
    invoice = money.bill_usage(agreement, NOON, NOON + day, 11)
    assert invoice is not None
    assert (invoice.total, [line["quantity"] for line in invoice.lines]) == (1001, [10, 1])
    assert money.bill_usage(agreement, NOON, NOON + day, 11) == invoice
    assert code_of(money.bill_usage, agreement, NOON, NOON + 2 * day, 11) == "server.exchange.period_billed"
    assert money.bill_usage(agreement, NOON + day, NOON + 2 * day, 0) is None
    assert code_of(money.bill_usage, agreement, NOON, NOON, 1) == "server.exchange.bad_usage"
    assert money.bill_usage(agreement, NOON + day, NOON + 2 * day, 1).sequence == 2


def test_what_is_used_and_not_paid_stops_until_it_is(trade: dict[str, Any]) -> None:
    supplier, buyer, operator = trade["supplier"], trade["buyer"], trade["operator"]
    offer = make_offer(trade["listing"], supplier.manager, "per_row", amount=5)
    agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
    begun = clock.now()
    invoice = money.bill_usage(agreement, begun, begun + timedelta(days=1), 100)
    assert overdue.suspend_unpaid() == 0
    with clock.standing_at(invoice.due_at):
        assert (overdue.suspend_unpaid(), overdue.suspend_unpaid()) == (1, 0)
        agreement.refresh_from_db()
        assert (agreement.state, agreement.reason) == ("suspended", "unpaid")
        money.confirm_payment(operator, money.start_payment(buyer.manager, invoice, "bank-transfer"), "BANK 1", 500)
        agreement.refresh_from_db()
        assert (agreement.state, agreement.reason, overdue.suspend_unpaid()) == ("in_force", "", 0)
    assert journal.replay(journal.selected()).holds


def test_invoices_count_per_supplier_and_year_without_gaps(trade: dict[str, Any]) -> None:
    other = make_merchant("hong-kong", "supplier")
    with clock.standing_at(datetime(2026, 12, 31, 15, 59, tzinfo=UTC)):
        sold(trade)
        sold({**trade, "supplier": other, "listing": make_listed(other)})
    with clock.standing_at(datetime(2026, 12, 31, 16, 1, tzinfo=UTC)):
        sold(trade)
    numbers = [row.number for row in Invoice.objects.order_by("pk")]
    one, two = trade["supplier"].merchant.number, other.merchant.number
    assert numbers == [f"{one}-2026-00001", f"{two}-2026-00001", f"{one}-2027-00001"]


def test_statement_sums_and_needs_a_rate_of_the_day(trade: dict[str, Any]) -> None:
    supplier, operator = trade["supplier"], trade["operator"]
    with clock.standing_at(NOON):
        home = pay(sold(trade, 1000, currency="CNY"), trade["buyer"], operator)
        away = pay(sold(trade, 999, currency="HKD"), trade["buyer"], operator)
        money.refund(operator, home, 100, "part")
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    with clock.standing_at(datetime(2026, 12, 1, 4, tzinfo=UTC)):
        alone = statements.make_statement(supplier.merchant, "CNY", first, last)
        assert alone.total == 667 - 67
        assert code_of(statements.make_statement, supplier.merchant, "CNY", first, last, convert=True) == (
            "server.exchange.no_rate"
        )
        day = date(2026, 11, 20)
        money.record_rate(operator, "CNY", "HKD", 109, 100, day, "HKMA daily figures")
        both = statements.make_statement(supplier.merchant, "CNY", first, last, convert=True)
        assert both.total == alone.total + round(666 * 100 / 109)
        assert both.document["rates"][0]["source"] == "HKMA daily figures"
        paid = statements.make_statement(trade["buyer"].merchant, "CNY", first, last)
        assert paid.document["totals"] == {"earned": 0, "paid": 900, "balance": -900}
        assert statements.make_monthly() > 0
        assert statements.make_monthly() == 0
    assert away.currency == "HKD"
    with pytest.raises(DatabaseError), transaction.atomic():
        Statement.objects.all()._raw_delete("default")


@pytest.mark.parametrize(
    ("rate", "code"),
    [
        (("HKD", "HKD", 1, 1, date(2026, 1, 1), "x"), "server.exchange.bad_currencies"),
        (("HKD", "USD", 1, 1, date(2026, 1, 1), "x"), "server.exchange.bad_currencies"),
        (("HKD", "CNY", 0, 1, date(2026, 1, 1), "x"), "server.exchange.bad_rate"),
        (("HKD", "CNY", 1, 0, date(2026, 1, 1), "x"), "server.exchange.bad_rate"),
        (("HKD", "CNY", 1, 1, date(2099, 1, 1), "x"), "server.exchange.rate_to_come"),
        (("HKD", "CNY", 1, 1, date(2026, 1, 1), "  "), "server.exchange.source_needed"),
    ],
)
def test_no_rate_without_source_or_sense(rate: tuple[Any, ...], code: str) -> None:
    assert code_of(money.record_rate, make_person("", "exchange-operator"), *rate) == code
    assert code_of(money.record_rate, make_person("", "administrator"), *rate) == "server.people.not_allowed"


def test_tables_hold_no_formula(trade: dict[str, Any]) -> None:
    with clock.standing_at(NOON):
        pay(sold(trade, 30), trade["buyer"], trade["operator"], "=BANK()")
    rows = list(
        csv.reader(
            io.StringIO(
                owners_csv([{"beneficiary": "=HYPERLINK(1)", "kind": "upstream", "currency": "HKD", "total": -5}])
            )
        )
    )
    assert rows[1] == ["'=HYPERLINK(1)", "upstream", "HKD", "-5"]
    with clock.standing_at(NOON + timedelta(days=2)):
        day = date(2026, 11, 20)
        made = statements.make_statement(trade["supplier"].merchant, "HKD", day, day)
    table = list(csv.reader(io.StringIO(statement_csv(made).removeprefix("\ufeff"))))
    assert [row[7] for row in table[1:]] == ["20"]


def test_unpaid_and_unsigned_orders_lapse_and_give_back(trade: dict[str, Any]) -> None:
    supplier, buyer = trade["supplier"], trade["buyer"]
    offer = make_offer(trade["listing"], supplier.manager, "one_off", amount=5, stock=1)
    with clock.standing_at(NOON):
        agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
        payment = money.start_payment(buyer.manager, agreement.invoices.get(), "bank-transfer")
    with clock.standing_at(NOON + timedelta(days=13)):
        assert agreements.lapse_due() == 0
    with clock.standing_at(NOON + timedelta(days=15)):
        assert agreements.lapse_due() == 1
    for row in (agreement, payment, offer):
        row.refresh_from_db()
    assert (agreement.state, payment.state, offer.state) == ("terminated", "failed", "open")
    assert Plan.objects.get(pk=offer.plan_id).sold == 0
    with clock.standing_at(NOON):
        waiting = make_agreement(offer, buyer)
    with clock.standing_at(NOON + timedelta(days=7)):
        assert (
            code_of(agreements.sign, buyer.manager, waiting, "buyer", waiting.digest) == "server.exchange.order_lapsed"
        )
        assert agreements.lapse_due() == 1
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"
    assert Plan.objects.get(pk=offer.plan_id).sold == 0
    assert journal.replay(journal.selected()).holds
