"""Promise: an owner upstream who is no merchant has statements that sum to the cent with every split, none twice."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader

from dataferry.server import journal
from dataferry.server.exchange.actions import money
from dataferry.server.exchange.actions.owner_statements import make_owner_statement
from dataferry.server.exchange.digests import digest_of
from dataferry.server.exchange.models import OwnerStatement, RevenueShare
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from server.exchange.refusing import code_of
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db
OWNER = "=Lands Department 地政處"


def today() -> date:
    return clock.now().astimezone(BOTH_CITIES).date()


@pytest.fixture
def trade() -> dict[str, Any]:
    """Two days of sales in Shanghai, one of them partly refunded on the second; and a sale in Hong Kong."""
    begun, operator = clock.now(), make_person("", "exchange-operator", city="shanghai")
    far = make_person("", "exchange-operator", city="hong-kong")
    buyer = make_merchant("hong-kong", "buyer")
    for place, boss, amounts in (("shanghai", operator, (1001, 777)), ("hong-kong", far, (50,))):
        supplier = make_merchant(place, "supplier")
        shares = ({"owner": OWNER, "weight": 1}, {"owner": supplier.merchant.number, "weight": 2})
        listing = make_listed(supplier, shares=shares)
        for day, amount in enumerate(amounts):
            with clock.standing_at(begun + timedelta(days=day)):
                offer = make_offer(listing, supplier.manager, "one_off", amount=amount)
                payment = pay(sign_both(make_agreement(offer, buyer), supplier, buyer), buyer, boss)
                if day:
                    money.refund(boss, payment, 100, "a part")
    first = begun.astimezone(BOTH_CITIES).date()
    return {"operator": operator, "far": far, "supplier": supplier, "first": first, "begun": begun}


def test_statements_sum_to_the_cent_with_the_splits(trade: dict[str, Any]) -> None:
    operator, first = trade["operator"], trade["first"]
    with clock.standing_at(trade["begun"] + timedelta(days=2)):
        one = make_owner_statement(operator, "shanghai", OWNER, "HKD", first, first)
        two = make_owner_statement(operator, "shanghai", OWNER, "HKD", first + timedelta(1), first + timedelta(1))
        again = make_owner_statement(operator, "shanghai", OWNER, "HKD", first, first)
        far = make_owner_statement(trade["far"], "hong-kong", OWNER, "HKD", first, first + timedelta(1))
    assert again == one
    assert [each.number[-5:] for each in (one, two, far)] == ["-0001", "-0002", "-0003"]
    assert (one.total, far.total) == (334, 17)
    assert [line["kind"] for line in two.document["lines"]] == ["share", "returned"]
    assert two.document["totals"] == {"share": 259, "returned": -33, "balance": 226}
    parts = RevenueShare.objects.filter(beneficiary=OWNER).values_list("amount", flat=True)
    assert one.total + two.total + far.total == sum(parts)
    assert one.digest == digest_of(one.document)
    told = [event.payload["digest"] for event in journal.selected() if event.act == "exchange.owner_statement_made"]
    assert told == [one.digest, two.digest, far.digest]


def test_nothing_is_stated_twice_too_early_or_for_a_merchant(trade: dict[str, Any]) -> None:
    operator, first, day = trade["operator"], trade["first"], timedelta(days=1)
    asked = (operator, "shanghai", OWNER, "HKD")
    assert code_of(make_owner_statement, *asked, first, today()) == "server.exchange.bad_statement_period"
    with clock.standing_at(trade["begun"] + 3 * day):
        assert code_of(make_owner_statement, *asked, first, first + day) == "done"
        overlapping = code_of(make_owner_statement, *asked, first + day, first + 2 * day)
        assert overlapping == "server.exchange.period_stated"
        later = code_of(make_owner_statement, *asked, first + 2 * day, first + 2 * day)
        assert later == "server.exchange.nothing_earned"
        number = trade["supplier"].merchant.number
        for named in (number, f"merchant:{number}"):
            refused = code_of(make_owner_statement, operator, "shanghai", named, "HKD", first, first)
            assert refused == "server.exchange.owner_is_merchant"
        for who, city, code in (
            (trade["far"], "shanghai", "server.people.not_allowed"),
            (trade["supplier"].manager, "hong-kong", "server.people.not_allowed"),
            (operator, "atlantis", "server.exchange.unknown_choice"),
        ):
            assert code_of(make_owner_statement, who, city, OWNER, "HKD", first, first) == code
    assert OwnerStatement.objects.get().number.endswith("-0001"), "what is refused takes no number"


def test_the_operator_makes_and_hands_it_on(trade: dict[str, Any]) -> None:
    client, far = Client(), Client()
    client.force_login(trade["operator"])
    far.force_login(trade["far"])
    page, first = "/en/exchange/desk/owners/", trade["first"]
    given = {"owner": OWNER, "city": "shanghai", "currency": "HKD", "first": first, "last": first}
    with clock.standing_at(trade["begun"] + timedelta(days=2)):
        assert client.post(page, {**given, "city": "hong-kong"}).status_code == 422
        assert client.post(page, given).status_code == 302
    row = OwnerStatement.objects.get()
    assert row.number in client.get(page).content.decode()
    assert row.number not in far.get(page).content.decode()
    for language, title in (("en", "Statement"), ("zh-Hant", "結單"), ("zh-Hans", "对账单")):
        body = client.get(f"{page}{row.number}/{language}.pdf").content
        assert body == client.get(f"{page}{row.number}/{language}.pdf").content, "the same bytes each time"
        text = "".join("".join(each.extract_text() for each in PdfReader(io.BytesIO(body)).pages).split())
        assert row.number in text
        assert row.digest in text
        assert "3.34" in text, title
    lines = list(csv.DictReader(io.StringIO(client.get(f"{page}{row.number}/lines.csv").content.decode("utf-8-sig"))))
    assert [line["amount"] for line in lines] == ["334"]
    assert lines[0]["owner"].startswith("'="), "no cell becomes a formula"
    stated = client.get(f"{page}{row.number}/document.json").json()
    assert digest_of(stated["document"]) == stated["digest"] == row.digest
    for name in ("en.pdf", "lines.csv", "document.json"):
        assert far.get(f"{page}{row.number}/{name}").status_code == 404
