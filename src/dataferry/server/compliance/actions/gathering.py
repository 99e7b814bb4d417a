"""The machine's evidence put into a case, at opening and whenever somebody asks for a new look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from dataferry.server import journal, people
from dataferry.server.compliance.actions.case_guards import locked, require_state
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.evidence import Gathered, gather
from dataferry.server.compliance.models import CaseItem, ComplianceCase, MachineEvidence
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CaseState
from dataferry.server.journal import clock

OPEN = (CaseState.OPENED, CaseState.EVIDENCE_REQUESTED, CaseState.SUBMITTED, CaseState.ASSESSED)


def gather_again(user: Any, case: ComplianceCase) -> list[MachineEvidence]:
    """Look again at everything the machine can say. What has changed is a new row; what has not is left.

    Raises:
        RefusedError: the case is closed; not of the case.
    """
    people.require(user, "compliance.regather", case)
    found = gather(case.release, case.supplier, case.recipients)
    with transaction.atomic():
        row = locked(case)
        require_state(row, *OPEN)
        kept = keep(row, found)
        if kept:
            tell(people.actor(user), row, kept)
    return kept


def keep(case: ComplianceCase, found: Iterable[Gathered]) -> list[MachineEvidence]:
    """Add what differs from the newest row of its kind, and let it answer its items. In the caller's transaction."""
    newest = newest_of(case)
    changed = [each for each in found if each.kind not in newest or newest[each.kind].digest != each.digest]
    rows = [
        MachineEvidence.objects.create(
            case=case,
            kind=each.kind,
            state=each.state,
            document=each.document,
            digest=each.digest,
            made_at=clock.now(),
        )
        for each in changed
    ]
    _answer_items(case, {each.kind: str(each.state) for each in changed})
    return rows


def newest_of(case: ComplianceCase) -> dict[str, MachineEvidence]:
    """The newest row of each kind."""
    return {row.kind: row for row in MachineEvidence.objects.filter(case=case).order_by("pk")}


def tell(actor: str, case: ComplianceCase, rows: Iterable[MachineEvidence]) -> None:
    """Journal what the machine found."""
    payload = {"evidence": {row.kind: {"state": row.state, "digest": row.digest} for row in rows}}
    journal.append(actor, "compliance.evidence_gathered", case.reference, payload)


def _answer_items(case: ComplianceCase, states: dict[str, str]) -> None:
    """What the machine sees clear stands as evidence; anything else waits for words of the supplier.

    An assessor's finding is never touched.
    """
    by = {item.code: item.by for item in checklist().items if item.by in states}
    for row in CaseItem.objects.select_for_update().filter(
        case=case, code__in=by, state__in=(ItemState.OPEN, ItemState.EVIDENCED)
    ):
        answered = states[by[row.code]] == "clear" or row.statement or row.evidence.exists()
        row.state = ItemState.EVIDENCED if answered else ItemState.OPEN
        row.save(update_fields=["state"])
