"""Promise: an event stands or falls with its change, in one unbroken chain, and holds no personal data."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import Error as DatabaseError
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.journal.canonical import canonical, plain
from server.journal.chains import rows, write

pytestmark = pytest.mark.django_db


def test_events_follow_each_other() -> None:
    events = write(3)
    chain = journal.Chain.objects.get()
    assert [event.sequence for event in events] == [1, 2, 3]
    genesis = hashlib.sha256(f"dataferry-journal/1\n{chain.instance}".encode()).hexdigest()
    assert [event.previous for event in events] == [genesis, events[0].hash, events[1].hash]
    assert (chain.sequence, chain.hash) == (3, events[2].hash)
    assert events[0].at.tzinfo is not None
    assert journal.Event.objects.get(pk=2).payload == {"rows": 1}


def test_what_is_rolled_back_leaves_no_gap() -> None:
    write(1)
    with transaction.atomic():
        write(2)
        transaction.set_rollback(True)
    assert write(1)[0].sequence == 2
    assert journal.verify().sound


@pytest.mark.django_db(transaction=True)
def test_an_event_needs_the_transaction_of_its_change() -> None:
    with pytest.raises(journal.OutsideTransactionError):
        journal.append("system", "catalogue.dataset_published", "dataset:a", {})


@pytest.mark.parametrize(
    "payload",
    [
        {"share": 0.5},
        {"rows": 2**53},
        {"digest": b"bytes"},
        {"rows": {1}},
        {1: "one"},
        {"Rows": 1},
        {"email": "x"},
        {"display_name": "x"},
        {"contact": "someone@example.com"},
        {"contact": "+852-2345-6789"},
        {"contact": "13812345678"},
        {"contact": "98765432"},
        {"contact": "A123456(7)"},
        {"contact": "11010519491231002X"},
        {"contact": "203.0.113.9"},
        {"reason": "because we wanted to"},
        {"reason": "陳大文"},
        {"reason": "x" * 201},
        {"reason": "\ud800"},
        {"list": ["ok", {"inner": "someone@example.com"}]},
        {"rows": [[[[[[[[[1]]]]]]]]]},
        {f"key{n}": "x" * 190 for n in range(50)},
        ["rows"],
    ],
)
def test_personal_data_and_what_is_not_canonical_is_refused(payload: Any) -> None:
    with pytest.raises(journal.PayloadError):
        journal.append("system", "catalogue.dataset_published", "dataset:a", payload)
    assert rows() == []


@pytest.mark.parametrize(
    "payload",
    [
        {"snapshot": "a" * 64, "digest": "sha256:" + "0" * 64, "rows": 13812345678, "ready": True, "until": None},
        {"version": "20240815", "day": "2024-08-15", "instant": "2024-08-15T08:00:00+08:00"},
        {"release": "release:ev-chargers@1.0-rc.alpha", "by": "person:91234567", "schema": "1.0.0+build.5"},
        {"job": "8a6e0804-2bd0-4672-b79d-d97027f9071a", "codes": ["tables.bom", "geo.ballpark"]},
    ],
)
def test_references_digests_and_codes_are_kept(payload: Any) -> None:
    assert journal.append("system", "catalogue.dataset_published", "dataset:a", payload).payload == payload


@pytest.mark.parametrize(
    ("actor", "act", "object_"),
    [
        ("person:0", "room.done", "dataset:a"),
        ("alice", "room.done", "dataset:a"),
        ("person:alice@example.com", "room.done", "dataset:a"),
        ("system", "done", "dataset:a"),
        ("system", "Room.done", "dataset:a"),
        ("system", "room.done", "dataset"),
        ("system", "room.done", "invitation:alice@example.com"),
        ("system", "room.done", "person:alice"),
        ("system", "room.done", "dataset:Air quality"),
    ],
)
def test_actor_act_and_object_have_one_form(actor: str, act: str, object_: str) -> None:
    with pytest.raises(journal.PayloadError):
        journal.append(actor, act, object_, {})


@pytest.mark.parametrize("table", ["journal_event", "journal_anchor", "journal_chain"])
def test_the_database_itself_refuses(table: str, home: Any) -> None:
    write(2)
    journal.make_anchor()
    attempts = [f"DELETE FROM {table}", f"UPDATE {table} SET sequence = sequence + 7"]
    if connection.vendor == "postgresql":
        attempts.append(f"TRUNCATE {table}")
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attempt)
    assert journal.verify().sound


def test_the_models_refuse_too() -> None:
    event = write(1)[0]
    for attempt in (event.save, event.delete, journal.Event.objects.all().delete):
        with pytest.raises(RefusedError):
            attempt()
    with pytest.raises(RefusedError):
        journal.Event.objects.update(act="other.act_done")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz_", max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_canonical_text_says_the_value_in_one_way(value: Any) -> None:
    text = canonical(plain({"value": value}))
    assert canonical(json.loads(text)) == text
    assert json.loads(text) == {"value": value}
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False) == text
