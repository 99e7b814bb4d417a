"""Tables of an edition for spreadsheets: teams, entries, checks, judges, sheets. A cell never becomes a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dataferry.server.challenge.models import Division, EligibilityCheck, Entry, Judge, ScoreSheet, Team
from dataferry.server.display.cells import harmless
from dataferry.server.people.queries import display_name

MOST_ROWS = 200_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """A table: its name, its head and its rows."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


def as_csv(sheet: Sheet) -> bytes:
    """UTF-8 with a byte order mark, which spreadsheet programs need to read Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(sheet.head)
    writer.writerows([harmless(cell) for cell in row] for row in sheet.rows)
    return "\ufeff".encode() + out.getvalue().encode()


def as_xlsx(sheets: Iterable[Sheet]) -> bytes:
    """One workbook with a sheet per table; texts are written as texts."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:31])
            page.freeze_panes(1, 0)
            page.write_row(0, 0, list(sheet.head), bold)
            for number, row in enumerate(sheet.rows, 1):
                page.write_row(number, 0, [cell if isinstance(cell, int | float) else str(cell) for cell in row])
    return out.getvalue()


def sheet_of(kind: str, divisions: Sequence[Division]) -> Sheet:
    """The table `teams`, `entries`, `checks`, `judges` or `sheets` of these divisions.

    Raises:
        KeyError: no such table.
    """
    return KINDS[kind](divisions)


def _teams(divisions: Sequence[Division]) -> Sheet:
    head = [_("Number"), _("Team"), _("Division"), _("Kind"), _("Members"), _("Registered"), _("Withdrawn")]
    rows = Team.objects.filter(division__in=divisions).select_related("division").prefetch_related("members__user")
    return Sheet(
        _("Teams"),
        head,
        (
            [
                team.number,
                team.name,
                team.division.code,
                team.kind,
                "; ".join(display_name(m.user) for m in team.members.all() if m.left_at is None and m.user),
                _at(team.registered_at, team.division),
                _at(team.withdrawn_at, team.division),
            ]
            for team in rows
        ),
    )


def _entries(divisions: Sequence[Division]) -> Sheet:
    head = [
        _("Code"),
        _("Title"),
        _("Team"),
        _("Division"),
        _("Sub-category"),
        _("State"),
        _("Versions"),
        _("Last version"),
    ]
    rows = Entry.objects.filter(division__in=divisions).select_related("division", "team")
    return Sheet(_("Entries"), head, (_entry_row(entry) for entry in rows.prefetch_related("submissions")))


def _entry_row(entry: Entry) -> list[Any]:
    versions = list(entry.submissions.all())
    last = versions[0].submitted_at if versions else None
    title = next(iter(entry.title.values()), "")
    return [
        entry.code,
        title,
        entry.team.name,
        entry.division.code,
        entry.subcategory,
        str(entry.get_state_display()),
        len(versions),
        _at(last, entry.division),
    ]


def _checks(divisions: Sequence[Division]) -> Sheet:
    head = [_("Team"), _("Division"), _("Rule"), _("Answer"), _("State"), _("Reason")]
    rows = EligibilityCheck.objects.filter(team__division__in=divisions, member__left_at=None)
    return Sheet(
        _("Checks"),
        head,
        (
            [
                check.team.name,
                check.team.division.code,
                check.rule,
                str(check.answer.get("said", "")),
                str(check.get_state_display()),
                check.reason,
            ]
            for check in rows.select_related("team__division").order_by("team", "rule", "pk")
        ),
    )


def _judges(divisions: Sequence[Division]) -> Sheet:
    head = [_("Judge"), _("City"), _("Languages"), _("Confirmed"), _("Declared"), _("Sheets"), _("Signed")]
    editions = {division.edition_id for division in divisions}
    cities = {division.city for division in divisions}
    rows = Judge.objects.filter(edition__in=editions, city__in=cities).select_related("user").prefetch_related("sheets")
    return Sheet(
        _("Judges"),
        head,
        (
            [
                display_name(judge.user) if judge.user else "",
                judge.city,
                ", ".join(judge.languages),
                _yes(judge.confirmed_at),
                _yes(judge.declared_at),
                sum(not sheet.calibration for sheet in judge.sheets.all()),
                sum(sheet.signed_at is not None and not sheet.calibration for sheet in judge.sheets.all()),
            ]
            for judge in rows
        ),
    )


def _sheets(divisions: Sequence[Division]) -> Sheet:
    """The scores in the long form that `dataferry judging rank` reads."""
    rows = ScoreSheet.objects.filter(entry__division__in=divisions, calibration=False, state__in=("signed", "locked"))
    found = list(rows.select_related("entry__division", "judge", "round").order_by("round", "entry__code", "judge"))
    criteria = list(dict.fromkeys(code for sheet in found for code in sheet.scores))
    return Sheet(
        _("Scores"),
        ["round", "entry", "judge", "panel", "division", *criteria],
        (
            [
                sheet.round.code,
                sheet.entry.code,
                str(sheet.judge_id),
                sheet.judge.city,
                sheet.entry.division.code,
                *(sheet.scores.get(code, "") for code in criteria),
            ]
            for sheet in found
        ),
    )


def _at(moment: Any, division: Division) -> str:
    return f"{moment.astimezone(ZoneInfo(division.time_zone)):%Y-%m-%d %H:%M:%S}" if moment else ""


def _yes(moment: Any) -> str:
    return _("yes") if moment else _("no")


KINDS: Mapping[str, Callable[[Sequence[Division]], Sheet]] = {
    "teams": _teams,
    "entries": _entries,
    "checks": _checks,
    "judges": _judges,
    "scores": _sheets,
}
