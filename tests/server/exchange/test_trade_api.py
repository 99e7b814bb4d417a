"""Promise: a program asks, bargains, signs and reads its own agreements and invoices; others' are missing to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from server.market import make_agreement, make_listed, make_merchant, make_offer, sign_both

pytestmark = pytest.mark.django_db
BASE = "/api/v1"


class Caller:
    """A person's program, with a token."""

    def __init__(self, person: Any) -> None:
        from dataferry.server.people.actions import issue_token

        self.token = issue_token(person, "laptop", ("read", "write"), 30)[1]

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        answer = Client().generic(
            method, f"{BASE}{path}", json.dumps(body or {}), content_type="application/json", headers=sent
        )
        return answer.status_code, answer.json(), answer


@pytest.fixture
def market() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    return {"supplier": supplier, "buyer": buyer, "listing": make_listed(supplier)}


def test_a_program_buys_by_bargaining(market: dict[str, Any]) -> None:
    supplier, buyer, listing = market["supplier"], market["buyer"], market["listing"]
    offer = make_offer(listing, supplier.manager, "one_off", amount=900, negotiable=True)
    selling, buying = Caller(supplier.manager), Caller(buyer.manager)
    told = json.loads(Client().get(f"{BASE}/listings/{listing.number}/offers").content)
    assert [each["number"] for each in told["items"]] == [offer.number]
    asked = {"purpose": "research", "scenario": "planning", "changes": {"amount": 500}}
    status, row, _ = buying("POST", f"/offers/{offer.number}/requests", asked)
    assert (status, row["state"], row["terms"]["price"]["amount"]) == (201, "requested", 500)
    path = f"/negotiations/{row['number']}"
    assert selling("POST", f"{path}/accept")[0] == 428
    status, row, _ = selling("POST", f"{path}/counter", {"terms": {"amount": 700}}, **{"If-Match": '"r1"'})
    assert (status, row["revision"]) == (200, 2)
    assert buying("POST", f"{path}/accept", **{"If-Match": '"r1"'})[0] == 412
    status, made, _ = buying("POST", f"{path}/accept", **{"If-Match": '"r2"'})
    assert (status, made["digest"]) == (201, row["digest"])
    for caller, side in ((buying, "buyer"), (selling, "supplier")):
        status, made, _ = caller(
            "POST", f"/agreements/{made['number']}/signatures", {"side": side, "digest": made["digest"]}
        )
        assert status == 201
    assert (made["state"], made["signed"]) == ("signed", ["buyer", "supplier"])
    status, page, _ = buying("GET", "/invoices")
    assert [(each["total"], each["state"]) for each in page["items"]] == [(700, "issued")]


def test_refusals_have_their_codes(market: dict[str, Any]) -> None:
    supplier, buyer, listing = market["supplier"], market["buyer"], market["listing"]
    offer, buying = make_offer(listing, supplier.manager, stock=1), Caller(buyer.manager)
    for body, status, code in (
        ({"purpose": "mining", "scenario": "planning"}, 422, "server.exchange.unknown_purpose"),
        ({"purpose": "research", "scenario": "none"}, 422, "server.exchange.unknown_scenario"),
        ({"purpose": "research", "scenario": "planning", "buyer": "M-2026-9999"}, 404, "server.exchange.no_buyer"),
    ):
        got, problem, _ = buying("POST", f"/offers/{offer.number}/orders", body)
        assert (got, problem["code"]) == (status, code)
    assert buying("POST", f"/offers/{offer.number}/orders", {"purpose": "research", "scenario": "planning"})[0] == 201
    status, problem, _ = buying(
        "POST", f"/offers/{offer.number}/orders", {"purpose": "research", "scenario": "planning"}
    )
    assert (status, problem["code"]) == (409, "server.exchange.sold_out")
    number = buying("GET", "/agreements")[1]["items"][0]["number"]
    assert buying("POST", f"/agreements/{number}/signatures", {"side": "both", "digest": "x"})[0] == 422
    bad = buying("POST", f"/agreements/{number}/signatures", {"side": "buyer", "digest": "sha256:0"})
    assert (bad[0], bad[1]["code"]) == (422, "server.exchange.bad_digest")
    other = buying("POST", f"/agreements/{number}/signatures", {"side": "buyer", "digest": f"sha256:{'0' * 64}"})
    assert (other[0], other[1]["code"]) == (409, "server.exchange.terms_differ")
    assert buying("POST", f"/agreements/{number}/cancel")[1]["state"] == "cancelled"


def test_what_is_others_is_missing(market: dict[str, Any]) -> None:
    supplier, buyer = market["supplier"], market["buyer"]
    offer = make_offer(market["listing"], supplier.manager, "one_off", amount=5, to=buyer.merchant)
    agreement = sign_both(make_agreement(offer, buyer), supplier, buyer)
    rival = Caller(make_merchant("hong-kong", "buyer").manager)
    for path in (
        f"/offers/{offer.number}",
        f"/agreements/{agreement.number}",
        f"/invoices/{agreement.invoices.get().number}",
        "/negotiations/N-2026-0001",
        "/statements/S-2026-0001",
    ):
        assert rival("GET", path)[0] == 404
    for path in ("/agreements", "/invoices", "/negotiations", "/statements"):
        assert rival("GET", path)[1]["items"] == []
        assert Client().get(f"{BASE}{path}").status_code == 401
    assert Caller(buyer.manager)("GET", f"/agreements/{agreement.number}")[1]["odrl"]["@type"] == "Agreement"
