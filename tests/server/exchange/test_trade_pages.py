"""Promise: a buyer gets from the offer to the accepted delivery in the browser's pages, and sees nothing of others."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.server import journal
from dataferry.server.exchange.models import Agreement, Dispute, Invoice, Negotiation, Offer, Payment
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db
BASE = "/en/exchange"


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def market() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    listing = make_listed(
        supplier,
        shares=({"owner": "Transport Department", "weight": 1}, {"owner": supplier.merchant.number, "weight": 3}),
    )
    return {"supplier": supplier, "buyer": buyer, "listing": listing, "operator": make_person("", "exchange-operator")}


def post(client: Client, path: str, **data: Any) -> Any:
    answer = client.post(f"{BASE}/{path}", data)
    assert answer.status_code == 302, (path, answer.status_code, answer.content.decode()[:4000])
    return answer


def read(client: Client, path: str) -> str:
    answer = client.get(f"{BASE}/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_from_prices_to_accepted_delivery(market: dict[str, Any]) -> None:
    listing, buyer, supplier = market["listing"], market["buyer"], market["supplier"]
    selling, buying, operating = (client_of(each) for each in (supplier.manager, buyer.manager, market["operator"]))
    desk = f"listings/{listing.number}/prices/"
    post(
        selling,
        desk,
        **{
            "do": "plan",
            "plan-code": "once",
            "plan-kind": "one_off",
            "plan-currency": "HKD",
            "plan-amount": "120.50",
            "plan-stock": "1",
        },
    )
    post(
        selling,
        desk,
        **{
            "do": "policy",
            "policy-code": "two-cities",
            "policy-purposes": ["research"],
            "policy-regions": ["hong-kong", "shanghai"],
            "policy-columns": "city, chargers",
        },
    )
    post(selling, desk, **{"do": "offer", "offer-plan": "once", "offer-policy": "two-cities"})
    offer = Offer.objects.get()
    assert "HK$120.50 once" in read(Client(), f"listings/{listing.number}/offers/")
    ordering = {"order-buyer": buyer.merchant.number, "order-purpose": "research", "order-scenario": "planning"}
    went = post(buying, f"offers/{offer.number}/", do="order", **ordering)
    agreement = Agreement.objects.get()
    assert went.url.endswith(f"/agreements/{agreement.number}/")
    assert "Sold out" in read(buying, f"offers/{offer.number}/")
    page = read(buying, f"agreements/{agreement.number}/")
    assert agreement.digest in page
    assert [f"sign-{side}" in page for side in ("buyer", "supplier")] == [True, False]
    assert "Your signature is waited for." in page
    assert "Sign the agreement, or cancel it" in read(selling, "trade/")
    for client, side in ((buying, "buyer"), (selling, "supplier")):
        post(client, f"agreements/{agreement.number}/", do=f"sign-{side}", digest=agreement.digest)
    invoice = Invoice.objects.get()
    waiting = {"buyer": read(buying, "trade/"), "supplier": read(selling, "trade/")}
    assert ["Pay HK$120.50, due" in page for page in waiting.values()] == [True, False]
    post(buying, f"invoices/{invoice.number}/", do="pay", provider="bank-transfer")
    payment = Payment.objects.get()
    assert payment.provider_reference in read(buying, f"invoices/{invoice.number}/")
    assert payment.provider_reference in read(operating, "desk/money/")
    wrong = operating.post(
        f"{BASE}/desk/payments/{payment.number}/",
        {"do": "confirm", "confirm-provider_reference": "B1", "confirm-amount": "120.00"},
    )
    assert wrong.status_code == 422
    assert "asks for 120.50 HKD" in wrong.content.decode()
    post(
        operating,
        f"desk/payments/{payment.number}/",
        **{"do": "confirm", "confirm-provider_reference": "B1", "confirm-amount": "120.50"},
    )
    agreement.refresh_from_db()
    assert agreement.state == "in_force"
    assert "What waits for you" not in read(buying, "trade/")
    course = read(buying, f"agreements/{agreement.number}/").partition('<ol class="course"')[2].partition("</ol>")[0]
    assert (course.count("course-done"), course.count('aria-current="step"')) == (4, 1)
    post(buying, f"agreements/{agreement.number}/", do="accept", **{"accept-remark": ""})
    assert "The buyer accepted the delivery." in read(selling, f"agreements/{agreement.number}/")
    post(
        operating,
        f"desk/payments/{payment.number}/",
        **{"do": "refund", "refund-amount": "0.50", "refund-reason": "one row missing"},
    )
    assert "one row missing" in read(buying, f"invoices/{invoice.number}/")
    parts = read(operating, f"desk/payments/{payment.number}/")
    assert "Transport Department" in parts
    assert ["HK$90.00 " in parts, "75%" in parts, "25%" in parts] == [True, True, True]
    assert "Transport Department" in read(operating, "desk/owners.csv")
    assert journal.replay(journal.selected()).holds


def test_bargaining_on_the_page(market: dict[str, Any]) -> None:
    listing, buyer, supplier = market["listing"], market["buyer"], market["supplier"]
    offer = make_offer(listing, supplier.manager, "one_off", amount=90_000, negotiable=True)
    selling, buying = client_of(supplier.manager), client_of(buyer.manager)
    asked = {"request-buyer": buyer.merchant.number, "request-purpose": "research", "request-scenario": "planning"}
    post(
        buying,
        f"offers/{offer.number}/",
        do="request",
        **asked,
        **{"request-amount": "500", "request-remark": "<b>please</b>"},
    )
    row = Negotiation.objects.get()
    page = read(selling, f"negotiations/{row.number}/")
    assert "HK$500.00" in page
    assert "Answer the terms that the other side proposes" in read(selling, "trade/")
    assert "What waits for you" not in read(buying, "trade/")
    assert "&lt;b&gt;please" in page
    post(selling, f"negotiations/{row.number}/", do="counter", revision=1, amount="700", later_releases="yes")
    stale = post(buying, f"negotiations/{row.number}/", do="accept", revision=1)
    assert not Agreement.objects.exists()
    assert "has changed since" in buying.get(stale.url).content.decode()
    post(buying, f"negotiations/{row.number}/", do="accept", revision=2)
    assert Agreement.objects.get().terms["price"]["amount"] == 70_000


def test_complaint_on_the_page(market: dict[str, Any]) -> None:
    buyer, supplier = market["buyer"], market["supplier"]
    agreement = sign_both(make_agreement(make_offer(market["listing"], supplier.manager), buyer), supplier, buyer)
    buying, selling, operating = (client_of(each) for each in (buyer.manager, supplier.manager, market["operator"]))
    page = f"agreements/{agreement.number}/"
    post(buying, page, do="dispute", **{"dispute-grounds": "quality", "dispute-statement": "Half the rows are empty."})
    dispute = Dispute.objects.get()
    assert dispute.number in read(operating, "desk/money/")
    post(selling, f"disputes/{dispute.number}/", do="answer", answer="They are not.")
    post(operating, f"disputes/{dispute.number}/", do="suspend")
    assert Agreement.objects.get().state == "suspended"
    post(operating, f"disputes/{dispute.number}/", do="uphold", **{"decide-decision": "They are."})
    post(operating, page, do="resume")
    post(operating, page, do="terminate", **{"reason-reason": "not repaired"})
    assert "not repaired" in read(buying, page)
    assert (Agreement.objects.get().state, Dispute.objects.get().state) == ("terminated", "upheld")
    assert journal.replay(journal.selected()).holds


def test_strangers_find_nothing_and_members_no_desk(market: dict[str, Any]) -> None:
    listing, buyer, supplier = market["listing"], market["buyer"], market["supplier"]
    agreement = sign_both(
        make_agreement(make_offer(listing, supplier.manager, "one_off", amount=5), buyer), supplier, buyer
    )
    payment = pay(agreement, buyer, market["operator"])
    private = make_offer(listing, supplier.manager, to=buyer.merchant)
    paths = [
        f"agreements/{agreement.number}/",
        f"agreements/{agreement.number}/terms.json",
        f"agreements/{agreement.number}/policy.jsonld",
        f"invoices/{agreement.invoices.get().number}/",
        f"invoices/{agreement.invoices.get().number}/lines.csv",
        f"desk/payments/{payment.number}/",
        f"offers/{private.number}/",
        f"listings/{listing.number}/prices/",
    ]
    for path in paths[1:3] + paths[4:5]:
        assert "no-store" in client_of(buyer.manager).get(f"{BASE}/{path}")["Cache-Control"], path
    rival = client_of(make_merchant("hong-kong", "buyer").manager)
    assert {path: rival.get(f"{BASE}/{path}").status_code for path in paths} == dict.fromkeys(paths, 404)
    assert private.number not in read(rival, f"listings/{listing.number}/offers/")
    assert private.number in read(client_of(buyer.manager), f"listings/{listing.number}/offers/")
    assert client_of(buyer.manager).get(f"{BASE}/desk/money/").status_code == 403
    assert client_of(buyer.manager).get(f"{BASE}/desk/payments/{payment.number}/").status_code == 403
    assert Client().get(f"{BASE}/agreements/{agreement.number}/").status_code == 302


def test_lists_do_not_ask_more_for_more_rows(market: dict[str, Any], django_assert_max_num_queries: Any) -> None:
    buyer, supplier = market["buyer"], market["supplier"]
    for _each in range(6):
        offer = make_offer(market["listing"], supplier.manager, "one_off", amount=5)
        sign_both(make_agreement(offer, buyer), supplier, buyer)
    client = client_of(buyer.manager)
    for path in ("trade/", "trade/invoices/", "trade/statements/", f"listings/{market['listing'].number}/offers/"):
        with django_assert_max_num_queries(16):
            read(client, path)
