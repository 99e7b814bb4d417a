"""Promise: who gets what of a payment is what both sides signed; no later change of a listing divides it otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.messages import InputError
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions import money, negotiations
from dataferry.server.exchange.models import Listing, RevenueShare
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db
OTHERS = [{"owner": "Somebody else", "weight": 9}]


@pytest.fixture
def trade() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    shares = ({"owner": "<b>Lands</b>", "weight": 1}, {"owner": supplier.merchant.number, "weight": 2})
    listing = make_listed(supplier, shares=shares)
    return {"supplier": supplier, "buyer": buyer, "listing": listing, "operator": make_person("", "exchange-operator")}


def split_of(payment: Any) -> dict[str, int]:
    """What each kind of beneficiary holds of a payment."""
    held: dict[str, int] = {}
    for share in RevenueShare.objects.filter(payment=payment):
        held[share.kind] = held.get(share.kind, 0) + share.amount
    return held


def change_the_listing(listing: Any, settings: Any) -> None:
    Listing.objects.filter(pk=listing.pk).update(shares=OTHERS)
    settings.EXCHANGE_FEE = 5000


def test_the_listing_may_change_and_the_agreement_does_not(trade: dict[str, Any], settings: Any) -> None:
    settings.EXCHANGE_FEE = 250
    supplier, buyer, listing = trade["supplier"], trade["buyer"], trade["listing"]
    once = make_offer(listing, supplier.manager, "one_off", amount=1000)
    agreement = make_agreement(once, buyer)
    assert agreement.terms["shares"] == listing.shares
    assert agreement.terms["fee"] == 250
    for side in (supplier, buyer):
        client = Client()
        client.force_login(side.manager)
        page = client.get(f"/en/exchange/agreements/{agreement.number}/").content.decode()
        told = [page.index(text) for text in ("2.50%", "&lt;b&gt;Lands", "1 / 3", supplier.merchant.number, "2 / 3")]
        assert told == sorted(told)
    sign_both(agreement, supplier, buyer)
    change_the_listing(listing, settings)
    payment = pay(agreement, buyer, trade["operator"])
    assert split_of(payment) == {"exchange": 25, "upstream": 325, "supplier": 650}
    for amount in (1, 332, 667):
        money.refund(trade["operator"], payment, amount, "back")
        assert sum(split_of(payment).values()) == 1000 - sum(each.amount for each in payment.refunds.all())
    assert split_of(payment) == {"exchange": 0, "upstream": 0, "supplier": 0}
    # What is agreed from now on follows the listing as it is now.
    later = sign_both(make_agreement(once, buyer), supplier, buyer)
    assert split_of(pay(later, buyer, trade["operator"])) == {"exchange": 500, "upstream": 500}


def test_terms_of_before_follow_the_listing(
    trade: dict[str, Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    supplier, buyer, listing = trade["supplier"], trade["buyer"], trade["listing"]
    once = make_offer(listing, supplier.manager, "one_off", amount=1000)
    drawn_now = terms_of.drawn

    def drawn_before(*arguments: Any) -> dict[str, Any]:
        terms = drawn_now(*arguments)
        del terms["shares"], terms["fee"]
        return {**terms, "format": "dataferry-terms/1"}

    monkeypatch.setattr(terms_of, "drawn", drawn_before)
    agreement = make_agreement(once, buyer)
    client = Client()
    client.force_login(buyer.manager)
    assert "before terms named it" in client.get(f"/en/exchange/agreements/{agreement.number}/").content.decode()
    sign_both(agreement, supplier, buyer)
    change_the_listing(listing, settings)
    assert split_of(pay(agreement, buyer, trade["operator"])) == {"exchange": 500, "upstream": 500}


def test_nobody_bargains_about_shares(trade: dict[str, Any]) -> None:
    supplier, buyer = trade["supplier"], trade["buyer"]
    offer = make_offer(trade["listing"], supplier.manager, "negotiated")
    row = negotiations.request(buyer.manager, offer, buyer.merchant, "research", "planning", {"amount": 5})
    for other in ({"shares": OTHERS}, {**row.terms, "shares": OTHERS}, {**row.terms, "fee": 7, "days": 4}):
        with pytest.raises(InputError) as refused:
            negotiations.counter(supplier.manager, row, 1, other)
        assert refused.value.code == "server.exchange.term_is_fixed"
