"""People counted into the ledger of an exporter's year, and what follows when a meter passes what was approved."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db.models import Q

from dataferry.border import HeadSketch
from dataferry.server import journal
from dataferry.server.compliance.models import ExportApproval, HeadEntry, HeadLedger
from dataferry.server.compliance.queries.heads import year_of
from dataferry.server.compliance.states import APPROVAL, ApprovalState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant

SALT_BYTES = 32


def count_people(
    exporter: Merchant, cause: str, release_digest: str, subjects: Iterable[str], *, sensitive: bool
) -> HeadLedger:
    """Add the people of one delivery to the ledger of this year, once per cause and release.

    Call it in the transaction of the delivery. The subjects themselves are not kept: the ledger holds a salted sketch
    of them, so that the same person in two deliveries counts once.

    Args:
        cause: reference of what it is for, such as `agreement:A-2026-0001`.
        subjects: what tells the people apart in the table that is delivered.
        sensitive: whether it is sensitive personal information: the law counts the two apart.

    Returns:
        the ledger after it. An approval that no longer covers it is suspended, and the journal says so.
    """
    now = clock.now()
    ledger = _ledger(exporter, year_of(now), sensitive)
    if ledger.entries.filter(cause=cause, release_digest=release_digest).exists():
        return ledger
    salt = bytes(ledger.salt)
    here = HeadSketch(salt)
    here.add(subjects)
    sketch = (HeadSketch.from_bytes(bytes(ledger.sketch), salt) if ledger.sketch else HeadSketch(salt)).merge(here)
    count = sketch.count()
    ledger.sketch, ledger.low, ledger.best, ledger.high = sketch.to_bytes(), count.low, count.best, count.high
    ledger.save(update_fields=["sketch", "low", "best", "high"])
    HeadEntry.objects.create(
        ledger=ledger,
        cause=cause,
        release_digest=release_digest,
        people=here.count().best,
        high_after=count.high,
        counted_at=now,
    )
    payload = {"year": ledger.year, "sensitive": sensitive, "high": count.high, "cause": cause}
    journal.append("system", "compliance.people_counted", exporter.reference, payload)
    _suspend_what_is_exceeded(exporter, count.high, sensitive=sensitive)
    return ledger


def _ledger(exporter: Merchant, year: int, sensitive: bool) -> HeadLedger:
    """The ledger, locked until the transaction ends."""
    new = HeadLedger(exporter=exporter, year=year, sensitive=sensitive, salt=secrets.token_bytes(SALT_BYTES))
    HeadLedger.objects.bulk_create([new], ignore_conflicts=True)
    return HeadLedger.objects.select_for_update().get(exporter=exporter, year=year, sensitive=sensitive)


def _suspend_what_is_exceeded(exporter: Merchant, high: int, *, sensitive: bool) -> None:
    """Export may not exceed the scale that was assessed (Network Data Regulation, art. 38)."""
    most = "sensitive_most" if sensitive else "general_most"
    exceeded = ExportApproval.objects.select_for_update().filter(
        Q(**{f"{most}__lt": high}) | Q(**{most: None}), exporter=exporter, state=ApprovalState.IN_FORCE
    )
    for approval in exceeded:
        payload = {"high": high, "most": getattr(approval, most) or 0, "sensitive": sensitive}
        approval.reason = "meter_exceeded"
        act_payload = payload | {"because": approval.reason}
        APPROVAL.move(
            approval, ApprovalState.SUSPENDED, "system", "compliance.approval_suspended", act_payload, "reason"
        )
