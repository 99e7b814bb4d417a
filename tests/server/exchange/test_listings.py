"""Promise: a product is listed only when it is registered, cleared, has a scenario and evidence that verifies; only who
may move it does; what it rests on suspends it; the journal alone tells every state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dataferry.messages import DataferryError, RefusedError
from dataferry.server.journal import clock
from server.market import make_clearance, make_listing, make_merchant, make_registered
from server.persons import make_person
from server.releases import make_release

pytestmark = pytest.mark.django_db
ROLES = ("manager", "member", "operator", "own-operator", "other-city", "officer", "administrator", "stranger")


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(DataferryError) as error:
        yield
    assert error.value.code == f"server.exchange.{code}"


class House:
    """A supplier with a product on its way to the list, and everybody who might try something."""

    def __init__(self, release: Any) -> None:
        from dataferry.server.people.models import Membership

        self.supplier, self.release = make_merchant("hong-kong", "supplier"), release
        member, own_operator = make_person(), make_person("", "exchange-operator", city="hong-kong")
        for person in (member, own_operator):
            Membership.objects.create(organisation=self.supplier.organisation, user=person)
        self.operator = make_person("", "exchange-operator", city="hong-kong")
        self.manager = self.supplier.manager
        self.people = {
            "manager": self.manager,
            "member": member,
            "operator": self.operator,
            "own-operator": own_operator,
            "other-city": make_person("", "exchange-operator", city="shanghai"),
            "officer": make_person("", "compliance-officer"),
            "administrator": make_person("", "administrator"),
            "stranger": make_person(),
        }

    def at(self, state: str) -> Any:
        from dataferry.server.exchange.actions import listings

        row = make_listing(self.supplier, self.release, self.operator, listed=False)
        if state != "draft":
            listings.submit_listing(self.manager, row)
        if state == "returned":
            listings.return_listing(self.operator, row, "Say more.")
        if state in ("listed", "suspended", "delisted"):
            listings.list_it(self.operator, row)
        if state == "suspended":
            listings.suspend(self.operator, row, "A complaint.")
        if state == "delisted":
            listings.delist(self.manager, row, "Over.")
        row.refresh_from_db()
        assert row.state == state
        return row


@pytest.fixture
def house(registered: Any) -> House:
    return House(registered)


def newer_release(tmp_path: Path, version: str = "2.0.0", **changes: Any) -> Any:
    from dataferry.server.workshop.actions import register_release

    return register_release(make_release(tmp_path / version, version=version, changes=changes))


def _acts() -> dict[str, Callable[[Any, Any], Any]]:
    from dataferry.server.exchange.actions import listings

    return {
        "change": lambda user, row: listings.change_listing(user, row, row.revision, board="energy"),
        "scenario": lambda user, row: listings.add_scenario(user, row, "more", {"title": {"en": "More"}}),
        "sign": listings.sign_undertaking,
        "submit": listings.submit_listing,
        "return": lambda user, row: listings.return_listing(user, row, "More."),
        "list": listings.list_it,
        "suspend": lambda user, row: listings.suspend(user, row, "A complaint."),
        "resume": listings.resume,
        "delist": lambda user, row: listings.delist(user, row, "Over."),
    }


STATES = ("draft", "submitted", "returned", "listed", "suspended", "delisted")
WRITTEN = ("draft", "returned")
MEMBERS = {"manager", "member", "own-operator"}
ALLOWED: dict[str, dict[str, set[str]]] = {
    "change": dict.fromkeys(WRITTEN, MEMBERS),
    "scenario": dict.fromkeys(WRITTEN, MEMBERS),
    "sign": {state: {"manager"} for state in WRITTEN},
    "submit": {state: {"manager"} for state in WRITTEN},
    "return": {"submitted": {"operator"}},
    "list": {"submitted": {"operator"}},
    "suspend": {"listed": {"operator"}},
    "resume": {"suspended": {"operator"}},
    "delist": {state: {"manager", "operator"} for state in set(STATES) - {"delisted"}},
}
"""Act, state, and who may do it there. Everything else is refused, in words, and changes nothing."""


class _TakenBackError(Exception):
    """Ends a try that succeeded."""


@pytest.mark.parametrize("state", STATES)
def test_every_act_in_every_state_by_everybody(house: House, state: str) -> None:
    from django.db import transaction

    from dataferry.server import journal

    row = house.at(state)
    for name, act in _acts().items():
        for role in ROLES:
            allowed, before = role in ALLOWED[name].get(state, set()), list(journal.selected())[-1].sequence
            refusal: DataferryError | None = None
            try:
                with transaction.atomic():
                    act(house.people[role], type(row).objects.get(pk=row.pk))
                    raise _TakenBackError
            except _TakenBackError:
                pass
            except DataferryError as error:
                refusal = error
            assert (refusal is None) == allowed, f"{role}, {name}, {state}: {refusal}"
            assert refusal is None or all(refusal.text(each) for each in ("en", "zh-Hant", "zh-Hans"))
            row.refresh_from_db()
            assert (row.state, list(journal.selected())[-1].sequence) == (state, before)
    assert journal.replay(journal.selected()).holds


def test_no_compliance_no_listing_no_scenario_no_trade(house: House) -> None:
    from dataferry.server.compliance.models import ClearanceEnd
    from dataferry.server.exchange.actions import listings

    row = house.at("draft")
    scenario = row.scenarios.get()
    listings.remove_scenario(house.manager, scenario)
    listings.sign_undertaking(house.manager, row)
    with refused("no_scenario"):
        listings.submit_listing(house.manager, row)
    listings.add_scenario(house.manager, row, "siting", {"title": {"zh-Hans": "选址"}})
    with refused("listing_incomplete"):
        listings.submit_listing(house.manager, row)  # signed for another scenario
    listings.sign_undertaking(house.manager, row)
    listings.submit_listing(house.manager, row)
    clearance = house.release.clearances.get()
    ClearanceEnd.objects.create(clearance=clearance, reason="withdrawn", ended_at=clock.now())
    with refused("no_clearance"):
        listings.list_it(house.operator, row)
    make_clearance(house.release, house.supplier.merchant)
    assert listings.list_it(house.operator, row).state == "listed"


def test_a_product_is_registered_before_it_is_listed(house: House) -> None:
    from dataferry.server.exchange.actions import listings, registrations

    make_clearance(house.release, house.supplier.merchant)
    rights = {"kinds": ["use"]}
    entry = registrations.open_registration(house.manager, house.release, house.supplier.merchant, "public", rights)
    row = listings.draft_listing(house.manager, entry, details={"purpose": {"en": "Planning."}})
    listings.add_scenario(house.manager, row, "siting", {"title": {"en": "Siting"}})
    listings.sign_undertaking(house.manager, row)
    listings.submit_listing(house.manager, row)
    with refused("not_registered"):
        listings.list_it(house.operator, row)


def test_an_api_product_passes_a_live_connection_test(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test that the delivery room brings is tried in its own tests; here none and others stand in its place."""
    from dataferry.server.exchange import connection
    from dataferry.server.exchange.actions import listings

    monkeypatch.setattr(connection, "_probes", [])
    inputs = [{"name": "district", "type": "string", "required": True, "meaning": {"en": "Name of a district."}}]
    details = {"kind": "api", "inputs": inputs}
    with refused("level_and_kind"):
        make_listing(house.supplier, house.release, house.operator, level="S1", details=details)
    row = make_listing(house.supplier, house.release, house.operator, level="S4", details=details, listed=False)
    assert row.delivery_modes == ["api"]
    listings.submit_listing(house.manager, row)
    with refused("no_connection_test"):
        listings.list_it(house.operator, row)
    tried: list[str] = []

    def silent(_listing: Any) -> None:
        raise RefusedError("server.exchange.not_listed", number="-")

    def answers(listing: Any) -> None:
        tried.append(listing.number)

    for probe, code in ((silent, "connection_failed"), (answers, "")):
        connection.register(probe)
        try:
            if code:
                with refused(code):
                    listings.list_it(house.operator, row)
            else:
                assert listings.list_it(house.operator, row).state == "listed"
        finally:
            connection.forget(probe)
    assert tried == [row.number]


