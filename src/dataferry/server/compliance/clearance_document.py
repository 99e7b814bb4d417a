"""The document of a clearance: case, findings and digests of all evidence, as canonical JSON. It names no person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.models import CaseItem, ComplianceCase, MachineEvidence

FORMAT = "dataferry-clearance/1"


def clearance_document(
    case: ComplianceCase, number: str, machine: Mapping[str, MachineEvidence], issued_at: datetime, until: date
) -> dict[str, Any]:
    """Everything the decision rests on; who wants to check it hashes the evidence again."""
    release = case.release
    return {
        "format": FORMAT,
        "number": number,
        "case": case.number,
        "outcome": case.state,
        "conditions": list(case.conditions),
        "recipients": list(case.recipients),
        "issued_at": issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "valid_until": until.isoformat(),
        "release": {"product": release.product.slug, "version": release.version, "digest": release.digest},
        "supplier": case.supplier.number,
        "assessor": case.assessor.number if case.assessor else None,
        "checklist": {"version": case.checklist, "digest": checklist().digest},
        "finding": _digest(case.finding),
        "reason": _digest(case.reason),
        "items": [_item(item) for item in case.items.prefetch_related("evidence").order_by("position")],
        "machine": {
            kind: {"state": row.state, "digest": row.digest, "made_at": row.made_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            for kind, row in machine.items()
        },
    }


def _item(item: CaseItem) -> dict[str, Any]:
    return {
        "code": item.code,
        "state": item.state,
        "statement": _digest(item.statement),
        "finding": _digest(item.finding),
        "evidence": [f"sha256:{each.sha256}" for each in item.evidence.all()],
    }


def _digest(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
