"""What merchants hold about a person: for the copy of their data and for the end of their account.

An application, a check or a signature is an act for an organisation or the exchange; it stays when the account ends,
and then names nobody, since accounts that ended have no name.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people, uploads
from dataferry.server.merchants.actions.applications import MOST_PAPER_BYTES, PURPOSE


def exported(user: User) -> dict[str, Any]:
    """Applications made, classes asked for and decided, papers added, facts checked, rules signed."""
    from dataferry.server.merchants.models import ClassApplication, FactCheck, Merchant, MerchantPaper, RulesSignature

    checks = FactCheck.objects.filter(checked_by=user).select_related("merchant").order_by("pk")
    signatures = RulesSignature.objects.filter(signed_by=user).select_related("merchant").order_by("pk")
    papers = MerchantPaper.objects.filter(added_by=user).select_related("merchant").order_by("pk")
    return {
        "applications": list(Merchant.objects.filter(applied_by=user).order_by("pk").values_list("number", flat=True)),
        "classes_asked": list(
            ClassApplication.objects.filter(asked_by=user).order_by("pk").values_list("number", flat=True)
        ),
        "classes_decided": list(
            ClassApplication.objects.filter(decided_by=user).order_by("pk").values("number", "checks", "reason")
        ),
        "papers": [
            {"merchant": row.merchant.number, "kind": row.kind, "file": row.file_name, "sha256": row.sha256}
            for row in papers
        ],
        "facts_checked": [
            {"merchant": row.merchant.number, "fact": row.code, "outcome": row.outcome, "note": row.note}
            for row in checks
        ],
        "rules_signed": [
            {"merchant": row.merchant.number, "rules": row.version, "at": row.signed_at.isoformat()}
            for row in signatures
        ],
    }


def erase(user: User) -> None:
    """Names of files may name their sender; what was found and signed stays."""
    from dataferry.server.merchants.models import MerchantPaper

    MerchantPaper.objects.filter(added_by=user).update(added_by=None, file_name="paper")


people.register_personal_data("merchants", exported, erase)
uploads.register_purpose(PURPOSE, most_bytes=MOST_PAPER_BYTES, permission="merchants.upload")
