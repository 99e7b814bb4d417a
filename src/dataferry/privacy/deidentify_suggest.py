"""Steps that would make a table less personal, from what was found in it: a draft for a person to weigh."""

from __future__ import annotations

from dataferry.privacy.anonymity import Anonymity
from dataferry.privacy.report import PrivacyClass, PrivacyReport
from dataferry.privacy.steps import AggregateCellHour, Step, Suppress


def suggest_steps(report: PrivacyReport) -> tuple[Step, ...]:
    """Steps in the order in which they should run; none where nothing was found.

    Tracks over coordinates and one time are added up by cell and hour; else columns that identify or follow subjects
    go, and what is left is cleared of small groups.
    """
    anonymity = report.anonymity or Anonymity()
    tracks = anonymity.tracks
    located = report.coordinates is not None and tracks is not None and tracks.place == report.coordinates.columns
    if tracks is not None and located and len(tracks.time) == 1:
        return (AggregateCellHour(place=list(tracks.place), time=tracks.time[0], subject=tracks.entity),)
    named = [column.column for column in report.columns if column.privacy_class > PrivacyClass.NONE]
    if tracks is not None:
        named.append(tracks.entity)
    elif report.subjects is not None and report.subjects.basis == "header":
        named.append(report.subjects.column)
    for finding in report.findings:
        if finding.code == "privacy.vehicle_frames":
            named += finding.data["columns"]
    plain = list(dict.fromkeys(name for name in named if "." not in name and "[" not in name))
    steps: list[Step] = [Suppress(columns=plain)] if plain else []
    quasi = [one.column for one in anonymity.quasi]
    if anonymity.rows_of == "individuals" and anonymity.small_groups and quasi:
        steps.append(Suppress(what="rows", over=quasi, k=anonymity.threshold))
    return tuple(steps)
