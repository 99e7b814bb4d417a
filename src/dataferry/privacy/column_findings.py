"""What the screening of columns means for a table, as findings with their figures and masked examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from dataferry.messages import Finding, Severity
from dataferry.privacy.report import ColumnFinding, PrivacyClass
from dataferry.privacy.screening import Screened

FOUND: Final[Mapping[str, str]] = {
    "hkid": "privacy.found_hkid",
    "resident_id": "privacy.found_resident_id",
    "uscc": "privacy.found_uscc",
    "bank_card": "privacy.found_bank_card",
    "email": "privacy.found_email",
    "hk_phone": "privacy.found_hk_phone",
    "mainland_mobile": "privacy.found_mainland_mobile",
    "plate_mainland": "privacy.found_plate_mainland",
    "plate_cross_border": "privacy.found_plate_cross_border",
    "plate_hk": "privacy.found_plate_hk",
    "vin": "privacy.found_vin",
    "person_name": "privacy.found_person_name",
    "home_address": "privacy.found_home_address",
    "street_address": "privacy.found_street_address",
}
SEVERITIES: Final[Mapping[PrivacyClass, Severity]] = {
    PrivacyClass.NONE: "note",
    PrivacyClass.PERSONAL: "attention",
    PrivacyClass.SENSITIVE_PERSONAL: "blocked",
    PrivacyClass.POSSIBLY_IMPORTANT: "attention",
}


def column_findings(screened: Sequence[Screened]) -> tuple[Finding, ...]:
    """A finding for each column that is an identifier, has some among its values or in its prose, or is named so."""
    found = []
    for one in screened:
        column = one.finding
        if column.identifier is not None:
            severity = SEVERITIES[one.decided_class]
            found.append(Finding(FOUND[column.identifier], severity, _figures(column)))
        for some in one.some:
            data = {"column": column.column, "identifier": some.identifier, "count": int(some.rows.sum())}
            found.append(Finding("privacy.some_values", SEVERITIES[some.privacy_class], data))
        for inside in one.inside:
            data = {"column": column.column, "identifier": inside.identifier, "count": int(inside.rows.sum())}
            found.append(Finding("privacy.inside_text", SEVERITIES[inside.privacy_class], data))
        if one.named_only is not None:
            data = {"column": column.column, "identifier": one.named_only}
            found.append(Finding("privacy.named_only", "note", data))
    sampled = [one.finding for one in screened if one.finding.looked_at and one.leaf.sampled]
    if sampled:
        data = {"columns": [column.column for column in sampled], "count": max(column.looked_at for column in sampled)}
        found.append(Finding("privacy.sampled", "note", data))
    return tuple(found)


def _figures(column: ColumnFinding) -> dict[str, Any]:
    return {
        "column": column.column,
        "identifier": column.identifier,
        "percent": round(100 * column.share, 1),
        "lift": round(column.lift, 1),
        "score": round(column.score, 2),
        "examples": list(column.examples),
    }
