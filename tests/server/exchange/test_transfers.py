"""Promise: money that comes in too late is recorded once, repaid once, and never becomes a payment or an agreement."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from dataferry.server import journal
from dataferry.server.exchange.actions import agreements, money
from dataferry.server.exchange.actions.transfers import record_transfer, repay_transfer
from dataferry.server.exchange.models import Agreement, PaymentReceipt, RevenueShare, UnmatchedTransfer
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from server.exchange.refusing import code_of
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def late() -> dict[str, Any]:
    """An agreement that lapsed unpaid after its buyer had begun to pay, and the operator's people."""
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    listing = make_listed(supplier)
    offer = make_offer(listing, supplier.manager, "one_off", amount=1000)
    agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
    payment = money.start_payment(buyer.manager, agreement.invoices.get(), "bank-transfer")
    with clock.standing_at(clock.now() + timedelta(days=15)):
        assert agreements.lapse_due() == 1
    payment.refresh_from_db()
    today = clock.now().astimezone(BOTH_CITIES).date()
    given = {"city": "shanghai", "currency": "HKD", "amount": 1000, "reference": " BANK  7 ", "payer": "Company Ltd"}
    return {
        "supplier": supplier,
        "buyer": buyer,
        "offer": offer,
        "agreement": agreement,
        "payment": payment,
        "operator": make_person("", "exchange-operator", city="shanghai"),
        "far": make_person("", "exchange-operator", city="hong-kong"),
        "given": {**given, "received_on": today},
    }


def test_late_money_is_recorded_once_and_repaid_once(late: dict[str, Any]) -> None:
    operator, given, payment = late["operator"], late["given"], late["payment"]
    assert code_of(money.confirm_payment, operator, payment, "BANK 7", 1000) == "server.exchange.payment_given_up"
    made = record_transfer(operator, **given, payment=payment)
    assert (made.bank_reference, made.city, made.state) == ("BANK 7", "shanghai", "received")
    assert code_of(record_transfer, operator, **given) == "server.exchange.transfer_known"
    assert code_of(record_transfer, operator, **{**given, "amount": 5}) == "server.exchange.transfer_known"
    back = repay_transfer(operator, made, "BACK 1", "as the buyer asked")
    assert (back.state, back.repaid_reference) == ("repaid", "BACK 1")
    assert repay_transfer(operator, made, " BACK  1 ").repaid_at == back.repaid_at, "the same message again"
    assert code_of(repay_transfer, operator, made, "BACK 2") == "server.exchange.repaid_already"
    other = record_transfer(operator, **{**given, "reference": "BANK 8"})
    assert code_of(repay_transfer, operator, other, "BACK 1") == "server.exchange.reference_used"
    for act in (lambda: UnmatchedTransfer.objects.update(amount=1), lambda: UnmatchedTransfer.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert Agreement.objects.get().state == "terminated"
    assert not RevenueShare.objects.exists()
    assert not PaymentReceipt.objects.exists()
    told = [event.act for event in journal.selected() if event.object == made.reference]
    assert told == ["exchange.transfer_recorded", "exchange.transfer_repaid"]
    assert "Company" not in str([event.payload for event in journal.selected()]), "no payer in the journal"
    assert journal.replay(journal.selected()).holds


def test_one_transfer_is_not_both_a_payment_and_unmatched(late: dict[str, Any]) -> None:
    operator, given, buyer, supplier = late["operator"], late["given"], late["buyer"], late["supplier"]
    record_transfer(operator, **given)
    agreement = sign_both(make_agreement(late["offer"], buyer), supplier, buyer)
    started = money.start_payment(buyer.manager, agreement.invoices.get(), "bank-transfer")
    assert code_of(money.confirm_payment, operator, started, "BANK 7") == "server.exchange.reference_used"
    agreement.refresh_from_db()
    assert agreement.state == "signed", "refused whole"
    waits = {**given, "reference": "BANK 9", "payment": started}
    assert code_of(record_transfer, operator, **waits) == "server.exchange.payment_waits"
    assert code_of(record_transfer, operator, **{**waits, "amount": 999}) == "done", "another amount fits nothing"
    paid = pay(agreement, buyer, operator, "BANK 10")
    assert code_of(record_transfer, operator, **{**given, "reference": "BANK 10"}) == "server.exchange.reference_used"
    twice = {**given, "reference": "BANK 11", "payment": paid}
    assert code_of(record_transfer, operator, **twice) == "done", "paid a second time"
    assert UnmatchedTransfer.objects.count() == 3


def test_who_may_and_what_cannot_be(late: dict[str, Any]) -> None:
    given, payment, operator = late["given"], late["payment"], late["operator"]
    made = record_transfer(operator, **{**given, "reference": "FIRST"}, payment=payment)
    for person in (late["far"], late["buyer"].manager, late["supplier"].manager, make_person("")):
        assert code_of(record_transfer, person, **given) == "server.people.not_allowed"
        assert code_of(record_transfer, person, **{**given, "city": "hong-kong"}, payment=payment) != "done"
        assert code_of(repay_transfer, person, made, "BACK") == "server.people.not_allowed"
    own = make_person("", "exchange-operator", city="shanghai")
    late["buyer"].organisation.memberships.create(user=own)
    assert code_of(record_transfer, own, **given, payment=payment) == "server.exchange.own_organisation"
    assert code_of(repay_transfer, own, made, "BACK") == "server.exchange.own_organisation"
    odd = {
        "server.exchange.bad_amount": {"amount": 0},
        "server.exchange.bad_reference": {"reference": "\x00"},
        "server.exchange.text_missing": {"payer": " "},
        "server.exchange.received_to_come": {"received_on": given["received_on"] + timedelta(days=2)},
        "server.exchange.bad_currencies": {"currency": "XXX"},
        "server.exchange.unknown_choice": {"city": "atlantis"},
    }
    for code, wrong in odd.items():
        assert code_of(record_transfer, operator, **{**given, **wrong}) == code
    assert code_of(repay_transfer, operator, made, "") == "server.exchange.bad_reference"


def test_the_operator_does_it_on_the_money_desk(late: dict[str, Any]) -> None:
    client, far = Client(), Client()
    client.force_login(late["operator"])
    far.force_login(late["far"])
    desk, payment = "/en/exchange/desk", late["payment"]
    assert f"transfers/?payment={payment.number}" in client.get(f"{desk}/payments/{payment.number}/").content.decode()
    given = {**late["given"], "payment": payment.number, "amount": "10.00"}
    assert payment.number in client.get(f"{desk}/transfers/?payment={payment.number}").content.decode()
    assert client.post(f"{desk}/transfers/", {**given, "payment": "P-2026-9999"}).status_code == 422
    assert client.post(f"{desk}/transfers/", {**given, "payer": "<b>Company"}).status_code == 302
    page = f"{desk}/transfers/{UnmatchedTransfer.objects.get().number}/"
    for place in (f"{desk}/money/", f"{desk}/transfers/", page, f"{desk}/payments/{payment.number}/"):
        told = client.get(place).content.decode()
        assert "BANK 7" in told, place
        assert "<b>Company" not in told, place
        assert re.search(r'aria-current="\w+">Money desk<', told), place
    assert "BANK 7" not in far.get(f"{desk}/transfers/").content.decode()
    assert far.get(page).status_code == 404
    assert client.post(page, {"reference": ""}).status_code == 422
    assert client.post(page, {"reference": "BACK 1"}).status_code == 302
    assert "BACK 1" in client.get(page).content.decode()
    assert "BANK 7" not in client.get(f"{desk}/money/").content.decode(), "nothing waits any more"