def test_a_new_release_takes_the_place_of_the_old_one(house: House, tmp_path: Path) -> None:
    from dataferry.server import journal
    from dataferry.server.exchange.actions import listings
    from dataferry.server.exchange.actions.sheets import make_sheet
    from dataferry.server.exchange.models import Policy

    row, newer = house.at("listed"), newer_release(tmp_path)
    first = make_sheet(row)
    with refused("no_clearance"):
        listings.update_release(house.manager, row, newer)
    make_clearance(newer, house.supplier.merchant)
    policy = Policy.objects.create(listing=row, code="all", columns=["city", "nothing_of_this_name"])
    with refused("columns_gone"):
        listings.update_release(house.manager, row, newer)
    policy.columns = ["city"]
    policy.save()
    with pytest.raises(RefusedError):
        listings.update_release(house.operator, row, newer)
    changed = listings.update_release(house.manager, row, newer)
    with refused("same_release"):
        listings.update_release(house.manager, changed, newer)
    assert [each.release.version for each in changed.releases.all()] == ["1.0.0", "2.0.0"]
    assert changed.undertakings.count() == 2, "signed for the new release too"
    old, new = changed.certificates.order_by("pk")
    assert (old.revoked_because, new.revoked_at) == ("replaced", None)
    assert make_sheet(changed).edition == first.edition + 1
    event = next(each for each in journal.selected() if each.act == "exchange.listing_release_changed")
    assert (event.object, event.payload["version"]) == (changed.reference, 2)
    assert journal.replay(journal.selected()).holds


