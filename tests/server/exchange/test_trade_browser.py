"""Promise: a buyer orders, signs and pays with a browser alone; the pages of trade are clean and fit both widths."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from dataferry.server.exchange.actions import disputes, money, negotiations
from dataferry.server.exchange.models import Agreement
from server.looking import looked_at, signed_in
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BASE = "/exchange"


@pytest.fixture
def market(transactional_db: None, home: Any, settings: Any) -> dict[str, Any]:
    settings.EXCHANGE_BANK_DETAILS = "Shanghai Data Exchange, CNAPS 000000000000"
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    shares = ({"owner": "Transport Department", "weight": 1}, {"owner": supplier.merchant.number, "weight": 3})
    listing = make_listed(supplier, shares=shares)
    return {"supplier": supplier, "buyer": buyer, "listing": listing, "operator": make_person("", "exchange-operator")}


def test_a_buyer_orders_signs_and_pays(market: dict[str, Any], signed_in: Any) -> None:
    listing, supplier, buyer = market["listing"], market["supplier"], market["buyer"]
    tiers = [{"up_to": 1000, "amount": 20}, {"up_to": None, "amount": 5}]
    make_offer(listing, supplier.manager, "tiers", tiers=tiers, per=10, negotiable=True)
    make_offer(listing, supplier.manager, "one_off", amount=128_050, stock=3)
    page = signed_in(buyer.manager, 1280)
    page.goto(f"/en{BASE}/listings/{listing.number}/offers/")
    looked_at(page, "trade-offers-1280")
    page.get_by_role("link", name="HK$1,280.50 once").click()
    looked_at(page, "trade-offer-1280")
    page.get_by_label("What for").select_option("research")
    page.get_by_role("button", name="Order").click()
    expect(page.get_by_text("Ordered. Read the terms")).to_be_visible()
    looked_at(page, "trade-agreement-1280")
    page.get_by_role("button", name="Sign these terms").click()
    selling = signed_in(supplier.manager, 360)
    selling.goto(f"/zh-hant{BASE}/agreements/{Agreement.objects.get().number}/")
    looked_at(selling, "trade-agreement-zh-hant-360")
    selling.locator("button[value=sign-supplier]").click()
    page.reload()
    page.locator("a[href*='/invoices/M-']").click()
    page.get_by_role("button", name="Bank transfer").click()
    expect(page.get_by_text("CNAPS")).to_be_visible()
    looked_at(page, "trade-invoice-1280")
    operating = signed_in(market["operator"], 1280)
    operating.goto(f"/en{BASE}/desk/money/")
    looked_at(operating, "trade-desk-1280")
    operating.get_by_role("link", name="HK$1,280.50").click()
    operating.get_by_label("The bank's reference").fill("SHB 20261122/1")
    operating.get_by_label("Amount that came in").fill("1280.50")
    operating.get_by_role("button", name="Confirm").click()
    expect(operating.get_by_text("Done.")).to_be_visible()
    looked_at(operating, "trade-payment-1280")
    page.goto(f"/en{BASE}/trade/")
    expect(page.get_by_text("In force")).to_be_visible()


def test_pages_of_trade_are_clean_and_fit(market: dict[str, Any], signed_in: Any) -> None:
    listing, supplier, buyer = market["listing"], market["supplier"], market["buyer"]
    agreement = sign_both(
        make_agreement(make_offer(listing, supplier.manager, "one_off", amount=99), buyer), supplier, buyer
    )
    payment = pay(agreement, buyer, market["operator"])
    money.refund(market["operator"], payment, 10, "one column was empty")
    dispute = disputes.open_dispute(buyer.manager, agreement, "quality", "A column is empty.\n" * 3)
    talk = make_offer(listing, supplier.manager, "negotiated")
    row = negotiations.request(buyer.manager, talk, buyer.merchant, "research", "planning", {"days": 90})
    row = negotiations.counter(supplier.manager, row, 1, {"amount": 5_000_000, "later_releases": True}, "for a year")
    narrow = signed_in(buyer.manager, 360)
    paths = {
        "offers": f"listings/{listing.number}/offers/",
        "offer": f"offers/{talk.number}/",
        "negotiation": f"negotiations/{row.number}/",
        "mine": "trade/",
        "agreement": f"agreements/{agreement.number}/",
        "invoices": "trade/invoices/",
        "invoice": f"invoices/{agreement.invoices.get().number}/",
        "statements": "trade/statements/",
        "dispute": f"disputes/{dispute.number}/",
    }
    for name, path in paths.items():
        narrow.goto(f"/en{BASE}/{path}")
        looked_at(narrow, f"trade-{name}-360")
    selling = signed_in(supplier.manager, 1280)
    selling.goto(f"/en{BASE}/listings/{listing.number}/prices/")
    for summary in selling.locator("details > summary").all():
        summary.click()
    looked_at(selling, "trade-prices-1280")
    selling.set_viewport_size({"width": 360, "height": 900})
    looked_at(selling, "trade-prices-360")
    operating = signed_in(market["operator"], 360)
    for name, path in {"desk": "desk/money/", "payment": f"desk/payments/{payment.number}/"}.items():
        operating.goto(f"/en{BASE}/{path}")
        looked_at(operating, f"trade-{name}-360")
