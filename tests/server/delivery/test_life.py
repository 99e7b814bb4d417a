"""Promise: an entitlement follows what it rests on, both parties get signed notices, and the journal retells it all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dataferry.messages import DataferryError, InputError, RefusedError
from dataferry.server import journal, letters
from dataferry.server.compliance.models import Clearance, ClearanceEnd
from dataferry.server.delivery import gate
from dataferry.server.delivery.actions import entitlements as acts
from dataferry.server.delivery.actions import keys
from dataferry.server.delivery.actions.preparing import bring_all_into_line
from dataferry.server.delivery.models import AccessKey, DeliveryNotice, ServedTable
from dataferry.server.exchange.actions import agreements
from dataferry.server.exchange.states import LISTING
from dataferry.server.journal import clock
from dataferry.server.papers import credentials
from server.delivery.house import Delivered, deliver
from server.market import make_clearance, make_release_row
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sale(home: Any) -> Delivered:
    return deliver(make_release_row())


def state(sale: Delivered) -> tuple[str, str]:
    journal.catch_up()
    row = sale.again()
    return row.state, row.reason


def refused(sale: Delivered) -> str:
    with pytest.raises(DataferryError) as caught:
        gate.check(sale.again(), sale.agreement.release, gate.Door.ROWS)
    assert caught.value.http_status == 403
    return caught.value.code.removeprefix("server.delivery.")


def move(life: Any, thing: Any, to: str, act: str) -> None:
    from django.db import transaction

    with transaction.atomic():
        life.move(type(thing).objects.select_for_update().get(pk=thing.pk), to, "system", act)


def test_it_stands_still_and_goes_on_with_its_agreement(sale: Delivered) -> None:
    operator = make_person("", "exchange-operator")
    agreements.suspend(operator, sale.agreement, "A dispute is open.")
    assert state(sale) == ("suspended", "agreement_suspended")
    agreements.resume(operator, sale.agreement)
    assert state(sale) == ("granted", "")
    agreements.terminate(operator, sale.agreement, "Both agreed to it.")
    assert state(sale) == ("revoked", "agreement_terminated")
    kinds = list(DeliveryNotice.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["granted", "suspended", "resumed", "revoked"]
    assert journal.replay(journal.selected()).holds


def test_it_stands_still_with_its_listing_its_merchants_and_its_clearance(sale: Delivered) -> None:
    move(LISTING, sale.listing, "suspended", "exchange.listing_suspended")
    assert state(sale) == ("suspended", "listing_suspended")
    move(LISTING, sale.listing, "listed", "exchange.listing_resumed")
    assert state(sale) == ("granted", "")
    from dataferry.server.merchants.states import MERCHANT

    move(MERCHANT, sale.buyer.merchant, "suspended", "merchants.suspended")
    assert state(sale) == ("suspended", "recipient_not_active")
    move(MERCHANT, sale.buyer.merchant, "active", "merchants.reinstated")
    assert state(sale) == ("granted", "")
    clearance = Clearance.objects.get(release=sale.agreement.release)
    ClearanceEnd.objects.create(clearance=clearance, reason="A source was withdrawn.", ended_at=clock.now())
    # Before any news is heard the gate knows already.
    assert refused(sale) == "not_cleared"
    bring_all_into_line()
    assert state(sale) == ("suspended", "not_cleared")
    move(LISTING, sale.listing, "delisted", "exchange.listing_delisted")
    assert state(sale) == ("revoked", "listing_delisted")
    assert journal.replay(journal.selected()).holds


def test_what_is_over_is_refused_at_once_and_ended_by_the_job(home: Any) -> None:
    sale = deliver(make_release_row(), policy={"days": 30})
    with clock.standing_at(sale.agreement.ends_at - timedelta(seconds=1)):
        assert gate.check(sale.again(), sale.agreement.release, gate.Door.ROWS)
    with clock.standing_at(sale.agreement.ends_at):
        assert refused(sale) == "agreement_ended"
        assert bring_all_into_line() == 1
        assert bring_all_into_line() == 0
    assert state(sale) == ("ended", "agreement_ended")
    with pytest.raises(RefusedError):
        sale.key("rows")


def test_supplier_and_operator_stop_and_nobody_else(sale: Delivered) -> None:
    operator, stranger = make_person("", "exchange-operator"), make_person()
    for person in (sale.buyer.manager, stranger):
        for act in (acts.suspend, acts.revoke):
            with pytest.raises(RefusedError):
                act(person, sale.entitlement, "I want it.")
    with pytest.raises(InputError):
        acts.suspend(operator, sale.entitlement, "  \n ")
    acts.suspend(operator, sale.entitlement, "A complaint is examined.")
    assert state(sale) == ("suspended", "by_operator")
    # Neither the supplier nor any news lets go on what the operator stopped.
    with pytest.raises(RefusedError):
        acts.resume(sale.supplier.manager, sale.entitlement)
    acts.bring_into_line(sale.entitlement.pk)
    assert state(sale) == ("suspended", "by_operator")
    acts.resume(operator, sale.entitlement)
    acts.revoke(sale.supplier.manager, sale.entitlement, "It was not paid.")
    assert state(sale) == ("revoked", "by_supplier")
    with pytest.raises(RefusedError):
        acts.resume(operator, sale.entitlement)
    assert journal.replay(journal.selected()).holds


def test_notices_are_signed_and_go_to_both(sale: Delivered) -> None:
    acts.revoke(sale.supplier.manager, sale.entitlement, "The invoice was not paid.")
    notice = DeliveryNotice.objects.get(kind="revoked")
    trusted = journal.trusted_keys()
    assert not [each for each in credentials.verify(notice.document, trusted) if each.severity == "blocked"]
    subject = notice.document["credentialSubject"]
    assert (subject["state"], subject["reason"]) == ("revoked", "The invoice was not paid.")
    forged = {**notice.document, "credentialSubject": {**subject, "state": "granted"}}
    assert [each for each in credentials.verify(forged, trusted) if each.severity == "blocked"]
    told = letters.Letter.objects.filter(key__startswith=f"delivery-notice:{notice.pk}:")
    assert set(told.values_list("user", flat=True)) == {sale.buyer.manager.pk, sale.supplier.manager.pk}
    assert all("The invoice was not paid." in letter.body for letter in told)
    with pytest.raises(RefusedError):
        notice.delete()


def test_keys_rotate_with_an_overlap(sale: Delivered) -> None:
    key, token = sale.key("rows", days=10)
    made, fresh = keys.rotate_key(sale.buyer.manager, key, overlap_hours=2)
    assert (made.replaces, made.scopes) == (key, ["rows"])
    with clock.standing_at(clock.now() + timedelta(hours=1)):
        assert gate.known_key(token).pk == key.pk
        assert gate.known_key(fresh).pk == made.pk
    with clock.standing_at(clock.now() + timedelta(hours=3)):
        with pytest.raises(gate.KeyRefusedError):
            gate.known_key(token)
        assert gate.known_key(fresh).pk == made.pk
    with pytest.raises(RefusedError):
        keys.rotate_key(sale.buyer.manager, AccessKey.objects.get(pk=key.pk))
    for wrong in (["everything"], [], ["rows", "rows", "files", "x"]):
        with pytest.raises(InputError):
            keys.issue_key(sale.buyer.manager, sale.entitlement, wrong, 1)
    for person in (sale.supplier.manager, make_person("", "exchange-operator"), make_person()):
        with pytest.raises(RefusedError):
            keys.issue_key(person, sale.entitlement, ["rows"], 1)
    # The operator and the supplier stop a key that leaked.
    keys.revoke_key(sale.supplier.manager, made)
    with pytest.raises(gate.KeyRefusedError):
        gate.known_key(fresh)


def test_region_level_and_terms_are_asked(sale: Delivered) -> None:
    terms = sale.agreement.terms

    def under(changed: Any) -> str:
        # Terms are final in the database; the gate is asked about what it would have read.
        entitlement = sale.again()
        entitlement.agreement.terms = changed
        with pytest.raises(RefusedError) as caught:
            gate.check(entitlement, sale.agreement.release, gate.Door.ROWS)
        return caught.value.code.removeprefix("server.delivery.")

    assert under({**terms, "policy": {**terms["policy"], "regions": ["shanghai"]}}) == "region"
    for broken in ({}, {**terms, "policy": None}, {**terms, "policy": {"columns": "all"}}, []):
        assert under(broken) == "terms_unreadable"
    listing = type(sale.listing).objects.filter(pk=sale.listing.pk)
    listing.update(level="S3")
    with pytest.raises(RefusedError, match="S3"):
        gate.check(sale.again(), sale.agreement.release, gate.Door.FILES)
    assert gate.check(sale.again(), sale.agreement.release, gate.Door.ROWS)
    listing.update(level="S4")
    assert refused(sale) == "door_closed"


def test_a_clearance_opens_only_the_places_that_it_names(sale: Delivered) -> None:
    """Each release is cleared for its own recipients; a narrower clearance does not shut what another one opens."""
    release, supplier = sale.agreement.release, sale.supplier.merchant
    first = supplier.clearances.get()
    make_clearance(release, supplier, ("shanghai",))
    assert gate.check(sale.again(), release, gate.Door.ROWS)
    ClearanceEnd.objects.create(clearance=first, reason="Narrowed.", ended_at=clock.now())
    with pytest.raises(RefusedError) as caught:
        gate.check(sale.again(), release, gate.Door.ROWS)
    assert caught.value.code == "server.delivery.not_cleared"


def test_a_job_makes_the_tables_ready(registered: Any, work: Any) -> None:
    deliver(registered)
    assert "done" in work()
    assert ServedTable.objects.get().rows == 34
