"""Promise: a merchant trades only after papers, checked facts and a signature; every move is journalled and allowed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import DataferryError
from dataferry.server import journal
from server.market import make_merchant, make_organisation
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


def test_the_way_into_the_market(home: Path) -> None:
    from dataferry.server.merchants import actions
    from dataferry.server.merchants.market_rules import rules_in_force
    from dataferry.server.merchants.models import RulesSignature
    from dataferry.server.merchants.queries import acting

    merchant, manager = applied("shanghai", "assessor")
    paper = actions.add_paper(manager, merchant, "recognition", taken(home))
    assert paper.media_type == "application/pdf"
    person = operator("shanghai")
    with refused("server.merchants.facts_open") as caught:
        actions.verify(person, merchant, {"identity": "", "register": ""})
    assert "recognition" in caught.value.data["facts"]
    with refused("server.merchants.not_verified"):
        actions.activate(manager, merchant)
    actions.verify(person, merchant, confirmed(merchant))
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "assessor")
    with refused("server.merchants.rules_changed"):
        actions.activate(manager, merchant, "sha256:of-other-rules")
    active = actions.activate(manager, merchant, rules_in_force().digest)
    assert acting(manager, "assessor") == active
    with refused("server.merchants.no_merchant_of_class"):
        acting(manager, "supplier")
    assert RulesSignature.objects.get().digest == rules_in_force().digest
    told_by_journal()


MANAGER = {
    "change": ({"applied", "returned", "refused"}, lambda a, u, m: a.change_application(u, m, classes=["buyer"])),
    "activate": ({"verified"}, lambda a, u, m: a.activate(u, m)),
    "sign": ({"active", "suspended"}, lambda a, u, m: a.sign_rules(u, m)),
    "profile": (
        {"applied", "returned", "refused", "verified", "active", "suspended"},
        lambda a, u, m: a.change_profile(u, m, {"about": {"en": "We measure air."}}),
    ),
    "come back": ({"left"}, lambda a, u, m: a.apply_again(u, m, classes=["buyer"])),
    "ask": ({"active"}, lambda a, u, m: a.ask_classes(u, m, ["assessor"])),
    "leave": ({"applied", "returned", "verified", "active", "suspended"}, lambda a, u, m: a.leave(u, m)),
}
OPERATOR = {
    "verify": ({"applied"}, lambda a, u, m: a.verify(u, m, confirmed(m))),
    "return": ({"applied"}, lambda a, u, m: a.return_application(u, m, "Why.")),
    "refuse": ({"applied"}, lambda a, u, m: a.refuse(u, m, "Why.")),
    "suspend": ({"active"}, lambda a, u, m: a.suspend(u, m, "Why.")),
    "reinstate": ({"suspended"}, lambda a, u, m: a.reinstate(u, m, "Why.")),
}
STATES = ("applied", "returned", "refused", "verified", "active", "suspended", "left")


def done(act: Callable[[Any, Any, Any], Any], user: Any, merchant: Any) -> bool:
    """Whether the act is let through; what it did is taken back."""
    from django.db import transaction

    from dataferry.server.merchants import actions
    from dataferry.server.people import predicates

    predicates.forget(user)
    try:
        with transaction.atomic():
            act(actions, user, merchant)
            transaction.set_rollback(True)
    except DataferryError:
        return False
    return True


@pytest.mark.parametrize("state", STATES)
def test_every_act_from_every_state_by_everybody(db: None, state: str) -> None:
    from dataferry.server.people.models import Membership

    merchant, manager, person = in_state(state)
    member = make_person()
    Membership.objects.create(organisation=merchant.organisation, user=member)
    elsewhere, stranger, admin = operator("shanghai"), make_person(), make_person("", "administrator")
    for name, (states, act) in MANAGER.items():
        assert done(act, manager, merchant) == (state in states), name
        for other in (member, person, stranger, admin):
            assert not done(act, other, merchant), name
    for name, (states, act) in OPERATOR.items():
        assert done(act, person, merchant) == (state in states), name
        for other in (member, manager, elsewhere, stranger, admin):
            assert not done(act, other, merchant), name
    Membership.objects.create(organisation=merchant.organisation, user=person)
    assert not any(done(act, person, merchant) for _states, act in OPERATOR.values()), "four eyes"
    told_by_journal()


def test_a_changed_application_is_checked_anew(db: None) -> None:
    from dataferry.server.merchants import actions

    (merchant, manager), person = applied(), operator()
    found = dict.fromkeys(confirmed(merchant), ("holds", ""))
    actions.check_facts(person, merchant, found, merchant.revision)
    actions.change_application(manager, merchant, revision=merchant.revision, register_number="87654321")
    with refused("server.merchants.facts_open"):
        actions.verify(person, merchant)
    with refused("server.merchants.application_changed"):
        actions.check_facts(person, merchant, found, 1)
    with refused("server.merchants.application_changed"):
        actions.change_application(manager, merchant, revision=1, place="abroad")
    with refused("server.merchants.no_such_fact"):
        actions.check_facts(person, merchant, {"shoe-size": ("holds", "")}, 2)
    merchant.organisation.verified = False
    merchant.organisation.save()
    with refused("server.merchants.machine_says_no"):
        actions.verify(person, merchant, confirmed(merchant))


def test_an_application_says_what_can_be_true(db: None) -> None:
    from dataferry.server.merchants import actions

    organisation, manager = make_organisation()
    good = {"classes": ["buyer"], "place": "shanghai", "register_number": social_credit_code()}
    wrong = {
        "classes": ({"classes": []}, {"classes": ["buyer", "king"]}),
        "no_such_place": ({"place": "atlantis"},),
        "no_such_answer": ({"critical": "perhaps"},),
        "register_number_sum": (
            {"register_number": good["register_number"][:-1] + "I"},
            {"register_number": "12345678"},
        ),
        "register_number_form": ({"register_number": "<script>"}, {"register_number": "1\x00"}),
        "website": (
            {"profile": {"website": "javascript:alert(1)"}},
            {"profile": {"website": "https://a@b.example/"}},
            {"profile": {"website": "https://["}},
        ),
        "profile_too_long": ({"profile": {"about": {"en": "x" * 2001}}},),
    }
    for code, cases in wrong.items():
        for case in cases:
            with refused(f"server.merchants.{code}"):
                actions.apply(manager, organisation, **{**good, **case})
    merchant = actions.apply(manager, organisation, **good)
    assert (merchant.critical, merchant.number[:2]) == ("unknown", "M-")
    with refused("server.merchants.merchant_there"):
        actions.apply(manager, organisation, **good)
    with refused("server.merchants.reason_missing"):
        actions.refuse(operator("shanghai"), merchant, "  ")


def macros() -> bytes:
    """A Word file with a macro."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"):
            archive.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00 a program",
        b"<html><script>alert(1)</script></html>",
        b"%PDF-1.7 cut off",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04 no archive",
        macros(),
        b"GIF89a",
    ],
)
def test_papers_are_known_by_their_bytes(home: Path, content: bytes) -> None:
    from dataferry.server.merchants import actions

    merchant, manager = applied()
    with refused("server.uploads.not_offered_type"):
        actions.add_paper(manager, merchant, "licence", taken(home, content, "../../licence.pdf"))
    assert not (home / "merchants").exists()


