"""Promise: who left comes back as an applicant, and a further class is granted as the first were: by other eyes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.merchants import actions
from dataferry.server.merchants.facts import further_facts
from dataferry.server.merchants.models import ClassApplication, Merchant
from dataferry.server.merchants.queries import acting
from dataferry.server.people import predicates
from dataferry.server.people.models import Membership
from server.merchants.joining import (
    applied,
    confirmed,
    in_state,
    operator,
    refused,
    social_credit_code,
    taken,
    told_by_journal,
)
from server.persons import make_person

pytestmark = pytest.mark.django_db
SEEN = {"register": "looked up", "signatory": "paper 2", "recognition": "record 7"}


def code_of(act: Any, *arguments: Any) -> str:
    try:
        with transaction.atomic():
            act(*arguments)
    except DataferryError as error:
        return error.code
    return "done"


def test_who_left_is_checked_and_signs_anew() -> None:
    merchant, manager, person = in_state("left")
    before = merchant.revision
    back = actions.apply_again(manager, merchant, classes=["buyer"])
    assert (back.state, back.classes, back.number) == ("applied", ["buyer"], merchant.number)
    assert (back.revision, back.verified_by, back.verified_at) == (before + 1, None, None)
    with refused("server.merchants.facts_open"):
        actions.verify(person, merchant, {})
    with refused("server.merchants.not_verified"):
        actions.activate(manager, merchant)
    with refused("server.merchants.not_left"):
        actions.apply_again(manager, merchant)
    Membership.objects.create(organisation=merchant.organisation, user=person)
    predicates.forget(person)
    with refused("server.merchants.own_merchant"):
        actions.verify(person, merchant, confirmed(back))
    other = operator()
    actions.verify(other, merchant, confirmed(back))
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "buyer")
    actions.activate(manager, merchant)
    assert acting(manager, "buyer").number == merchant.number
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "supplier")
    told_by_journal()


def test_who_traded_stays_with_the_exchange_that_knows_the_trade() -> None:
    """Else past payments would move to another city's statements, and a suspension be left behind."""
    merchant, manager, _person = in_state("left")
    mainland = {"place": "mainland", "register_number": social_credit_code()}
    with refused("server.merchants.city_stays"):
        actions.apply_again(manager, merchant, **mainland)
    actions.apply_again(manager, merchant, place="abroad", register_number="LEI 9")
    with refused("server.merchants.city_stays"):
        actions.change_application(manager, merchant, **mainland)
    new, boss = applied()
    assert actions.change_application(boss, new, **mainland).city == "shanghai", "who never traded may move"
    told_by_journal()


def test_a_further_class_is_granted_by_other_eyes(home: Path) -> None:
    merchant, manager, person = in_state("active")
    with refused("server.merchants.application_decided"):
        actions.add_paper(manager, merchant, "recognition", taken(home))
    for nothing in ([], ["buyer"], ["king"], ["assessor", "king"]):
        assert code_of(actions.ask_classes, manager, merchant, nothing) == "server.merchants.classes"
    asked = actions.ask_classes(manager, merchant, ["assessor", "buyer"])
    assert asked.classes == ["assessor"], "what it has is not asked for again"
    assert code_of(actions.ask_classes, manager, merchant, ["intermediary"]) == "server.merchants.classes_asked"
    assert actions.add_paper(manager, merchant, "recognition", taken(home)).kind == "recognition"
    assert acting(manager, "buyer").number == merchant.number, "it trades on"
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "assessor")
    assert {fact.code for fact in further_facts(asked.classes)} == set(SEEN)
    own = operator()
    Membership.objects.create(organisation=merchant.organisation, user=own)
    elsewhere, stranger, admin = operator("shanghai"), make_person(), make_person("", "administrator")
    for other in (manager, own, elsewhere, stranger, admin):
        assert code_of(actions.grant_classes, other, asked, SEEN) != "done"
        assert code_of(actions.refuse_classes, other, asked, "Why.") != "done"
        assert other is manager or code_of(actions.withdraw_classes, other, asked) != "done"
    assert code_of(actions.grant_classes, own, asked, SEEN) == "server.merchants.own_merchant"
    assert code_of(actions.grant_classes, person, asked, {**SEEN, "signatory": " "}) == "server.merchants.facts_open"
    assert code_of(actions.grant_classes, person, asked, {**SEEN, "shoe": "9"}) == "server.merchants.no_such_fact"
    granted = actions.grant_classes(person, asked, SEEN)
    assert granted.classes == [code for code in granted.classes if code in {"supplier", "buyer", "assessor"}]
    assert acting(manager, "assessor").number == merchant.number
    asked.refresh_from_db()
    assert (asked.state, asked.checks, asked.decided_by) == ("granted", SEEN, person)
    for act, rest in ((actions.grant_classes, (SEEN,)), (actions.refuse_classes, ("Why.",))):
        assert code_of(act, person, asked, *rest) == "server.journal.no_such_move"
    assert code_of(actions.withdraw_classes, manager, asked) == "server.journal.no_such_move"
    assert journal.replay(journal.selected()).holds


