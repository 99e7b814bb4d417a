"""What the house does with its journal by itself: signs the head, verifies the chain, hands news to subscribers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dataferry.messages import InputError, MissingError
from dataferry.server import jobs, journal

ANCHOR = "journal.anchor"
VERIFY = "journal.verify"
CATCH_UP = "journal.catch_up"
TOLD_FINDINGS = 20


@jobs.scheduled(ANCHOR, every=timedelta(days=1), title="server.portal.job_anchor_journal")
def anchor(running: jobs.Running) -> Mapping[str, Any]:
    """Sign the head of the journal; before the first event there is nothing to sign."""
    try:
        return {"sequence": journal.make_anchor().sequence}
    except MissingError:
        return {"sequence": 0}


@jobs.scheduled(VERIFY, every=timedelta(days=1), attempts=1, title="server.portal.job_verify_journal")
def verify(running: jobs.Running) -> Mapping[str, Any]:
    """Walk the whole chain. A journal that is not sound is a failed job, so that it stands before the operators."""

    def seen(events: int, whole: int) -> None:
        running.progress("server.portal.verifying_journal", share=events / whole, events=events)

    result = journal.verify(seen=seen)
    figures: dict[str, Any] = {
        "events": result.events,
        "sequence": result.sequence,
        "hash": result.hash,
        "anchors": result.anchored,
    }
    if not result.sound:
        findings = [finding.to_json() for finding in result.findings[:TOLD_FINDINGS]]
        raise InputError("server.portal.journal_unsound", count=result.count, findings=findings, **figures)
    return figures


@jobs.scheduled(CATCH_UP, every=timedelta(minutes=10), title="server.portal.job_catch_up")
def catch_up(running: jobs.Running) -> Mapping[str, Any]:
    """Hand over the events that a crash or a failure kept from a subscriber."""
    return {"events": journal.catch_up()}
