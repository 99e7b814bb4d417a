"""Promise: in every state of a case, every act is open to exactly those who may do it then, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dataferry.messages import DataferryError
from server.compliance.clearing import House, make_house, told_by_journal
from server.persons import make_person

pytestmark = pytest.mark.django_db
STATES = ("opened", "evidence_requested", "submitted", "assessed", "passed", "failed", "withdrawn")
Act = Callable[[Any, House, Any, Any], Any]


def first(case: Any) -> Any:
    return case.items.get(code="general-scope")


ACTS: dict[str, tuple[set[str], set[str], Act]] = {
    "answer": (
        {"member", "manager"},
        {"opened", "evidence_requested"},
        lambda a, h, u, c: a.answer_item(u, first(c), "Said.", first(c).revision),
    ),
    "submit": (
        {"manager"},
        {"opened", "evidence_requested"},
        lambda a, h, u, c: a.submit_case(u, c, h.assessor.merchant),
    ),
    "withdraw": (
        {"manager"},
        {"opened", "evidence_requested", "submitted"},
        lambda a, h, u, c: a.withdraw_case(u, c),
    ),
    "find": ({"finder"}, {"submitted"}, lambda a, h, u, c: a.find_item(u, first(c), "satisfied", "")),
    "find_clear": ({"finder"}, {"submitted"}, lambda a, h, u, c: a.find_clear_items(u, c)),
    "assess": ({"finder"}, {"submitted"}, lambda a, h, u, c: a.assess(u, c, "Fine.")),
    "ask": (
        {"finder in submitted", "officer in assessed"},
        {"submitted", "assessed"},
        lambda a, h, u, c: a.request_evidence(u, c, ["general-scope"], "More."),
    ),
    "pass": ({"officer"}, {"assessed"}, lambda a, h, u, c: a.decide_case(u, c, "passed", "Fine.")),
    "fail": ({"officer"}, {"assessed"}, lambda a, h, u, c: a.decide_case(u, c, "failed", "No.")),
    "end": ({"officer"}, {"passed"}, lambda a, h, u, c: a.end_clearance(u, c.clearance, "Over.")),
}


def brought_to(house: House, state: str) -> Any:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import ComplianceCase

    manager = house.supplier.manager
    if state == "opened":
        case = house.answered()
    elif state == "submitted":
        case = house.found()
    elif state == "evidence_requested":
        case = cases.request_evidence(house.finder, house.found(), ["general-scope"], "More.")
        cases.answer_item(manager, first(case), "Said.", first(case).revision)
    elif state == "assessed":
        case = house.assessed()
    elif state == "withdrawn":
        case = cases.withdraw_case(manager, house.opened())
    else:
        case = house.assessed()
        cases.decide_case(house.officer, case, state, "So.")
    case = ComplianceCase.objects.get(pk=case.pk)
    assert case.state == state
    return case


def let_through(act: Act, house: House, user: Any, case: Any) -> bool:
    """Whether an act is let through; what it did is taken back."""
    from django.db import transaction

    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import Clearance, ComplianceCase
    from dataferry.server.people.predicates import forget

    forget(user)
    try:
        with transaction.atomic():
            act(cases, house, user, ComplianceCase.objects.get(pk=case.pk))
            transaction.set_rollback(True)
    except (DataferryError, Clearance.DoesNotExist):
        return False
    return True


def cast(house: House) -> dict[str, Any]:
    from dataferry.server.people.models import Membership

    def joined(user: Any, party: Any) -> Any:
        Membership.objects.create(organisation=party.organisation, user=user)
        return user

    return {
        "manager": house.supplier.manager,
        "member": joined(make_person(), house.supplier),
        "finder": house.finder,
        "officer": house.officer,
        "assessor's manager without the role": house.assessor.manager,
        "assessor of another house": make_person("", "assessor"),
        "officer of the other city": make_person("", "compliance-officer", city="shanghai"),
        "operator": make_person("", "exchange-operator"),
        "administrator": make_person("", "administrator"),
        "stranger": make_person(),
    }


@pytest.mark.parametrize("state", STATES)
def test_every_act_in_every_state_by_everybody(registered: Any, state: str) -> None:
    house = make_house(registered)
    case, people = brought_to(house, state), cast(house)
    for name, (actors, states, act) in ACTS.items():
        for who, user in people.items():
            allowed = state in states and bool({who, f"{who} in {state}"} & actors)
            assert let_through(act, house, user, case) == allowed, (name, who)
    told_by_journal()


@pytest.mark.parametrize("party", ["supplier", "assessor"])
def test_nobody_decides_on_their_own(registered: Any, party: str) -> None:
    """An officer who joins a party of the case, or owns the product, is refused."""
    from dataferry.server.people.models import Membership

    house = make_house(registered)
    case = brought_to(house, "assessed")
    Membership.objects.create(organisation=getattr(house, party).organisation, user=house.officer)
    for name in ("pass", "fail", "ask"):
        assert not let_through(ACTS[name][2], house, house.officer, case), name


def test_a_party_that_is_suspended_does_nothing_more(registered: Any) -> None:
    from dataferry.server.merchants import actions as merchants

    operator = make_person("", "exchange-operator")
    house = make_house(registered)
    case = brought_to(house, "assessed")
    merchants.suspend(operator, house.supplier.merchant, "Rules broken.")
    assert not let_through(ACTS["pass"][2], house, house.officer, case)
    assert let_through(ACTS["fail"][2], house, house.officer, case)
    merchants.reinstate(operator, house.supplier.merchant, "Settled.")
    merchants.suspend(operator, house.assessor.merchant, "Rules broken.")
    assert not let_through(ACTS["pass"][2], house, house.officer, case)
