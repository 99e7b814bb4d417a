"""Promise: a registration moves only along its life, by the people who may move it; objections are decided before it is
certified; what is in the register changes only through its registrar. The journal alone tells every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from dataferry.messages import DataferryError, RefusedError
from dataferry.server.journal import clock
from server.market import make_clearance, make_merchant, make_registered, make_release_row
from server.persons import make_person

pytestmark = pytest.mark.django_db
RIGHTS = {"kinds": ["holding"], "basis": {"en": "We measured it."}}


class House:
    """A supplier with a cleared release, and everybody who might try something."""

    def __init__(self) -> None:
        from dataferry.server.people.models import Membership, RoleGrant

        self.supplier = make_merchant("hong-kong", "supplier")
        self.release = published(make_release_row())
        make_clearance(self.release, self.supplier.merchant)
        member = make_person()
        Membership.objects.create(organisation=self.supplier.organisation, user=member)
        own_operator = make_person("", "exchange-operator", city="hong-kong")
        Membership.objects.create(organisation=self.supplier.organisation, user=own_operator, is_manager=False)
        self.people = {
            "manager": self.supplier.manager,
            "member": member,
            "operator": make_person("", "exchange-operator", city="hong-kong"),
            "own-operator": own_operator,
            "other-city": make_person("", "exchange-operator", city="shanghai"),
            "officer": make_person("", "compliance-officer"),
            "administrator": make_person("", "administrator"),
            "stranger": make_person(),
        }
        assert RoleGrant.objects.filter(user=own_operator).exists()

    def at(self, state: str) -> Any:
        """A registration that the real actions have brought to a state."""
        from dataferry.server.exchange.actions import objections, registration_changes, registrations

        operator, manager = self.people["operator"], self.people["manager"]
        if state == "certified":
            return make_registered(self.supplier, self.release, operator)
        row = registrations.open_registration(manager, self.release, self.supplier.merchant, "produced", RIGHTS)
        steps: dict[str, list[Callable[[], Any]]] = {
            "draft": [],
            "submitted": [lambda: registrations.submit(manager, row)],
        }
        steps["returned"] = [*steps["submitted"], lambda: registrations.return_(operator, row, "Say more.")]
        steps["refused"] = [*steps["submitted"], lambda: registrations.refuse(operator, row, "Not yours.")]
        steps["notice"] = [*steps["submitted"], lambda: registrations.publish_notice(operator, row)]
        steps["objected"] = [
            *steps["notice"],
            lambda: objections.file_objection(self.people["stranger"], row, "source", "It is from our site."),
        ]
        steps["cancelled"] = [lambda: registration_changes.cancel(manager, row, "Given up.")]
        for step in steps[state]:
            step()
        row.refresh_from_db()
        assert row.state == state
        return row


def published(release: Any) -> Any:
    from dataferry.server.workshop.models import Publication

    Publication.objects.create(release=release)
    return release


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(DataferryError) as error:
        yield
    assert error.value.code == f"server.exchange.{code}"


@pytest.fixture
def house() -> House:
    return House()


def _acts() -> dict[str, Callable[[Any, Any, House], Any]]:
    from dataferry.server.exchange.actions import objections, registration_changes, registrations

    def later(act: Callable[..., Any]) -> Callable[[Any, Any, House], Any]:
        def after_the_notice(user: Any, row: Any, house: House) -> Any:
            with clock.standing_at(clock.now() + timedelta(days=4)):
                return act(user, row)

        return after_the_notice

    return {
        "describe": lambda user, row, _house: registrations.describe(
            user, row, source_kind="public", rights={"kinds": ["use"]}
        ),
        "submit": lambda user, row, _house: registrations.submit(user, row),
        "return": lambda user, row, _house: registrations.return_(user, row, "More, please."),
        "refuse": lambda user, row, _house: registrations.refuse(user, row, "No."),
        "notice": lambda user, row, _house: registrations.publish_notice(user, row),
        "certify": later(registrations.certify),
        "object": lambda user, row, _house: objections.file_objection(user, row, "other", "It concerns me."),
        "renew": lambda user, row, _house: registration_changes.renew(user, row),
        "cancel": lambda user, row, _house: registration_changes.cancel(user, row, "Over."),
    }


STATES = ("draft", "submitted", "returned", "refused", "notice", "objected", "certified", "cancelled")
OUTSIDE = {"operator", "other-city", "officer", "administrator", "stranger"}
ALLOWED: dict[str, dict[str, set[str]]] = {
    "describe": {state: {"manager", "member", "own-operator"} for state in ("draft", "returned")},
    "submit": {state: {"manager"} for state in ("draft", "returned")},
    "return": {"submitted": {"operator"}},
    "refuse": {"submitted": {"operator"}},
    "notice": {"submitted": {"operator"}},
    "certify": {"notice": {"operator"}},
    "object": {"notice": OUTSIDE, "objected": OUTSIDE - {"stranger"}},
    "renew": {"certified": {"manager"}},
    "cancel": {state: {"manager", "operator"} for state in set(STATES) - {"refused", "cancelled"}},
}
"""Act, state, and who may do it there. Everything else is refused, in words, and changes nothing."""


def _tries(state: str) -> Iterator[tuple[str, str, bool]]:
    for act, states in ALLOWED.items():
        for role in (
            "manager",
            "member",
            "operator",
            "own-operator",
            "other-city",
            "officer",
            "administrator",
            "stranger",
        ):
            yield act, role, role in states.get(state, set())


@pytest.mark.parametrize("state", STATES)
def test_every_act_in_every_state_by_everybody(house: House, state: str) -> None:
    from django.db import transaction

    from dataferry.server import journal

    row, acts = house.at(state), _acts()
    for act, role, allowed in _tries(state):
        before = list(journal.selected())[-1].sequence
        refusal: DataferryError | None = None
        try:
            with transaction.atomic():
                acts[act](house.people[role], type(row).objects.get(pk=row.pk), house)
                # Each try stands alone: taken back, so that the next one finds the state again.
                raise _TakenBackError
        except _TakenBackError:
            pass
        except DataferryError as error:
            refusal = error
        assert (refusal is None) == allowed, f"{role}, {act}, {state}: {refusal}"
        assert refusal is None or all(refusal.text(each) for each in ("en", "zh-Hant", "zh-Hans"))
        row.refresh_from_db()
        assert (row.state, list(journal.selected())[-1].sequence) == (state, before)
    assert journal.replay(journal.selected()).holds


class _TakenBackError(Exception):
    """Ends a try that succeeded."""


def test_an_objection_holds_the_certificate_up(house: House) -> None:
    from dataferry.server.exchange.actions import objections, registrations

    operator, row = house.people["operator"], house.at("objected")
    objection = row.objections.get()
    second = objections.file_objection(house.people["officer"], row, "ownership", "Ours.")
    with clock.standing_at(row.notice_until), refused("objections_open"):
        registrations.certify(operator, row)
    with pytest.raises(RefusedError):
        objections.decide_objection(house.people["stranger"], objection, "dismissed", "Mine.")
    objections.decide_objection(operator, objection, "dismissed", "The site is theirs.")
    row.refresh_from_db()
    assert row.state == "objected", "the other one is still open"
    objections.withdraw_objection(house.people["officer"], second)
    row.refresh_from_db()
    assert row.state == "notice"
    with refused("notice_runs"):
        registrations.certify(operator, row)
    with clock.standing_at(row.notice_until), refused("no_notice"):
        objections.file_objection(house.people["stranger"], row, "other", "Too late.")
    third = objections.file_objection(house.people["stranger"], row, "other", "In time.")
    objections.decide_objection(operator, third, "upheld", "Shown to be theirs.")
    row.refresh_from_db()
    assert row.state == "refused"


def test_no_certificate_without_clearance_and_one_register_for_both_suppliers(house: House) -> None:
    from dataferry.server.compliance.models import ClearanceEnd
    from dataferry.server.exchange.actions import registrations

    operator, row = house.people["operator"], house.at("notice")
    rival = make_merchant("hong-kong", "supplier")
    other = registrations.open_registration(rival.manager, house.release, rival.merchant, "produced", RIGHTS)
    registrations.submit(rival.manager, other)
    with refused("registered_already"):
        registrations.publish_notice(operator, other)
    clearance = house.release.clearances.get()
    ClearanceEnd.objects.create(clearance=clearance, reason="withdrawn", ended_at=clock.now())
    with clock.standing_at(row.notice_until), refused("no_clearance"):
        registrations.certify(operator, row)


def test_changes_renewal_and_expiry(house: House) -> None:
    from dataferry.server import journal
    from dataferry.server.exchange.actions import registration_changes as changes

    row, manager, operator = house.at("certified"), house.people["manager"], house.people["operator"]
    first, newer = row.certificates.get(), published(make_release_row("2.0.0", house.release.product.slug))
    asked = changes.change_registration(manager, row, newer)
    with refused("change_there"):
        changes.renew(manager, row)
    with refused("no_clearance"):
        changes.decide_change(operator, asked, granted=True)
    make_clearance(newer, house.supplier.merchant)
    changes.decide_change(operator, asked, granted=True)
    row.refresh_from_db()
    first.refresh_from_db()
    assert (row.release, first.revoked_because) == (newer, "replaced")
    assert [each.kind for each in row.versions.all()] == ["first", "change"]
    until = row.valid_until
    with clock.standing_at(row.certified_at + timedelta(days=3 * 366)):
        assert changes.expire_due() == 1
        row.refresh_from_db()
        assert row.state == "expired"
        make_clearance(newer, house.supplier.merchant)
        changes.decide_change(operator, changes.renew(manager, row), granted=True)
    row.refresh_from_db()
    assert row.state == "certified"
    assert row.valid_until > until
    assert journal.replay(journal.selected()).holds


@pytest.mark.parametrize(
    "given",
    [
        {"source_kind": "stolen"},
        {"source_kind": "\x00"},
        {"rights": {}},
        {"rights": {"kinds": ["everything"]}},
        {"rights": {"kinds": "holding"}},
        {"rights": {"kinds": ["use"], "basis": {"fr": "non"}}},
        {"rights": {"kinds": ["use"], "basis": {"en": "x" * 2001}}},
        {"rights": None},
    ],
)
def test_what_is_wrong_is_named(house: House, given: Any) -> None:
    from dataferry.server.exchange.actions import registrations
    from dataferry.server.exchange.models import Registration

    wanted = {"source_kind": "public", "rights": RIGHTS, **given}
    with pytest.raises(DataferryError) as refused:
        registrations.open_registration(house.people["manager"], house.release, house.supplier.merchant, **wanted)
    assert refused.value.http_status == 422
    assert not Registration.objects.exists()


def test_nobody_registers_what_is_anothers(house: House) -> None:
    from dataferry.server.exchange.actions import registrations
    from dataferry.server.workshop.models import Product

    Product.objects.filter(pk=house.release.product_id).update(owner=make_person())
    with refused("release_of_others"):
        registrations.open_registration(
            house.people["manager"], type(house.release).objects.get(), house.supplier.merchant, "produced", RIGHTS
        )
