"""Promise: of all states, acts and roles of trade only those in these tables go through; nobody is on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.exchange.actions import agreements, disputes, money, offers, orders
from dataferry.server.exchange.models import Agreement
from dataferry.server.journal import clock
from dataferry.server.people.models import Membership
from server.market import make_agreement, make_listed, make_merchant, make_offer, pay, sign_both
from server.persons import make_person

pytestmark = pytest.mark.django_db

BUYERS = {"buyer manager", "buyer member"}
SUPPLIERS = {"supplier manager", "supplier member"}
ROLES = (
    *sorted(BUYERS | SUPPLIERS),
    "operator",
    "operator elsewhere",
    "operator at the buyer",
    "officer",
    "administrator",
    "stranger",
    "both sides",
)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside is taken back."""
    with transaction.atomic():
        try:
            yield
        finally:
            transaction.set_rollback(True)


def member_of(organisation: Any, *roles: str, is_manager: bool = False) -> Any:
    person = make_person("", *roles)
    Membership.objects.create(organisation=organisation, user=person, is_manager=is_manager)
    return person


@pytest.fixture
def trade() -> dict[str, Any]:
    supplier, buyer = make_merchant("shanghai", "supplier"), make_merchant("hong-kong", "buyer")
    both = member_of(supplier.organisation, is_manager=True)
    Membership.objects.create(organisation=buyer.organisation, user=both, is_manager=True)
    people = {
        "buyer manager": buyer.manager,
        "buyer member": member_of(buyer.organisation),
        "supplier manager": supplier.manager,
        "supplier member": member_of(supplier.organisation),
        "operator": make_person("", "exchange-operator", city="shanghai"),
        "operator elsewhere": make_person("", "exchange-operator", city="hong-kong"),
        "operator at the buyer": member_of(buyer.organisation, "exchange-operator"),
        "officer": make_person("", "compliance-officer"),
        "administrator": make_person("", "administrator"),
        "stranger": make_merchant("hong-kong", "buyer").manager,
        "both sides": both,
    }
    return {"supplier": supplier, "buyer": buyer, "listing": make_listed(supplier), "people": people}


def in_state(trade: dict[str, Any], state: str) -> Agreement:
    """An agreement that the actions have brought into this state."""
    supplier, buyer, operator = trade["supplier"], trade["buyer"], trade["people"]["operator"]
    offer = make_offer(trade["listing"], supplier.manager, "one_off", amount=5, policy={"days": 3})
    row = make_agreement(offer, buyer)
    if state == "cancelled":
        return agreements.cancel(buyer.manager, row)
    if state != "drawn_up":
        row = sign_both(row, supplier, buyer)
    if state == "terminated":
        return agreements.terminate(buyer.manager, row, "no longer needed")
    if state in ("in_force", "suspended", "ended"):
        pay(row, buyer, operator)
        row.refresh_from_db()
    if state == "suspended":
        return agreements.suspend(operator, row, "looked into")
    if state == "ended":
        with clock.standing_at(clock.now() + timedelta(days=4)):
            assert agreements.end_due() == 1
        row.refresh_from_db()
    return row


ACTS: dict[str, Callable[[Any, Agreement], Any]] = {
    "sign for the buyer": lambda user, row: agreements.sign(user, row, "buyer", row.digest),
    "sign for the supplier": lambda user, row: agreements.sign(user, row, "supplier", row.digest),
    "cancel": agreements.cancel,
    "suspend": lambda user, row: agreements.suspend(user, row, "why"),
    "resume": agreements.resume,
    "terminate": lambda user, row: agreements.terminate(user, row, "why"),
    "accept the delivery": lambda user, row: agreements.accept_delivery(user, row, True),
    "complain": lambda user, row: disputes.open_dispute(user, row, "quality", "why"),
    "pay": lambda user, row: money.start_payment(user, row.invoices.get(), "bank-transfer"),
    "refund": lambda user, row: money.refund(user, row.invoices.get().payments.get(), 1, "why"),
}
AT_BUYER = BUYERS | {"operator at the buyer"}
CANCELS = AT_BUYER | {"supplier manager"}
TERMINATES = {"buyer manager", "operator"}
BEGUN = ("in_force", "suspended", "ended")
ALLOWED: dict[str, dict[str, set[str]]] = {
    "sign for the buyer": {"drawn_up": {"buyer manager"}},
    "sign for the supplier": {"drawn_up": {"supplier manager"}},
    "cancel": {"drawn_up": CANCELS},
    "suspend": {"in_force": {"operator"}},
    "resume": {"suspended": {"operator"}},
    "terminate": dict.fromkeys(("signed", "in_force", "suspended"), TERMINATES),
    "accept the delivery": dict.fromkeys(BEGUN, AT_BUYER),
    "complain": dict.fromkeys(BEGUN, AT_BUYER | SUPPLIERS),
    "pay": {"signed": AT_BUYER},
    "refund": {state: {"operator"} for state in BEGUN},
}


@pytest.mark.parametrize("state", ["drawn_up", "signed", "in_force", "suspended", "ended", "terminated", "cancelled"])
def test_only_what_the_table_allows_goes_through(trade: dict[str, Any], state: str) -> None:
    row = in_state(trade, state)
    assert row.state == state
    went: dict[str, set[str]] = {act: set() for act in ACTS}
    for act, do in ACTS.items():
        if act in ("pay", "refund") and not row.invoices.exists():
            continue
        if act == "refund" and state not in BEGUN:
            continue
        for role in ROLES:
            with undone():
                try:
                    do(trade["people"][role], Agreement.objects.get(pk=row.pk))
                except DataferryError:
                    continue
                went[act].add(role)
    assert went == {act: ALLOWED[act].get(state, set()) for act in ACTS}
    assert journal.replay(journal.selected()).holds


