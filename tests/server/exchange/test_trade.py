"""Promise: an order signed by both comes in force, at once or when its invoice is paid, and the journal retells it."""

from __future__ import annotations

import pytest

from dataferry.server import journal
from dataferry.server.exchange.models import Agreement
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db


def test_free_order_is_in_force_when_both_have_signed() -> None:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    offer = make_offer(make_listed(supplier), supplier.manager)
    agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
    assert Agreement.objects.get(pk=agreement.pk).state == "in_force"
    assert not agreement.invoices.exists()
    assert journal.replay(journal.selected()).holds


def test_paid_order_waits_for_its_money() -> None:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    offer = make_offer(make_listed(supplier), supplier.manager, "one_off", amount=12_345, currency="CNY")
    agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
    assert agreement.state == "signed"
    payment = pay(agreement, buyer, make_person("", "exchange-operator"))
    agreement.refresh_from_db()
    assert (payment.state, agreement.state) == ("confirmed", "in_force")
    assert sum(share.amount for share in payment.shares.all()) == 12_345
    assert journal.replay(journal.selected()).holds
