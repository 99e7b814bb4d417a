"""Promise: only what may be sold is ordered: listed, cleared, for a purpose, a region and a scenario of the policy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from dataferry.formats import odrl
from dataferry.server import journal
from dataferry.server.compliance.models import ClearanceEnd
from dataferry.server.exchange.actions import agreements, offers, orders
from dataferry.server.exchange.models import Certificate, Plan
from dataferry.server.exchange.policy_document import offer_odrl
from dataferry.server.exchange.queries.offers import open_offers
from dataferry.server.exchange.states import LISTING
from dataferry.server.journal import clock
from dataferry.server.letters import Letter
from dataferry.server.merchants.states import MERCHANT
from server.exchange.refusing import code_of
from server.market import make_agreement, make_listed, make_merchant, make_offer, sign_both

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    return {"supplier": supplier, "buyer": buyer, "listing": make_listed(supplier)}


def ordering(trade: dict[str, Any], offer: Any, purpose: str = "research", scenario: str = "planning") -> str:
    return code_of(orders.order, trade["buyer"].manager, offer, trade["buyer"].merchant, purpose, scenario)


def test_no_purpose_region_or_scenario_beyond_the_policy(trade: dict[str, Any]) -> None:
    seller = trade["supplier"].manager
    offer = make_offer(trade["listing"], seller, policy={"purposes": ["research", "teaching"]})
    assert ordering(trade, offer, "mining") == "server.exchange.unknown_purpose"
    assert ordering(trade, offer, "public-service") == "server.exchange.purpose_not_allowed"
    assert ordering(trade, offer, "teaching") == "server.exchange.purpose_not_allowed", "not a purpose of the scenario"
    assert ordering(trade, offer, scenario="resale") == "server.exchange.unknown_scenario"
    mainland = make_offer(trade["listing"], seller, policy={"regions": ["shanghai", "mainland"]})
    assert ordering(trade, mainland) == "server.exchange.region_not_allowed"
    narrow = make_listed(trade["supplier"], recipients=("shanghai",))
    assert ordering(trade, make_offer(narrow, seller)) == "server.exchange.region_not_allowed", "not cleared for there"
    assert ordering(trade, offer) == "done"


def test_what_is_not_listed_cleared_or_active_is_not_sold(trade: dict[str, Any]) -> None:
    listing, seller, buyer = trade["listing"], trade["supplier"].manager, trade["buyer"]
    offer = make_offer(listing, seller)
    agreement = make_agreement(make_offer(listing, seller), buyer)
    with transaction.atomic():
        LISTING.move(listing, "suspended", "system", "exchange.listing_suspended")
    assert ordering(trade, offer) == "server.exchange.not_for_sale"
    assert (
        code_of(agreements.sign, buyer.manager, agreement, "buyer", agreement.digest) == "server.exchange.not_for_sale"
    )
    with transaction.atomic():
        LISTING.move(listing, "listed", "system", "exchange.listing_resumed")
        MERCHANT.move(buyer.merchant, "suspended", "system", "merchants.suspended")
    assert ordering(trade, offer) == "server.exchange.not_active"
    with transaction.atomic():
        MERCHANT.move(buyer.merchant, "active", "system", "merchants.reinstated")
    with clock.standing_at(clock.now() + timedelta(days=400)):
        assert ordering(trade, offer) == "server.exchange.not_cleared", "the clearance has run out"
    ClearanceEnd.objects.create(clearance=listing.clearance, reason="found out", ended_at=clock.now())
    assert ordering(trade, offer) == "server.exchange.not_cleared"


def test_private_closed_and_past_offers(trade: dict[str, Any]) -> None:
    listing, seller, rival = trade["listing"], trade["supplier"].manager, make_merchant("hong-kong", "buyer")
    private = make_offer(listing, seller, to=rival.merchant)
    assert ordering(trade, private) == "server.exchange.offer_to_another"
    assert list(open_offers(trade["buyer"].manager, listing)) == []
    assert list(open_offers(rival.manager, listing)) == [private]
    soon = make_offer(listing, seller, valid_until=clock.now() + timedelta(hours=1))
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        assert ordering(trade, soon) == "server.exchange.offer_closed"
    closed = make_offer(listing, seller)
    offers.close_plan(seller, closed.plan)
    assert ordering(trade, closed) == "server.exchange.offer_closed"
    assert code_of(offers.close_plan, seller, closed.plan) == "server.exchange.closed_already"
    assert code_of(offers.open_offer, seller, listing, closed.plan, closed.policy) == "server.exchange.closed_already"
    own = code_of(offers.open_offer, seller, listing, private.plan, private.policy, trade["supplier"].merchant)
    assert own == "server.exchange.both_sides"
    assert journal.replay(journal.selected()).holds


def test_stock_goes_back_and_trials_are_once(trade: dict[str, Any]) -> None:
    seller, buyer = trade["supplier"].manager, trade["buyer"]
    limited = make_offer(trade["listing"], seller, stock=1)
    agreement = make_agreement(limited, buyer)
    limited.refresh_from_db()
    assert limited.state == "sold_out"
    agreements.cancel(buyer.manager, agreement)
    limited.refresh_from_db()
    assert (limited.state, Plan.objects.get(pk=limited.plan_id).sold) == ("open", 0)
    assert ordering(trade, limited) == "done"
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.filter(pk=limited.plan_id).update(sold=2)
    trial = make_offer(trade["listing"], seller, "trial", period_days=14)
    tried = make_agreement(trial, buyer)
    assert ordering(trade, trial) == "server.exchange.order_waits"
    sign_both(tried, trade["supplier"], buyer)
    tried.refresh_from_db()
    assert (tried.ends_at - tried.starts_at).days == 14
    assert ordering(trade, trial) == "server.exchange.tried_already"


@pytest.mark.parametrize(
    ("kind", "plan", "code"),
    [
        ("barter", {}, "server.exchange.bad_plan"),
        ("free", {"currency": "USD"}, "server.exchange.bad_plan"),
        ("one_off", {"amount": 0}, "server.exchange.bad_number"),
        ("one_off", {"amount": -5}, "server.exchange.bad_number"),
        ("one_off", {"amount": True}, "server.exchange.bad_number"),
        ("one_off", {"amount": 10**18}, "server.exchange.bad_number"),
        ("free", {"amount": 5}, "server.exchange.bad_number"),
        ("free", {"stock": 0}, "server.exchange.bad_number"),
        ("per_row", {"amount": 5, "per": 0}, "server.exchange.bad_number"),
        ("period", {"amount": 5}, "server.exchange.period_days_needed"),
        ("one_off", {"amount": 5, "period_days": 3}, "server.exchange.period_days_needed"),
        ("tiers", {}, "server.exchange.bad_tiers"),
    ],
)
def test_plans_that_cannot_be(trade: dict[str, Any], kind: str, plan: dict[str, Any], code: str) -> None:
    given = {"currency": "HKD", **plan}
    assert code_of(offers.add_plan, trade["supplier"].manager, trade["listing"], "a", kind, **given) == code


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ({"purposes": []}, "server.exchange.unknown_purpose"),
        ({"purposes": ["anything"]}, "server.exchange.unknown_purpose"),
        ({"regions": []}, "server.exchange.unknown_region"),
        ({"regions": ["mars"]}, "server.exchange.unknown_region"),
        ({"days": 0}, "server.exchange.bad_term"),
        ({"columns": [""]}, "server.exchange.bad_term"),
        ({"rows": {"city": "hk"}}, "server.exchange.bad_term"),
        ({"most_rows": -1}, "server.exchange.bad_term"),
        ({"code": "<script>"}, "server.exchange.bad_code"),
        ({"words": {"fr": "bonjour"}}, "server.exchange.no_such_language"),
    ],
)
def test_policies_that_cannot_be(trade: dict[str, Any], policy: dict[str, Any], code: str) -> None:
    given = {"code": "p", "purposes": ["research"], "regions": ["hong-kong"], **policy}
    assert code_of(offers.add_policy, trade["supplier"].manager, trade["listing"], **given) == code


def test_the_policy_is_odrl_there_and_back(trade: dict[str, Any]) -> None:
    policy = {"days": 30, "onward_transfer": True, "regions": ["hong-kong", "gba"]}
    offer = make_offer(trade["listing"], trade["supplier"].manager, policy=policy)
    read = odrl.parse(offer_odrl(offer))
    assert read.purposes == ("research", "public-service")
    assert (read.days, read.onward_transfer, read.regions) == (30, True, ("HK", "urn:dataferry:place:gba"))
    agreement = make_agreement(offer, trade["buyer"])
    bound = odrl.parse(agreement.odrl)
    assert (bound.kind, bound.purposes) == (odrl.Kind.AGREEMENT, ("research",))
    assert bound.assignee == f"urn:dataferry:merchant:{trade['buyer'].merchant.number}"


def test_acceptance_brings_the_certificate_once(trade: dict[str, Any]) -> None:
    supplier, buyer = trade["supplier"], trade["buyer"]
    agreement = sign_both(make_agreement(make_offer(trade["listing"], supplier.manager), buyer), supplier, buyer)
    assert code_of(agreements.accept_delivery, buyer.manager, agreement, False) == "server.exchange.text_missing"
    agreements.accept_delivery(buyer.manager, agreement, False, "a column is empty")
    assert not Certificate.objects.exists()
    for _again in range(2):
        agreements.accept_delivery(buyer.manager, agreement, True)
    assert Certificate.objects.get().agreement == agreement


def test_both_managers_are_written_to(trade: dict[str, Any]) -> None:
    supplier, buyer = trade["supplier"], trade["buyer"]
    agreement = sign_both(make_agreement(make_offer(trade["listing"], supplier.manager), buyer), supplier, buyer)
    journal.catch_up()
    told = Letter.objects.filter(about=agreement.reference).values_list("user_id", "subject")
    force = f"Agreement {agreement.number} is in force"
    assert {pk for pk, subject in told if subject == force} == {supplier.manager.pk, buyer.manager.pk}
    journal.catch_up()
    assert Letter.objects.filter(subject=force).count() == 2