def test_what_a_listing_rests_on_suspends_it(house: House) -> None:
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.compliance.models import ClearanceEnd
    from dataferry.server.exchange.actions import listings
    from dataferry.server.exchange.actions.registration_changes import suspend_uncleared
    from dataferry.server.letters.models import Letter
    from dataferry.server.merchants.states import MERCHANT

    row = house.at("listed")
    with transaction.atomic():
        ClearanceEnd.objects.create(clearance=row.clearance, reason="withdrawn", ended_at=clock.now())
        journal.append("system", "compliance.clearance_ended", row.clearance.reference, {})
    journal.catch_up()
    row.refresh_from_db()
    assert (row.state, row.reason) == ("suspended", "clearance-ended")
    told = [each.subject for each in Letter.objects.filter(user=house.manager, about=row.reference)]
    assert f"Trade in {row.number} is suspended" in told
    with refused("no_clearance"):
        listings.resume(house.operator, row)
    cleared = make_clearance(house.release, house.supplier.merchant)
    assert listings.resume(house.operator, row).clearance == cleared
    with transaction.atomic():
        merchant = type(house.supplier.merchant).objects.select_for_update().get()
        MERCHANT.move(merchant, "suspended", "system", "merchants.suspended")
    journal.catch_up()
    row.refresh_from_db()
    assert (row.state, row.reason) == ("suspended", "supplier-suspended")
    with refused("not_a_supplier"):
        listings.resume(house.operator, row)
    with transaction.atomic():
        MERCHANT.move(merchant, "active", "system", "merchants.reinstated")
    listings.resume(house.operator, row)
    with clock.standing_at(clock.now().replace(year=clock.now().year + 2)):
        assert suspend_uncleared() == 1
    assert journal.replay(journal.selected()).holds


