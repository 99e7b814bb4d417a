"""The officer's side: pass, pass with conditions or fail; the clearance that follows, and its end."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.compliance.actions.assessing import recommended
from dataferry.server.compliance.actions.case_guards import (
    locked,
    refuse_own,
    require_active,
    require_assessing,
    require_state,
    text_of,
)
from dataferry.server.compliance.actions.gathering import keep, newest_of, tell
from dataferry.server.compliance.actions.opening import release_reference
from dataferry.server.compliance.case_letters import tell_supplier
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.clearance_document import clearance_document
from dataferry.server.compliance.evidence import Gathered, digest_of, gather, unsigned_ways
from dataferry.server.compliance.models import Clearance, ClearanceEnd, ComplianceCase, MachineEvidence
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CASE, CaseState
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import MerchantClass
from dataferry.server.web.problems import ConflictError

VALID_DAYS = 365
"""How long a clearance holds: this house's choice, no rule read names a term."""
STRICTNESS = (CaseState.PASSED, CaseState.PASSED_WITH_CONDITIONS, CaseState.FAILED)


def decide_case(user: Any, case: ComplianceCase, outcome: str, reason: str) -> Clearance | None:
    """A compliance officer of the supplier's city decides; the machine looks once more just before.

    Args:
        outcome: `passed`, `passed_with_conditions` or `failed`; never more lenient than the assessor's findings.

    Raises:
        InputError: an unknown outcome, no reason. RefusedError: not an officer there, their own case; more lenient than
            the findings; `server.compliance.evidence_blocked`; `server.compliance.border_unsigned`.
    """
    people.require(user, "compliance.decide_case", case)
    if outcome not in STRICTNESS:
        raise InputError("server.compliance.no_such_outcome_of_case", field="outcome", allowed=", ".join(STRICTNESS))
    after, text = CaseState(outcome), text_of(reason, "reason")
    found = gather(case.release, case.supplier, case.recipients)
    with transaction.atomic():
        row = locked(case)
        refuse_own(user, row)
        require_state(row, CaseState.ASSESSED)
        fresh = keep(row, found)
        if fresh:
            tell(people.actor(user), row, fresh)
        if after != CaseState.FAILED:
            _require_passable(row, after, found)
        row.reason, row.decided_by, row.decided_at = text, user, clock.now()
        payload = {"outcome": str(after), "recommended": str(recommended(row))}
        fields = ("reason", "decided_by", "decided_at")
        CASE.move(row, after, people.actor(user), "compliance.case_decided", payload, *fields)
        clearance = _issue(user, row) if after != CaseState.FAILED else None
        tell_supplier(row, "decided")
    return clearance


def _require_passable(case: ComplianceCase, after: CaseState, found: list[Gathered]) -> None:
    require_active(case.supplier, MerchantClass.SUPPLIER)
    require_assessing(case)
    advised = recommended(case)
    if STRICTNESS.index(after) < STRICTNESS.index(advised):
        raise RefusedError("server.compliance.more_lenient", recommended=str(advised))
    if after == CaseState.PASSED_WITH_CONDITIONS and not case.conditions:
        raise RefusedError("server.compliance.no_conditions_named")
    gates = [item.code for item in checklist().items if item.gate]
    open_gates = case.items.filter(code__in=gates).exclude(state=ItemState.SATISFIED).values_list("code", flat=True)
    if open_gates:
        raise RefusedError("server.compliance.gates_open", items=", ".join(open_gates))
    blocked = [each.kind for each in found if each.state == "blocked"]
    if blocked:
        raise RefusedError("server.compliance.evidence_blocked", kinds=", ".join(blocked))
    unsigned = unsigned_ways(next(each for each in found if each.kind == "border"))
    if unsigned:
        raise RefusedError("server.compliance.border_unsigned", places=", ".join(unsigned))


def _issue(user: Any, case: ComplianceCase) -> Clearance:
    now = clock.now()
    number, until = journal.next_number("K", now), _until(case, now.astimezone(BOTH_CITIES).date())
    document = clearance_document(case, number, newest_of(case), now, until)
    clearance = Clearance.objects.create(
        number=number,
        case=case,
        release=case.release,
        supplier=case.supplier,
        conditions=case.conditions,
        recipients=case.recipients,
        document=document,
        digest=digest_of(document),
        issued_by=user,
        issued_at=now,
        valid_until=until,
    )
    payload = {
        "case": case.reference,
        "release": release_reference(case.release),
        "supplier": case.supplier.reference,
        "digest": clearance.digest,
        "valid_until": until.isoformat(),
    }
    journal.append(people.actor(user), "compliance.clearance_issued", clearance.reference, payload)
    return clearance


def _until(case: ComplianceCase, today: date) -> date:
    """A year, or the day the first border decision behind it ends."""
    border: MachineEvidence | None = newest_of(case).get("border")
    ways = border.document["ways"] if border else ()
    ends = (date.fromisoformat(way["valid_until"]) for way in ways if way.get("valid_until"))
    return min([today + timedelta(days=VALID_DAYS), *ends])


def end_clearance(user: Any, clearance: Clearance, reason: str) -> ClearanceEnd:
    """A compliance officer ends a clearance; later rooms hear of it and stop what rests on it.

    Raises:
        InputError: no reason. ConflictError: `server.compliance.clearance_ended_already`.
        RefusedError: not an officer there; their own case.
    """
    people.require(user, "compliance.decide_case", clearance.case)
    text = text_of(reason, "reason")
    with transaction.atomic():
        case = locked(clearance.case)
        refuse_own(user, case)
        if ClearanceEnd.objects.filter(clearance=clearance).exists():
            raise ConflictError("server.compliance.clearance_ended_already", number=clearance.number)
        end = ClearanceEnd.objects.create(clearance=clearance, reason=text, ended_by=user, ended_at=clock.now())
        payload = {
            "case": case.reference,
            "release": release_reference(case.release),
            "supplier": case.supplier.reference,
            "because": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}",
        }
        journal.append(people.actor(user), "compliance.clearance_ended", clearance.reference, payload)
        tell_supplier(case, "ended", text)
    return end
