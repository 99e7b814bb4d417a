"""Promise: terms are bargained about until both say yes to one digest; stale, own or fixed words are refused."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.server import journal
from dataferry.server.exchange import terms as terms_of
from dataferry.server.exchange.actions import agreements, negotiations, offers
from dataferry.server.exchange.models import Agreement, NegotiationMove
from server.exchange.refusing import code_of
from server.market import make_listed, make_merchant, make_offer

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    offer = make_offer(make_listed(supplier), supplier.manager, "negotiated")
    row = negotiations.request(buyer.manager, offer, buyer.merchant, "research", "planning", {"days": 90})
    return {"supplier": supplier, "buyer": buyer, "offer": offer, "row": row}


def test_both_say_yes_to_the_same_digest(deal: dict[str, Any]) -> None:
    row, supplier, buyer = deal["row"], deal["supplier"], deal["buyer"]
    assert code_of(negotiations.accept, supplier.manager, row, 1) == "server.exchange.price_open"
    row = negotiations.counter(supplier.manager, row, 1, {"amount": 80_000, "most_rows": 10})
    whole = terms_of.changed(row.terms, {"amount": 70_000})
    row = negotiations.counter(buyer.manager, row, 2, whole, "as last year")
    assert code_of(negotiations.accept, buyer.manager, row, 3) == "server.exchange.own_word"
    assert code_of(negotiations.accept, supplier.manager, row, 2) == "server.exchange.negotiation_moved"
    made = negotiations.accept(supplier.manager, row, 3)
    assert (made.digest, made.state) == (terms_of.digest_of(whole), "drawn_up")
    assert made.terms["days"] == 90
    assert made.terms["policy"]["most_rows"] == 10
    assert made.odrl["permission"][0]["constraint"][0]["rightOperand"] == ["research"]
    said = list(NegotiationMove.objects.order_by("number").values_list("side", "act"))
    assert said == [("buyer", "request"), ("supplier", "counter"), ("buyer", "counter"), ("supplier", "accept")]
    assert journal.replay(journal.selected()).holds


def test_what_is_agreed_or_ended_stays_so(deal: dict[str, Any]) -> None:
    row, supplier, buyer = deal["row"], deal["supplier"], deal["buyer"]
    negotiations.terminate(supplier.manager, row, "too long")
    for person in (supplier.manager, buyer.manager):
        assert code_of(negotiations.counter, person, row, 2, {"amount": 5}) == "server.journal.no_such_move"
        assert code_of(negotiations.accept, person, row, 2) == "server.journal.no_such_move"
        assert code_of(negotiations.terminate, person, row) == "server.journal.no_such_move"
    again = negotiations.request(buyer.manager, deal["offer"], buyer.merchant, "research", "planning")
    assert again.number != row.number


@pytest.mark.parametrize(
    "changes",
    [
        {"buyer": "M-2026-0009"},
        {"release_digest": "sha256:" + "1" * 64},
        {"purposes": ["commercial-service"]},
        {"amount": -1},
        {"amount": 1.5},
        {"amount": True},
        {"amount": None},
        {"amount": 10**15},
        {"days": 0},
        {"days": "90"},
        {"starts": "tomorrow"},
        {"starts": "2026-02-30"},
        {"starts": "9999-12-31"},
        {"columns": "city"},
        {"columns": ["\x00"]},
        {"rows": {"city": []}},
        {"rows": {"city": [1.5]}},
        {"rows": {"city": {"a": 1}}},
        {"later_releases": "yes"},
        {"calls_a_day": 2**40},
        {"format": "dataferry-terms/1"},
        {"format": "dataferry-terms/1", "price": None, "policy": []},
        {"x" * 10_000: 1},
    ],
    ids=lambda changes: str(changes)[:30],
)
def test_hostile_terms_are_refused(deal: dict[str, Any], changes: dict[str, Any]) -> None:
    row, before = deal["row"], deal["row"].digest
    refused = code_of(negotiations.counter, deal["supplier"].manager, row, 1, changes)
    assert refused in {
        "server.exchange.bad_term",
        "server.exchange.term_is_fixed",
        "server.exchange.terms_incomplete",
    }
    row.refresh_from_db()
    assert (row.digest, row.revision) == (before, 1)


def test_a_whole_document_may_differ_in_nothing_fixed(deal: dict[str, Any]) -> None:
    row = deal["row"]
    for other in (
        {**row.terms, "supplier": "M-2026-9999"},
        {**row.terms, "policy": {**row.terms["policy"], "regions": ["abroad"]}},
        {**row.terms, "extra": 1},
        {**row.terms, "plan": {**row.terms["plan"], "kind": "free"}},
    ):
        assert code_of(negotiations.counter, deal["supplier"].manager, row, 1, other) == "server.exchange.term_is_fixed"


def test_who_may_bargain(deal: dict[str, Any]) -> None:
    row, rival = deal["row"], make_merchant("hong-kong", "buyer")
    assert code_of(negotiations.counter, rival.manager, row, 1, {"amount": 1}) == "server.people.not_allowed"
    assert code_of(negotiations.accept, rival.manager, row, 1) == "server.people.not_allowed"
    asked = code_of(negotiations.request, rival.manager, deal["offer"], deal["buyer"].merchant, "research", "planning")
    assert asked == "server.people.not_allowed"
    both = deal["buyer"].organisation.memberships.create(user=deal["supplier"].manager, is_manager=True)
    from dataferry.server.people import predicates

    predicates.forget(deal["supplier"].manager)
    assert code_of(negotiations.counter, both.user, row, 1, {"amount": 1}) == "server.exchange.both_sides"


def test_an_offer_withdrawn_or_a_listing_changed_ends_the_bargain(deal: dict[str, Any]) -> None:
    row, supplier, buyer = deal["row"], deal["supplier"], deal["buyer"]
    row = negotiations.counter(supplier.manager, row, 1, {"amount": 0})
    offers.withdraw_offer(supplier.manager, deal["offer"])
    assert code_of(negotiations.accept, buyer.manager, row, 2) == "server.exchange.offer_closed"
    assert not Agreement.objects.exists()


def test_agreed_days_and_start_bound_the_agreement(deal: dict[str, Any]) -> None:
    row, supplier, buyer = deal["row"], deal["supplier"], deal["buyer"]
    row = negotiations.counter(supplier.manager, row, 1, {"amount": 0, "starts": "2099-01-01", "days": 2})
    made = negotiations.accept(buyer.manager, row, 2)
    for party, side in ((supplier, "supplier"), (buyer, "buyer")):
        made = agreements.sign(party.manager, made, side, made.digest)
    assert made.state == "in_force"
    assert made.starts_at.isoformat() == "2099-01-01T00:00:00+08:00"
    assert (made.ends_at - made.starts_at).days == 2
