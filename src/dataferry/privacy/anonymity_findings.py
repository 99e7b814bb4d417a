"""What anonymity, subjects and tracks mean for the class of a table, as findings with their figures."""

from __future__ import annotations

from typing import Final

from dataferry.messages import Finding, Severity
from dataferry.privacy.anonymity import Anonymity
from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.subjects import Subjects

LEAST_L: Final = 2
_TOLD_POINTS: Final = 4


def anonymity_findings(anonymity: Anonymity, subjects: Subjects | None) -> tuple[PrivacyClass, tuple[Finding, ...]]:
    """The class that anonymity gives a table, and why.

    Tracks of vehicles or people are sensitive personal information (Automotive Data Provisions 2021, article 3; PIPL
    article 28) and block. A column that only tells subjects apart makes a table personal and asks for attention, as do
    small groups of people and small counts of people by trait.
    """
    found: list[tuple[PrivacyClass, Finding]] = []
    if anonymity.tracks is not None:
        found.append((PrivacyClass.SENSITIVE_PERSONAL, _tracks(anonymity)))
    elif subjects is not None and subjects.basis == "header":
        data = {"column": subjects.column, "count": subjects.distinct, "kind": subjects.kind}
        found.append((PrivacyClass.PERSONAL, Finding("privacy.subjects_by_header", "attention", data)))
    found += _groups(anonymity)
    for column in anonymity.sensitive:
        data = {"column": column.column, "l": column.l, "kind": column.reason}
        severity: Severity = "attention" if column.l < LEAST_L or (anonymity.k or 0) < anonymity.threshold else "note"
        found.append((PrivacyClass.SENSITIVE_PERSONAL, Finding("privacy.sensitive_column", severity, data)))
    worst = max((one for one, _ in found), default=PrivacyClass.NONE, key=lambda one: one.rank)
    return worst, tuple(finding for _, finding in found)


def _tracks(anonymity: Anonymity) -> Finding:
    tracks = anonymity.tracks
    assert tracks is not None  # noqa: S101 - asked only then
    data = {
        "column": tracks.entity,
        "kind": tracks.kind,
        "count": tracks.entities,
        "points": tracks.points,
        "place": list(tracks.place),
        "time": list(tracks.time),
        "percent": round(100 * tracks.singled_out.get(_TOLD_POINTS, 0.0), 1),
        "p": _TOLD_POINTS,
    }
    return Finding("privacy.tracks", "blocked", data)


def _groups(anonymity: Anonymity) -> list[tuple[PrivacyClass, Finding]]:
    if anonymity.k is None:
        return []
    columns = [quasi.column for quasi in anonymity.quasi]
    figures = {
        "columns": columns,
        "k": anonymity.k,
        "groups": anonymity.groups,
        "small": anonymity.small_groups,
        "row_count": anonymity.small_rows,
        "unique": anonymity.unique_rows,
        "threshold": anonymity.threshold,
    }
    if anonymity.rows_of == "individuals":
        severity: Severity = "attention" if anonymity.small_groups else "note"
        return [(PrivacyClass.PERSONAL, Finding("privacy.small_groups", severity, figures))]
    if anonymity.rows_of == "counts" and anonymity.small_groups:
        by_trait = bool(columns)
        told = Finding(
            "privacy.small_counts", "attention" if by_trait else "note", {**figures, "column": anonymity.counted}
        )
        return [(PrivacyClass.PERSONAL if by_trait else PrivacyClass.NONE, told)]
    return []