def test_it_is_granted_only_to_who_trades() -> None:
    merchant, manager, person = in_state("active")
    asked = actions.ask_classes(manager, merchant, ["intermediary"])
    actions.suspend(person, merchant, "Rules broken.")
    seen = {"register": "x", "signatory": "x", "intermediary": "x"}
    assert code_of(actions.grant_classes, person, asked, seen) == "server.merchants.not_active"
    actions.leave(manager, merchant)
    asked.refresh_from_db()
    assert asked.state == "withdrawn", "who leaves asks for nothing"
    actions.apply_again(manager, merchant)
    for state in ("returned", "refused"):
        act = actions.return_application if state == "returned" else actions.refuse
        act(person, merchant, "Why.")
        assert code_of(actions.ask_classes, manager, merchant, ["assessor"]) == "server.merchants.not_active"
        actions.change_application(manager, merchant)
    assert Merchant.objects.get().classes == ["supplier", "buyer"]
    assert journal.replay(journal.selected()).holds


def browser(user: Any) -> Client:
    predicates.forget(user)
    client = Client()
    client.force_login(user)
    return client


def test_both_ways_by_pages() -> None:
    merchant, manager, person = in_state("active")
    own, desk = browser(manager), browser(person)
    inside = reverse("merchants-application", args=[merchant.number])
    assert "Apply for a further class" in own.get(inside).content.decode()
    assert own.post(inside, {"do": "classes", "further": ["buyer"]}).status_code == 422
    assert own.post(inside, {"do": "classes", "further": ["assessor"]}).status_code == 302
    assert "Further classes asked for" in desk.get(reverse("merchants-desk")).content.decode()
    assert "Grant these classes" in desk.get(inside).content.decode()
    assert "Grant these classes" not in own.get(inside).content.decode()
    notes = {f"seen_{code}": note for code, note in SEEN.items()}
    assert desk.post(inside, {"do": "grant", "seen_register": "x"}).status_code == 422
    assert desk.post(inside, {"do": "refuse_classes", "classes-reason": "<b>Not</b> yet."}).status_code == 302
    assert "&lt;b&gt;Not&lt;/b&gt; yet." in own.get(inside).content.decode()
    assert own.post(inside, {"do": "classes", "further": ["assessor"]}).status_code == 302
    assert own.post(inside, {"do": "withdraw_classes"}).status_code == 302
    assert own.post(inside, {"do": "withdraw_classes"}).status_code == 302, "nothing is asked: told, no fault"
    assert own.post(inside, {"do": "classes", "further": ["assessor"]}).status_code == 302
    assert desk.post(inside, {"do": "grant", **notes}).status_code == 302
    assert [each.state for each in ClassApplication.objects.order_by("pk")] == ["refused", "withdrawn", "granted"]
    assert own.post(inside, {"do": "leave", "sure": "yes"}).status_code == 302
    page = own.get(inside).content.decode()
    assert 'value="again"' in page
    assert 'value="again"' not in desk.get(inside).content.decode()
    facts = {"critical": "no", "free_trade_zone": "no", "state_organ": "no"}
    given = {"classes": ["buyer"], "place": "hong-kong", "register_number": "12345678", **facts}
    assert own.post(inside, {"do": "again", **given, "place": "atlantis"}).status_code == 422
    assert own.post(inside, {"do": "again", **given}).status_code == 302
    assert Merchant.objects.get().state == "applied"
    told_by_journal()
