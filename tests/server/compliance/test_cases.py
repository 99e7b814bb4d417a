"""Promise: a clearance rests on evidence, an independent finding and an officer's decision, and says so in digests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dataferry.server import journal
from dataferry.server.journal import clock
from server.compliance.clearing import House, make_house, refused, taken, told_by_journal
from server.market import make_merchant
from server.persons import make_person

pytestmark = pytest.mark.django_db
KINDS = {"licence", "privacy", "border", "quality", "lineage"}


@pytest.fixture
def house(registered: Any) -> House:
    return make_house(registered)


def test_a_case_begins_with_what_the_machine_knows(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.opened()
    assert dict(case.machine_evidence.values_list("kind", "state")) == dict.fromkeys(KINDS, "clear")
    assert case.items.get(code="tradability-privacy").state == "evidenced"
    assert case.items.get(code="source-shared").state == "open"
    assert case.city == "hong-kong"
    assert cases.gather_again(house.supplier.manager, case) == []
    with refused("server.compliance.case_there"):
        house.opened()
    with refused("server.compliance.items_open") as caught:
        cases.submit_case(house.supplier.manager, case, house.assessor.merchant)
    assert "source-shared" in caught.value.data["items"]
    told_by_journal()


def test_who_may_open_for_which_release(house: House, registered: Any) -> None:
    from dataferry.server.compliance.actions import cases

    manager, merchant = house.supplier.manager, house.supplier.merchant
    with refused("server.compliance.release_not_theirs"):
        cases.open_case(manager, registered, merchant, ["hong-kong"])
    for places in ([], ["atlantis"], ["hong-kong", "atlantis"]):
        with refused("server.compliance.recipients"):
            cases.open_case(manager, house.release, merchant, places)
    with refused("server.people.not_allowed"):
        cases.open_case(make_person(), house.release, merchant, ["hong-kong"])
    buyer = make_merchant("hong-kong", "buyer")
    with refused("server.compliance.merchant_not_active"):
        cases.open_case(buyer.manager, house.release, buyer.merchant, ["hong-kong"])


def test_clearance_holds_until_it_is_ended(house: House) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.evidence import digest_of
    from dataferry.server.compliance.queries.clearances import in_force

    clearance = house.cleared()
    document = clearance.document
    assert clearance.digest == digest_of(document)
    assert document["release"]["digest"] == house.release.digest
    assert {row["state"] for row in document["items"]} == {"satisfied"}
    assert set(document["machine"]) == KINDS
    assert in_force(house.release, house.supplier.merchant) == clearance
    assert in_force(house.release, house.assessor.merchant) is None
    with clock.standing_at(clock.now() + timedelta(days=366)):
        assert in_force(house.release) is None
    cases.end_clearance(house.officer, clearance, "A source was withdrawn.")
    assert in_force(house.release) is None
    with refused("server.compliance.clearance_ended_already"):
        cases.end_clearance(house.officer, clearance, "Again.")
    ended = journal.selected(acts=["compliance.clearance_ended"]).get()
    assert ended.object == clearance.reference
    assert "withdrawn" not in str(ended.payload)
    told_by_journal()


def test_answers_are_not_written_over(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case, manager = house.opened(), house.supplier.manager
    item = case.items.get(code="general-scope")
    first = cases.answer_item(manager, item, "Air, hourly.", item.revision)
    with refused("server.compliance.item_changed"):
        cases.answer_item(manager, item, "Water.", item.revision)
    assert cases.answer_item(manager, first, "", first.revision).state == "open"
    with refused("server.compliance.words_too_long"):
        cases.answer_item(manager, item, "x" * 5001, item.revision)


def test_evidence_is_replaced_never_lost(house: House, home: Any) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import ItemEvidence

    case, manager = house.opened(), house.supplier.manager
    item, other = case.items.get(code="general-scope"), case.items.get(code="source-shared")
    first = cases.add_evidence(manager, item, taken(home))
    second = cases.add_evidence(manager, item, taken(home, b"a,b\n1,2\n", "list.csv"), first)
    assert (second.media_type, second.replaces, item.evidence.count()) == ("text/plain", first, 2)
    for wrong in (first, cases.add_evidence(manager, other, taken(home))):
        with refused("server.compliance.not_to_replace"):
            cases.add_evidence(manager, item, taken(home), wrong)
    with refused("server.uploads.not_offered_type"):
        cases.add_evidence(manager, item, taken(home, b"MZ\x90\x00", "statement.pdf"))
    with refused("server.journal.row_is_final"):
        ItemEvidence.objects.update(sha256="0" * 64)
    assert case.items.get(pk=item.pk).state == "evidenced"


def test_more_evidence_opens_items_again(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case, manager = house.found(), house.supplier.manager
    with refused("server.compliance.no_such_item"):
        cases.request_evidence(house.finder, case, ["general-scope", "no-such"], "More.")
    asked = cases.request_evidence(house.finder, case, ["general-scope"], "Name the buyers.")
    item, settled = (asked.items.get(code=code) for code in ("general-scope", "source-shared"))
    with refused("server.compliance.item_is_found"):
        cases.answer_item(manager, settled, "Otherwise.", settled.revision)
    with refused("server.compliance.items_open"):
        answered = cases.answer_item(manager, item, "", item.revision)
        cases.submit_case(manager, asked)
    cases.answer_item(manager, item, "Two buyers.", answered.revision)
    with refused("server.compliance.assessor_stays"):
        cases.submit_case(manager, asked, make_merchant("hong-kong", "assessor").merchant)
    again = cases.submit_case(manager, asked)
    with refused("server.compliance.items_unfound"):
        cases.assess(house.finder, again, "Fine.")
    assert again.assessor == house.assessor.merchant
    told_by_journal()


def test_the_assessor_is_independent(house: House) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.queries.cases import independent_assessors
    from dataferry.server.people.models import Membership

    case, manager, supplier = house.answered(), house.supplier.manager, house.supplier.merchant
    with refused("server.compliance.no_assessor"):
        cases.submit_case(manager, case)
    with refused("server.compliance.merchant_not_active"):
        cases.submit_case(manager, case, make_merchant("hong-kong", "buyer").merchant)
    friend = make_merchant("hong-kong", "assessor")
    Membership.objects.create(organisation=friend.organisation, user=manager)
    with refused("server.compliance.assessor_not_independent"):
        cases.submit_case(manager, case, friend.merchant)
    assert list(independent_assessors(supplier)) == [house.assessor.merchant]
    case = cases.submit_case(manager, case, house.assessor.merchant)
    Membership.objects.create(organisation=house.supplier.organisation, user=house.assessor.manager)
    with refused("server.compliance.assessor_not_independent"):
        cases.find_item(house.finder, case.items.first(), "satisfied", "")


def test_conditions_are_named_and_the_decision_is_never_more_lenient(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.found()
    cases.find_item(house.finder, case.items.get(code="supplementary-records"), "condition", "Kept for two years only.")
    with refused("server.compliance.conditions_missing"):
        cases.assess(house.finder, case, "Good, but.")
    case = cases.assess(house.finder, case, "Good, but.", ["Keep records for three years.", " "])
    with refused("server.compliance.more_lenient"):
        cases.decide_case(house.officer, case, "passed", "Fine.")
    with refused("server.compliance.no_such_outcome_of_case"):
        cases.decide_case(house.officer, case, "maybe", "Fine.")
    with refused("server.compliance.text_missing"):
        cases.decide_case(house.officer, case, "failed", " ")
    clearance = cases.decide_case(house.officer, case, "passed_with_conditions", "With that.")
    assert clearance is not None
    assert clearance.conditions == clearance.document["conditions"] == ["Keep records for three years."]


def test_gates_are_hard(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.submitted()
    cases.find_clear_items(house.finder, case)
    gates = ("gate-harm", "gate-authorisation", "gate-prohibited", "source-shared", "source-open-type")
    for code in gates:
        for state in ("condition", "not_applicable"):
            with refused("server.compliance.gate_is_hard"):
                cases.find_item(house.finder, case.items.get(code=code), state, "Well.")
    for item in case.items.filter(state="evidenced"):
        cases.find_item(house.finder, item, "not_satisfied" if item.code == "source-shared" else "satisfied", "So.")
    case = cases.assess(house.finder, case, "A source was shared between authorities.")
    for outcome in ("passed", "passed_with_conditions"):
        with refused("server.compliance.more_lenient"):
            cases.decide_case(house.officer, case, outcome, "All the same.")
    assert cases.decide_case(house.officer, case, "failed", "Article 40.") is None
    told_by_journal()


def test_a_missing_word_or_a_stranger_value_is_refused(house: House) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.submitted()
    item = case.items.get(code="general-scope")
    with refused("server.compliance.no_such_finding"):
        cases.find_item(house.finder, item, "open", "")
    with refused("server.compliance.text_missing"):
        cases.find_item(house.finder, item, "not_satisfied", "")
    with refused("server.compliance.item_changed"):
        cases.find_item(house.finder, item, "satisfied", "", item.revision + 1)
    with refused("server.compliance.too_many_conditions"):
        cases.assess(house.finder, case, "Fine.", ["x"] * 21)
