"""The assessor's side: more evidence asked for, a finding for every item, a finding for the whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.compliance.actions.case_guards import (
    conditions_of,
    locked,
    locked_item,
    refuse_own,
    require_assessing,
    require_state,
    text_of,
)
from dataferry.server.compliance.actions.gathering import newest_of
from dataferry.server.compliance.case_letters import tell_officers, tell_supplier
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.models import CaseItem, ComplianceCase
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CASE, CaseState
from dataferry.server.journal import clock
from dataferry.server.people import predicates
from dataferry.server.web.problems import ConflictError

FINDINGS = (ItemState.SATISFIED, ItemState.CONDITION, ItemState.NOT_SATISFIED, ItemState.NOT_APPLICABLE)


def request_evidence(user: Any, case: ComplianceCase, items: Iterable[str], reason: str) -> ComplianceCase:
    """Ask the supplier for more: the assessor while it is assessed, the officer before deciding.

    The items named are open again; findings on them are to be made anew.

    Raises:
        InputError: no items, an unknown item, no reason. RefusedError: not theirs to ask now.
    """
    people.require(user, "compliance.ask_for_evidence", case)
    text, wanted = text_of(reason, "reason"), set(items)
    with transaction.atomic():
        row = locked(case)
        CASE.check(row.state, CaseState.EVIDENCE_REQUESTED)
        _require_turn(user, row)
        chosen = list(row.items.select_for_update().filter(code__in=wanted))
        if not chosen or len(chosen) != len(wanted):
            raise InputError("server.compliance.no_such_item", field="items")
        for item in chosen:
            item.state = ItemState.OPEN
            item.revision += 1
            item.save(update_fields=["state", "revision"])
        row.reason = text
        payload = {"items": [item.code for item in chosen]}
        CASE.move(
            row,
            CaseState.EVIDENCE_REQUESTED,
            people.actor(user),
            "compliance.evidence_requested",
            payload,
            "reason",
        )
        tell_supplier(row, "requested")
    return row


def _require_turn(user: Any, case: ComplianceCase) -> None:
    """While it is with the assessor the assessor asks; once assessed, the officer does."""
    if case.state == CaseState.SUBMITTED:
        people.require(user, "compliance.assess_case", case)
        require_assessing(case)
        _refuse_supplier(user, case)
    else:
        people.require(user, "compliance.decide_case", case)
        refuse_own(user, case)


def _refuse_supplier(user: Any, case: ComplianceCase) -> None:
    if predicates.belongs_to_organisation(user, case.supplier) or case.release.product.owner_id == user.pk:
        raise RefusedError("server.compliance.own_case", case=case.number)


def find_item(user: Any, item: CaseItem, state: str, finding: str, revision: int | None = None) -> CaseItem:
    """The assessor's finding on an item.

    Args:
        state: `satisfied`, `condition`, `not_satisfied` or `not_applicable`.
        finding: why; may be left out only where it is satisfied.
        revision: of the item that was read, when it came from a page.

    Raises:
        InputError: an unknown state, no words. ConflictError: `server.compliance.item_changed`.
        RefusedError: not the assessor; `server.compliance.gate_is_hard`; `server.compliance.machine_blocks`.
    """
    people.require(user, "compliance.assess_case", item)
    if state not in FINDINGS:
        raise InputError("server.compliance.no_such_finding", field="state", allowed=", ".join(FINDINGS))
    text = text_of(finding, "finding", needed=state != ItemState.SATISFIED)
    with transaction.atomic():
        case = _assessable(user, item.case)
        row = locked_item(item)
        if revision is not None and row.revision != revision:
            raise ConflictError("server.compliance.item_changed", item=row.code, revision=row.revision)
        _require_possible(case, row, state)
        _find(user, case, row, state, text)
    return row


def find_clear_items(user: Any, case: ComplianceCase) -> list[CaseItem]:
    """Take over, as satisfied, what the machine sees clear and nobody has found yet. The finding is the assessor's."""
    people.require(user, "compliance.assess_case", case)
    with transaction.atomic():
        row = _assessable(user, case)
        clear = {kind for kind, found in newest_of(row).items() if found.state == "clear"}
        codes = [item.code for item in checklist().items if item.by in clear]
        items = list(row.items.select_for_update().filter(code__in=codes, state=ItemState.EVIDENCED))
        for item in items:
            _find(user, row, item, ItemState.SATISFIED, "")
    return items


def _assessable(user: Any, case: ComplianceCase) -> ComplianceCase:
    row = locked(case)
    require_state(row, CaseState.SUBMITTED)
    require_assessing(row)
    _refuse_supplier(user, row)
    return row


def _require_possible(case: ComplianceCase, row: CaseItem, state: str) -> None:
    item = checklist().item(row.code)
    if item is None:
        return
    if item.gate and state in (ItemState.CONDITION, ItemState.NOT_APPLICABLE):
        raise RefusedError("server.compliance.gate_is_hard", item=row.code)
    found = newest_of(case).get(item.by)
    if found is not None and found.state == "blocked" and state != ItemState.NOT_SATISFIED:
        raise RefusedError("server.compliance.machine_blocks", item=row.code, kind=item.by)


def _find(user: Any, case: ComplianceCase, row: CaseItem, state: str, text: str) -> None:
    row.state, row.finding, row.found_by, row.found_at = state, text, user, clock.now()
    row.revision += 1
    row.save(update_fields=["state", "finding", "found_by", "found_at", "revision"])
    payload = {"item": row.code, "found": str(state), "digest": f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"}
    journal.append(people.actor(user), "compliance.item_found", case.reference, payload)


def recommended(case: ComplianceCase) -> CaseState:
    """What the findings on the items come to; the officer may be stricter, never more lenient."""
    states = set(case.items.values_list("state", flat=True))
    if ItemState.NOT_SATISFIED in states:
        return CaseState.FAILED
    if ItemState.CONDITION in states or case.conditions:
        return CaseState.PASSED_WITH_CONDITIONS
    return CaseState.PASSED


def assess(user: Any, case: ComplianceCase, finding: str, conditions: Iterable[str] = ()) -> ComplianceCase:
    """The assessor's finding on the whole; the case goes to the officer.

    Raises:
        InputError: no words; `server.compliance.conditions_missing`, an item has a condition and none is named.
        RefusedError: `server.compliance.items_unfound` with the items; not the assessor.
    """
    people.require(user, "compliance.assess_case", case)
    text, named = text_of(finding, "finding"), conditions_of(conditions)
    with transaction.atomic():
        row = _assessable(user, case)
        unfound = row.items.exclude(state__in=FINDINGS).values_list("code", flat=True)
        if unfound:
            raise RefusedError("server.compliance.items_unfound", items=", ".join(unfound))
        if not named and row.items.filter(state=ItemState.CONDITION).exists():
            raise InputError("server.compliance.conditions_missing", field="conditions")
        row.finding, row.conditions, row.assessed_by, row.assessed_at = text, named, user, clock.now()
        payload = {"recommended": str(recommended(row)), "conditions": len(named)}
        fields = ("finding", "conditions", "assessed_by", "assessed_at")
        CASE.move(row, CaseState.ASSESSED, people.actor(user), "compliance.case_assessed", payload, *fields)
        tell_officers(row)
    return row