def test_the_challenge_hands_a_product_over(house: House) -> None:
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.exchange import dossiers
    from dataferry.server.exchange.actions.handing_over import take_up
    from dataferry.server.exchange.digests import digest_of
    from dataferry.server.exchange.models import OfferedDraft
    from dataferry.server.workshop.models import Product

    Product.objects.filter(pk=house.release.product_id).update(owner=house.people["member"])
    dossier = {"title": {"en": "Ferries on time"}, "summary": {"en": "When the next one leaves."}}
    reference = "listing_draft:harbour-2026/ABC234"
    said = {"entry": "ABC234", "release": "release:two-city-chargers@1.0.0", "digest": digest_of(dossier)}
    with transaction.atomic():
        journal.append("system", "challenge.listing_offered", reference, said)
    journal.catch_up()
    offered = OfferedDraft.objects.get(reference=reference)
    other = make_merchant("shanghai", "supplier")
    with refused("release_of_others"):
        take_up(other.manager, offered, other.merchant)
    reader = dossiers.register(lambda asked: dossier if asked == reference else None)
    try:
        row = take_up(house.manager, offered, house.supplier.merchant)
    finally:
        dossiers._readers.remove(reader)
    assert row.details["title"] == {"en": "Ferries on time"}
    assert (row.draft_of, row.registration.state) == (reference, "draft")
    with refused("taken_up"):
        take_up(house.manager, offered, house.supplier.merchant)
    assert journal.replay(journal.selected()).holds


HOSTILE: list[dict[str, Any]] = [
    {"level": "S9"},
    {"board": "<script>"},
    {"industry": "\x00"},
    {"delivery_modes": ["files", "teleport"]},
    {"level": "S4", "delivery_modes": ["files"]},
    {"details": {"unknown": 1}},
    {"details": {"title": {"en": "x" * 201}}},
    {"details": {"title": {"xx": "?"}}},
    {"details": {"frequency": {"unit": "day", "count": -1}}},
    {"details": {"frequency": {"unit": "fortnight"}}},
    {"details": {"calls_a_minute": "1e9"}},
    {"details": {"kind": "api", "inputs": [{"name": ""}]}},
    {"details": {"kind": "api", "inputs": [{"name": "a"}] * 101}},
    {"shares": []},
    {"shares": [{"owner": "M-2026-0001", "weight": 0}]},
    {"shares": [{"owner": "M-2026-0001", "weight": 1.5}]},
    {"shares": [{"owner": "M-2026-0001", "weight": True}]},
    {"shares": [{"owner": "a", "weight": 1}, {"owner": "a", "weight": 2}]},
    {"shares": "everything"},
]


def test_what_is_wrong_in_a_listing_is_named_and_nothing_is_kept(house: House) -> None:
    from dataferry.server.exchange.actions import listings

    row = house.at("draft")
    for given in HOSTILE:
        with pytest.raises(DataferryError) as error:
            listings.change_listing(house.manager, row, row.revision, **given)
        assert error.value.http_status == 422, given
        assert all(error.value.text(each) for each in ("en", "zh-Hant", "zh-Hans"))
    with refused("listing_changed"):
        listings.change_listing(house.manager, row, row.revision - 1, board="energy")
    row.refresh_from_db()
    assert row.board == "other"
    saved = listings.change_listing(house.manager, row, row.revision, details={"title": {"en": " A\x00b\u202e<b> "}})
    assert saved.details["title"] == {"en": "Ab<b>"}


def test_weights_are_suggested_from_the_lineage(house: House) -> None:
    entry = make_clearance(house.release, house.supplier.merchant) and make_registered(
        house.supplier, house.release, house.operator
    )
    from dataferry.server.exchange.actions import listings

    shares = listings.draft_listing(house.manager, entry).shares
    owners = {each["owner"]: each["weight"] for each in shares}
    assert owners == {house.supplier.merchant.number: 14, "Transport Department": 7, "上海市公共数据开放平台": 7}
