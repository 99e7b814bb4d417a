"""Approvals that an authority gave an exporter: recorded by one officer, confirmed by another."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.compliance.models import ExportApproval
from dataferry.server.compliance.models.border import Mechanism
from dataferry.server.compliance.queries.heads import counts_of, year_of
from dataferry.server.compliance.states import APPROVAL, ApprovalState
from dataferry.server.journal import clock
from dataferry.server.merchants.models import Merchant, Place

MOST_PEOPLE = 2_000_000_000
LONGEST_PAPER_NUMBER = 80


def record_approval(
    user: Any,
    exporter: Merchant,
    *,
    mechanism: str,
    paper_number: str,
    recipient: str,
    valid_from: date,
    valid_until: date,
    party: Merchant | None = None,
    general_most: int | None = None,
    sensitive_most: int | None = None,
) -> ExportApproval:
    """Record what an authority approved or took on file. It counts once another officer has confirmed it.

    Args:
        party: the one recipient that the paper names; a standard contract always names one (PIPL, art. 38).
        general_most, sensitive_most: people at most; without a number nobody of that kind.

    Raises:
        InputError: an unknown mechanism or place, no paper number, days in the wrong order, a count that is none, no
            recipient where one is named, or one of another place.
        RefusedError: the officer's own organisation.
    """
    people.require(user, "compliance.record_approval", exporter)
    _check_way(mechanism, recipient, party)
    counts = (general_most, sensitive_most)
    paper_number = _checked_paper(paper_number, valid_from, valid_until, counts)
    now = clock.now()
    with transaction.atomic():
        approval = ExportApproval.objects.create(
            number=journal.next_number("X", now),
            exporter=exporter,
            mechanism=mechanism,
            paper_number=paper_number,
            recipient=recipient,
            party=party,
            general_most=general_most,
            sensitive_most=sensitive_most,
            valid_from=valid_from,
            valid_until=valid_until,
            recorded_by=user,
            recorded_at=now,
        )
        payload = {"exporter": exporter.reference, "mechanism": mechanism, "recipient": recipient}
        payload |= {"party": party.reference} if party is not None else {}
        APPROVAL.begin(approval, people.actor(user), "compliance.approval_recorded", payload)
    return approval


def _check_way(mechanism: str, recipient: str, party: Merchant | None) -> None:
    if mechanism not in Mechanism.values:
        raise InputError("server.compliance.no_such_mechanism", mechanism=str(mechanism)[:40])
    if recipient not in Place.values:
        raise InputError("server.compliance.no_such_place", place=str(recipient)[:40])
    if (party is None and mechanism == Mechanism.STANDARD_CONTRACT) or (party and party.place != recipient):
        raise InputError("server.compliance.party_needed", field="party")


def _checked_paper(number: str, first: date, last: date, counts: tuple[int | None, int | None]) -> str:
    number = number.strip()
    if not number or len(number) > LONGEST_PAPER_NUMBER:
        raise InputError("server.compliance.paper_number_needed", longest=LONGEST_PAPER_NUMBER)
    if last < first:
        raise InputError("server.compliance.days_in_wrong_order")
    if any(most is not None and not 0 <= most <= MOST_PEOPLE for most in counts):
        raise InputError("server.compliance.no_such_count", most=MOST_PEOPLE)
    return number


def confirm_approval(user: Any, approval: ExportApproval) -> ExportApproval:
    """A second officer has compared the record with the paper: from now on it counts.

    Raises:
        RefusedError: `server.compliance.second_officer`, for the one who recorded it; it was confirmed before.
    """
    with transaction.atomic():
        approval = _locked(user, approval)
        _require_state(approval, ApprovalState.RECORDED)
        if approval.recorded_by_id == user.pk:
            raise RefusedError("server.compliance.second_officer")
        approval.confirmed_by = user
        actor = people.actor(user)
        APPROVAL.move(approval, ApprovalState.IN_FORCE, actor, "compliance.approval_confirmed", {}, "confirmed_by")
    return approval


def suspend_approval(user: Any, approval: ExportApproval, reason: str) -> ExportApproval:
    """Nothing is delivered under it until it is resumed."""
    with transaction.atomic():
        approval = _locked(user, approval)
        approval.reason = _reason(reason)
        actor = people.actor(user)
        APPROVAL.move(approval, ApprovalState.SUSPENDED, actor, "compliance.approval_suspended", {}, "reason")
    return approval


def resume_approval(user: Any, approval: ExportApproval, reason: str) -> ExportApproval:
    """It counts again.

    Raises:
        RefusedError: `server.compliance.meter_exceeds`, while the ledger is above what was approved; it is not
            suspended (one that waits for a second officer is confirmed, not resumed).
    """
    with transaction.atomic():
        approval = _locked(user, approval)
        _require_state(approval, ApprovalState.SUSPENDED)
        counts = counts_of(approval.exporter, year_of(clock.now()))
        for most, high in ((approval.general_most, counts.general), (approval.sensitive_most, counts.sensitive)):
            if high > (most or 0):
                raise RefusedError("server.compliance.meter_exceeds", high=high, most=most or 0)
        approval.reason = _reason(reason)
        actor = people.actor(user)
        APPROVAL.move(approval, ApprovalState.IN_FORCE, actor, "compliance.approval_resumed", {}, "reason")
    return approval


def end_approval(user: Any, approval: ExportApproval, reason: str) -> ExportApproval:
    """It was withdrawn by the authority, or is not needed any more."""
    with transaction.atomic():
        approval = _locked(user, approval)
        approval.reason = _reason(reason)
        APPROVAL.move(approval, ApprovalState.ENDED, people.actor(user), "compliance.approval_ended", {}, "reason")
    return approval


def _locked(user: Any, approval: ExportApproval) -> ExportApproval:
    approval = ExportApproval.objects.select_for_update().get(pk=approval.pk)
    people.require(user, "compliance.record_approval", approval.exporter)
    return approval


def _require_state(approval: ExportApproval, state: str) -> None:
    if approval.state != state:
        raise RefusedError(
            "server.compliance.approval_elsewhere", number=approval.number, state=approval.state, needed=str(state)
        )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InputError("server.compliance.note_needed")
    return reason.strip()[:4000]
