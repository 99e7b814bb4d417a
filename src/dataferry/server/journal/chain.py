"""How events are chained: which bytes are hashed, and how the next event finds its place."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.journal.guard import checked_act, checked_actor, checked_object, checked_payload
from dataferry.server.journal.models import Chain, Event

FORMAT = "dataferry-journal/1"


class OutsideTransactionError(RuntimeError):
    """`append` was called without a transaction: the event could then stand without the change it records."""


def genesis(instance: uuid.UUID | str) -> str:
    """The hash that the first event follows. It binds the chain to its instance."""
    return digest(f"{FORMAT}\n{uuid.UUID(str(instance))}")


def record(event: Event) -> dict[str, Any]:
    """What is hashed of an event, as one map; `hash` is the sha256 of its canonical JSON."""
    return {
        "act": event.act,
        "actor": event.actor,
        "instant": event.instant,
        "object": event.object,
        "payload": event.payload,
        "previous": event.previous,
        "sequence": event.sequence,
    }


def write_event(actor: str, act: str, object: str, payload: Mapping[str, Any]) -> Event:  # noqa: A002
    """Write one event at the end of the chain; see `append`.

    Raises:
        OutsideTransactionError: there is no transaction.
        PayloadError: an argument that the journal may not keep. Both are faults of the calling code.
    """
    if not connection.in_atomic_block:
        raise OutsideTransactionError("journal.append must be called inside transaction.atomic()")
    checked_actor(actor)
    checked_act(act)
    checked_object(object)
    text = checked_payload(payload)
    head = _locked_head()
    event = Event(
        sequence=head.sequence + 1,
        instant=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        actor=actor,
        act=act,
        object=object,
        payload_text=text,
        previous=head.hash,
    )
    event.hash = digest(canonical(record(event)))
    event.save()
    Chain.objects.filter(pk=1).update(sequence=event.sequence, hash=event.hash)
    return event


def _locked_head() -> Chain:
    """The head row, held until the transaction ends. The first append ever makes it."""
    locked = Chain.objects.select_for_update().filter(pk=1)
    head = locked.first()
    if head is None and Event.objects.exists():
        # Another transaction may have committed the first head and its events between the two questions.
        head = locked.first()
        if head is None:
            raise RuntimeError("the journal has events but no head: run `dataferry journal verify`")
    if head is None:
        instance = uuid.uuid4()
        row = Chain(id=1, instance=instance, sequence=0, hash=genesis(instance))
        Chain.objects.bulk_create([row], ignore_conflicts=True)
        head = locked.get()
    return head
