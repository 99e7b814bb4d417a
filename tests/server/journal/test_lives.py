"""Promise: a state changes only along its table and with an event; a replay finds whatever says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.journal.canonical import PayloadError
from server.guards import without_triggers
from server.market import make_merchant

pytestmark = pytest.mark.django_db


def test_a_market_replays_to_what_the_tables_say() -> None:
    party = make_merchant("shanghai", "supplier")
    told = journal.replay(journal.events())
    assert told.holds
    assert told.states == {party.merchant.reference: "active"}


def test_what_is_not_in_the_table_is_refused_and_leaves_nothing() -> None:
    from dataferry.server.merchants.states import MERCHANT

    merchant = make_merchant("hong-kong", "buyer").merchant
    before = journal.head().sequence
    with pytest.raises(RefusedError) as refused:
        MERCHANT.move(merchant, "applied", "system", "merchants.applied")
    assert refused.value.code == "server.journal.no_such_move"
    assert refused.value.data["allowed"] == "left, suspended"
    merchant.refresh_from_db()
    assert (merchant.state, journal.head().sequence) == ("active", before)


def test_nothing_begins_in_the_middle_of_its_life() -> None:
    from dataferry.server.merchants.states import MERCHANT

    merchant = make_merchant("hong-kong", "buyer").merchant
    with pytest.raises(PayloadError):
        MERCHANT.begin(merchant, "system", "merchants.applied")


@pytest.mark.parametrize("spoilt", ["changed", "removed", "invented"])
def test_a_row_that_was_changed_behind_the_journal_is_found(spoilt: str) -> None:
    from dataferry.server.merchants.models import Merchant

    merchant = make_merchant("shanghai", "supplier").merchant
    rows = Merchant.objects.filter(pk=merchant.pk)
    if spoilt == "changed":
        rows.update(state="suspended")
    elif spoilt == "removed":
        rows.delete()
    else:
        other: Any = make_merchant("shanghai", "supplier").merchant
        Merchant.objects.filter(pk=other.pk).update(number="M-2026-9999")
    found = journal.replay(journal.events()).findings
    codes = {
        "changed": ["state_differs"],
        "removed": ["row_missing"],
        "invented": ["state_without_event", "row_missing"],
    }
    assert [finding.code for finding in found] == [f"server.journal.{code}" for code in codes[spoilt]]


def test_an_event_that_no_table_allows_is_found() -> None:
    class Told:
        act = "merchants.verified"
        object = "merchant:M-2026-0001"
        payload = {"state": "active"}  # noqa: RUF012

    assert [finding.code for finding in journal.retell([Told()]).findings] == ["server.journal.move_not_allowed"]


def test_numbers_have_no_gaps_when_a_transaction_is_rolled_back() -> None:
    from django.db import transaction

    from dataferry.server.journal import clock

    now = clock.now()
    first = journal.next_number("T", now)
    with transaction.atomic():
        journal.next_number("T", now)
        transaction.set_rollback(True)
    assert [first[-4:], journal.next_number("T", now)[-4:]] == ["0001", "0002"]


def test_the_database_itself_refuses_to_change_a_final_row(registered: Any) -> None:
    from django.db import DatabaseError, connection, transaction

    from server.market import make_clearance

    clearance = make_clearance(registered, make_merchant("shanghai", "supplier").merchant)
    with pytest.raises(RefusedError):
        clearance.save()
    for statement in ("UPDATE compliance_clearance SET digest = ''", "DELETE FROM compliance_clearance"):
        with pytest.raises(DatabaseError, match="final"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute("UPDATE compliance_clearance SET digest = ''")
