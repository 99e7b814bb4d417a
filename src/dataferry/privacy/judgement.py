"""A table judged: what its columns, subjects, anonymity and coordinates say, put together."""

from __future__ import annotations

import pyarrow as pa

from dataferry.privacy.anonymity_findings import anonymity_findings
from dataferry.privacy.anonymity_measures import measure_anonymity
from dataferry.privacy.column_findings import column_findings
from dataferry.privacy.coordinates import measure_coordinates
from dataferry.privacy.importance import signs_of_importance
from dataferry.privacy.plain_table import plain_table
from dataferry.privacy.report import PrivacyClass, PrivacyReport, most_guarded
from dataferry.privacy.screening import screen
from dataferry.privacy.subjects import find_subjects
from dataferry.privacy.vehicle_frames import signs_of_frames


def judge(table: pa.Table, *, crs: str | None = None) -> PrivacyReport:
    """The privacy of a table: identifiers column by column, subjects, tracks and groups, signs of important data.

    Args:
        crs: datum of plain columns of coordinates, and of geometry that states none.

    Returns:
        a report that depends on the table alone: no chance, no clock.
    """
    table = plain_table(table)
    screened = screen(table)
    identifiers = {
        one.finding.column: one.finding.identifier
        for one in screened
        if one.finding.identifier is not None and one.decided_class > PrivacyClass.NONE
    }
    subjects = find_subjects(table, identifiers)
    coordinates = measure_coordinates(table, crs)
    anonymity = measure_anonymity(table, identifiers, subjects, coordinates)
    together, told = anonymity_findings(anonymity, subjects)
    signs = signs_of_importance(table, screened, coordinates)
    columns = tuple(one.finding for one in screened)
    frames = signs_of_frames(table, screened)
    hinted = [PrivacyClass.POSSIBLY_IMPORTANT] if signs else []
    hinted += [PrivacyClass.SENSITIVE_PERSONAL] if frames else []
    privacy_class = most_guarded([together, *(column.privacy_class for column in columns), *hinted])
    findings = (*column_findings(screened), *told, *frames, *signs)
    return PrivacyReport(privacy_class, columns, subjects, anonymity, coordinates, findings, table.num_rows)
