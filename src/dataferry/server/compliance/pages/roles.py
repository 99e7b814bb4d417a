"""In which role a person looks at a case."""

from __future__ import annotations

from typing import Any

from dataferry.server import people
from dataferry.server.compliance.models import ComplianceCase
from dataferry.server.people import predicates


def role_of(user: Any, case: ComplianceCase) -> str:
    """`supplier`, `assessor` or `officer`; who belongs to a party of the case is never shown the officer's side."""
    if predicates.belongs_to_organisation(user, case.supplier):
        return "supplier"
    if people.can(user, "compliance.assess_case", case):
        return "assessor"
    if case.assessor is not None and predicates.belongs_to_organisation(user, case.assessor):
        return ""
    return "officer" if people.can(user, "compliance.decide_case", case) else ""