def test_papers_stay_with_the_application(home: Path) -> None:
    from dataferry.server.merchants import actions
    from dataferry.server.merchants.models import MerchantPaper

    merchant, manager = applied()
    with refused("server.merchants.no_such_paper_kind"):
        actions.add_paper(manager, merchant, "love-letter", taken(home))
    first = actions.add_paper(manager, merchant, "licence", taken(home))
    again = actions.add_paper(manager, merchant, "other", taken(home))
    assert first.place == again.place
    actions.remove_paper(manager, again)
    with refused("server.merchants.no_paper"):
        actions.remove_paper(manager, again)
    assert list(MerchantPaper.objects.values_list("kind", flat=True)) == ["licence"]
    assert "licence.pdf" not in str(list(journal.selected().values_list("payload_text", flat=True)))


def test_who_acts_for_several_says_for_which(db: None) -> None:
    from dataferry.server.merchants.queries import acting, merchant_of
    from dataferry.server.people.models import Membership
    from dataferry.server.people.predicates import forget

    one, other = make_merchant("hong-kong", "buyer"), make_merchant("hong-kong", "buyer", "supplier")
    Membership.objects.create(organisation=other.organisation, user=one.manager)
    forget(one.manager)
    with refused("server.merchants.several_merchants"):
        acting(one.manager, "buyer")
    assert acting(one.manager, "supplier") == other.merchant
    assert merchant_of(one.manager, one.merchant.number) == one.merchant
    with refused("server.merchants.no_merchant"):
        merchant_of(other.manager, one.merchant.number)
