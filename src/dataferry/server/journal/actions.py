"""The one door through which an event is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataferry.server.journal.chain import write_event
from dataferry.server.journal.models import Event
from dataferry.server.journal.subscribers import heard


def append(actor: str, act: str, object: str, payload: Mapping[str, Any]) -> Event:  # noqa: A002
    """Write one event, in the caller's transaction; it stands or falls with the change that it records.

    Call it last: until the transaction ends nobody else can append, so that the order of the chain is the order of
    commits and a transaction that is rolled back leaves no gap.

    Args:
        actor: `person:<user id>` or `system`.
        act: `room.act_in_past`, such as `catalogue.dataset_published`.
        object: what it was done to: `dataset:<slug>`, `release:<name>@<version>`, `person:<id>`.
        payload: small map of references, digests, codes and integers; never personal data or free text.

    Raises:
        OutsideTransactionError: there is no transaction.
        PayloadError: an argument that the journal may not keep. Both are faults of the calling code.
    """
    event = write_event(actor, act, object, payload)
    heard(event)
    return event