def test_the_state_of_a_thing_changes_only_with_its_act(trade: dict[str, Any]) -> None:
    row = in_state(trade, "drawn_up")
    terms = {**row.terms, "price": {**row.terms["price"], "amount": 1}}
    with pytest.raises(Exception, match="final"), transaction.atomic():
        Agreement.objects.filter(pk=row.pk).update(terms=terms)
    other = "sha256:" + "0" * 64
    with pytest.raises(DataferryError) as refused:
        agreements.sign(trade["buyer"].manager, row, "buyer", other)
    assert refused.value.code == "server.exchange.terms_differ"
    with pytest.raises(DataferryError) as refused:
        agreements.sign(trade["buyer"].manager, row, "witness", row.digest)
    assert refused.value.code == "server.exchange.no_such_side"


def test_nobody_orders_from_themselves_or_for_both(trade: dict[str, Any]) -> None:
    offer = make_offer(trade["listing"], trade["supplier"].manager)
    with pytest.raises(DataferryError) as refused:
        orders.order(trade["people"]["both sides"], offer, trade["buyer"].merchant, "research", "planning")
    assert refused.value.code == "server.exchange.both_sides"
    with pytest.raises(DataferryError) as refused:
        orders.order(trade["people"]["stranger"], offer, trade["buyer"].merchant, "research", "planning")
    assert refused.value.code == "server.people.not_allowed"


def test_a_payment_is_confirmed_by_an_operator_of_neither_side(trade: dict[str, Any]) -> None:
    row = in_state(trade, "signed")
    payment = money.start_payment(trade["buyer"].manager, row.invoices.get(), "bank-transfer")
    went = set()
    for role in ROLES:
        for act in (
            lambda user: money.confirm_payment(user, payment, "B"),
            lambda user: money.fail_payment(user, payment),
        ):
            with undone():
                try:
                    act(trade["people"][role])
                except DataferryError:
                    continue
                went.add(role)
    assert went == {"operator"}


def test_who_may_prepare_and_who_may_offer(trade: dict[str, Any]) -> None:
    listing, people = trade["listing"], trade["people"]
    offer = make_offer(listing, trade["supplier"].manager)
    acts: dict[str, Callable[[Any], Any]] = {
        "prepare": lambda user: offers.add_plan(user, listing, "new", "free", "HKD"),
        "policy": lambda user: offers.add_policy(user, listing, "new", purposes=["research"], regions=["shanghai"]),
        "offer": lambda user: offers.open_offer(user, listing, offer.plan, offer.policy),
        "withdraw": lambda user: offers.withdraw_offer(user, offer),
        "close plan": lambda user: offers.close_plan(user, offer.plan),
        "close policy": lambda user: offers.close_policy(user, offer.policy),
    }
    went: dict[str, set[str]] = {act: set() for act in acts}
    for act, do in acts.items():
        for role in ROLES:
            with undone():
                try:
                    do(people[role])
                except DataferryError:
                    continue
                went[act].add(role)
    prepares, manages = SUPPLIERS | {"both sides"}, {"supplier manager", "both sides"}
    assert went == {
        "prepare": prepares,
        "policy": prepares,
        "offer": manages,
        "withdraw": manages,
        "close plan": manages,
        "close policy": manages,
    }


DISPUTE_ACTS: dict[str, Callable[[Any, Any], Any]] = {
    "answer": lambda user, row: disputes.answer_dispute(user, row, "no"),
    "settle": disputes.settle_dispute,
    "withdraw": disputes.withdraw_dispute,
    "uphold": lambda user, row: disputes.decide_dispute(user, row, True, "why"),
    "dismiss": lambda user, row: disputes.decide_dispute(user, row, False, "why"),
    "suspend": lambda user, row: disputes.suspend_while_open(user, row, "why"),
}
OPENED = {
    "answer": SUPPLIERS,
    "settle": set(),
    "withdraw": AT_BUYER,
    "uphold": {"operator"},
    "dismiss": {"operator"},
    "suspend": {"operator"},
}


@pytest.mark.parametrize("state", ["opened", "answered", "upheld", "dismissed", "settled", "withdrawn"])
def test_complaints_take_their_course(trade: dict[str, Any], state: str) -> None:
    people = trade["people"]
    row = disputes.open_dispute(people["buyer manager"], in_state(trade, "in_force"), "quality", "empty rows")
    if state in ("answered", "settled"):
        row = disputes.answer_dispute(people["supplier member"], row, "not so")
    if state in ("upheld", "dismissed"):
        row = disputes.decide_dispute(people["operator"], row, state == "upheld", "as the sheet says")
    if state == "settled":
        row = disputes.settle_dispute(people["buyer member"], row)
    if state == "withdrawn":
        row = disputes.withdraw_dispute(people["buyer member"], row)
    assert row.state == state
    expected: dict[str, set[str]] = {act: set() for act in DISPUTE_ACTS}
    if state in ("opened", "answered"):
        expected = {**OPENED, "settle": AT_BUYER if state == "answered" else set()}
    went: dict[str, set[str]] = {act: set() for act in DISPUTE_ACTS}
    for act, do in DISPUTE_ACTS.items():
        for role in ROLES:
            with undone():
                try:
                    do(people[role], row)
                except DataferryError:
                    continue
                went[act].add(role)
    assert went == expected
    assert journal.replay(journal.selected()).holds
