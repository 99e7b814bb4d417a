"""What cases hold about a person: for the copy of their data and for the end of their account.

Statements, findings and decisions are acts for an organisation or the exchange and clearances rest on them: they stay
when the account ends, and then name nobody, since accounts that ended have no name.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people, uploads
from dataferry.server.compliance.actions.answering import MOST_BYTES, PURPOSE


def exported(user: User) -> dict[str, Any]:
    """Cases opened, assessed and decided; items answered and found; files added; clearances issued."""
    from dataferry.server.compliance.models import CaseItem, Clearance, ComplianceCase, ItemEvidence

    def numbers(**asked: Any) -> list[str]:
        return list(ComplianceCase.objects.filter(**asked).order_by("pk").values_list("number", flat=True))

    answered = CaseItem.objects.filter(answered_by=user).select_related("case").order_by("pk")
    found = CaseItem.objects.filter(found_by=user).select_related("case").order_by("pk")
    files = ItemEvidence.objects.filter(added_by=user).select_related("item__case").order_by("pk")
    return {
        "cases_opened": numbers(opened_by=user),
        "cases_assessed": numbers(assessed_by=user),
        "cases_decided": numbers(decided_by=user),
        "items_answered": [{"case": row.case.number, "item": row.code, "statement": row.statement} for row in answered],
        "items_found": [
            {"case": row.case.number, "item": row.code, "state": row.state, "finding": row.finding} for row in found
        ],
        "files": [
            {"case": row.item.case.number, "item": row.item.code, "file": row.file_name, "sha256": row.sha256}
            for row in files
        ],
        "clearances_issued": list(
            Clearance.objects.filter(issued_by=user).order_by("pk").values_list("number", flat=True)
        ),
    }


def erase(user: User) -> None:
    """Nothing is to be forgotten: see the top of this module."""


people.register_personal_data("compliance-cases", exported, erase)
uploads.register_purpose(PURPOSE, most_bytes=MOST_BYTES, permission="compliance.upload")
