"""Entries, judges and conflicts in an organiser's workbook: sheets, a folder of CSV files, or one list of all kinds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from dataferry.judging.assignment_problem import Assessor, Item, Pair
from dataferry.judging.score_files import LONGEST_NAME
from dataferry.judging.score_headings import Table, languages_of, listed, table_of
from dataferry.judging.score_numbers import read_number
from dataferry.judging.score_tables import Row, Sheet, sheets_of
from dataferry.messages import Finding, InputError

Kind = Literal["entries", "judges", "conflicts", "plan"]

_NAMED: dict[Kind, tuple[str, ...]] = {
    "conflicts": ("conflict", "coi", "利益", "迴避", "回避", "避嫌"),
    "plan": ("plan", "assignment", "分派", "分配"),
    "judges": ("judge", "reviewer", "assessor", "評審", "评审", "評委", "评委", "評判", "评判"),
    "entries": ("entr", "project", "submission", "作品", "項目", "项目"),
}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("entry", "作品", "項目", "项目"), "entries"),
    **dict.fromkeys(("judge", "評審", "评审", "評委", "评委"), "judges"),
    **dict.fromkeys(("conflict", "利益衝突", "利益冲突", "迴避", "回避"), "conflicts"),
    **dict.fromkeys(("plan", "分派", "分配"), "plan"),
}
_YES = frozenset({"yes", "y", "true", "1", "x", "✓", "✔", "是", "有"})


@dataclass
class AssignmentFile:
    """What the files say. `blocked` findings name rows that could not be used."""

    entries: dict[str, Item] = field(default_factory=dict)
    judges: dict[str, Assessor] = field(default_factory=dict)
    conflicts: set[Pair] = field(default_factory=set)
    anchors: set[str] = field(default_factory=set)
    keep: set[Pair] = field(default_factory=set)
    scored: set[Pair] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)

    @property
    def blocked(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "blocked"]


def read_assignment(path: Path) -> AssignmentFile:
    """Read who judges and what is judged.

    A sheet (or file) is known by its name, such as `Entries`, `評審` or `利益衝突`, else by its headings. One CSV with
    a column `kind` may hold everything. Conflicts stand in a list of their own, in a column `conflicts` beside entries
    or judges, or follow from the same `organisation` on both sides.

    Raises:
        InputError: no entries or no judges are found.
        MissingError, LimitError: as `sheets_of`.
    """
    found = AssignmentFile()
    parts = [part for sheet in sheets_of(path) for part in _parts(sheet)]
    pairs: list[tuple[Table, Row, str, str]] = []
    organisations: dict[str, dict[str, dict[str, str]]] = {"entries": {}, "judges": {}}
    for kind, table, row in sorted(parts, key=lambda part: _ORDER.index(part[0])):
        if kind in ("entries", "judges"):
            _person_or_entry(kind, table, row, found, pairs, organisations)
        else:
            judge, entry = table.cell(row, "judge"), table.cell(row, "entry")
            if not judge or not entry:
                found.findings.append(
                    Finding("judging.name_missing", "blocked", table.place(row, "entry" if judge else "judge"))
                )
            elif kind == "conflicts":
                pairs.append((table, row, judge, entry))
            else:
                _planned(table, row, (judge, entry), found)
    if not found.entries or not found.judges:
        raise InputError(
            "judging.no_assignment_tables", file=path.name, entries=len(found.entries), judges=len(found.judges)
        )
    _add_conflicts(pairs, found)
    _add_colleagues(organisations, found)
    return found


_ORDER: tuple[Kind, ...] = ("entries", "judges", "conflicts", "plan")


def _parts(sheet: Sheet) -> Iterator[tuple[Kind, Table, Row]]:
    """Rows of a sheet with the kind of thing that each is."""
    table = table_of(sheet, ("kind", "entry", "judge", "id", "name"))
    if table is None:
        return
    if "kind" in table.columns:
        for row in table.body:
            kind = _KINDS.get(table.cell(row, "kind").casefold())
            if kind is not None:
                yield kind, table, row
        return
    sheet_kind = _kind_of(sheet.name, table)
    if sheet_kind is not None:
        yield from ((sheet_kind, table, row) for row in table.body)


def _kind_of(name: str, table: Table) -> Kind | None:
    both = {"entry", "judge"} <= set(table.columns)
    for kind, words in _NAMED.items():
        if any(word in name.casefold() for word in words) and (both or kind in ("entries", "judges")):
            return kind
    if both:
        return "plan" if "scored" in table.columns else "conflicts"
    return "judges" if "judge" in table.columns else "entries" if "entry" in table.columns else None


def _person_or_entry(
    kind: Kind,
    table: Table,
    row: Row,
    found: AssignmentFile,
    pairs: list[tuple[Table, Row, str, str]],
    organisations: dict[str, dict[str, dict[str, str]]],
) -> None:
    own = "entry" if kind == "entries" else "judge"
    known: dict[str, Item] | dict[str, Assessor] = found.entries if kind == "entries" else found.judges
    name = table.cell(row, own) or table.cell(row, "id") or table.cell(row, "name")
    if not name or len(name) > LONGEST_NAME:
        code = "judging.name_too_long" if name else "judging.name_missing"
        data = {**table.place(row, own), "length": len(name), "limit": LONGEST_NAME}
        found.findings.append(Finding(code, "blocked", data))
        return
    if name in known:
        found.findings.append(Finding("judging.listed_twice", "blocked", {**table.place(row, own), "name": name}))
        return
    if kind == "entries":
        found.entries[name] = _item(table, row, name)
        if table.cell(row, "anchor").casefold() in _YES:
            found.anchors.add(name)
    else:
        found.judges[name] = _assessor(table, row, name, found)
    others = listed(table.cell(row, "conflicts"))
    pairs += [(table, row, other, name) if kind == "entries" else (table, row, name, other) for other in others]
    for organisation in listed(table.cell(row, "organisation")):
        organisations[kind].setdefault(organisation.casefold(), {})[name] = organisation


def _item(table: Table, row: Row, name: str) -> Item:
    division = table.cell(row, "division") or table.cell(row, "city")
    return Item(name, division, "+".join(languages_of(table.cell(row, "language"))), table.cell(row, "topic"))


def _assessor(table: Table, row: Row, name: str, found: AssignmentFile) -> Assessor:
    panel = table.cell(row, "panel") or table.cell(row, "city") or table.cell(row, "division")
    languages = frozenset(languages_of(table.cell(row, "language")))
    number = read_number(table.cell(row, "capacity"))
    capacity = int(number.value) if number.value is not None and number.value == int(number.value) >= 0 else None
    if capacity is None and not number.is_missing:
        data = {**table.place(row, "capacity"), "text": table.cell(row, "capacity")[:80]}
        found.findings.append(Finding("judging.capacity_unreadable", "blocked", data))
    return Assessor(name, panel, languages, frozenset(listed(table.cell(row, "topic"))), capacity)


def _planned(table: Table, row: Row, pair: Pair, found: AssignmentFile) -> None:
    """A pair of an earlier plan; one that was scored stays."""
    found.keep.add(pair)
    if table.cell(row, "scored").casefold() in _YES:
        found.scored.add(pair)


def _add_conflicts(pairs: list[tuple[Table, Row, str, str]], found: AssignmentFile) -> None:
    """Conflicts whose two sides are known; an unknown name may be a misspelt one, so it is never passed over."""
    for table, row, judge, entry in pairs:
        unknown = [name for name, known in ((judge, found.judges), (entry, found.entries)) if name not in known]
        if unknown:
            data = {**table.place(row, "conflicts"), "names": [name[:80] for name in unknown]}
            found.findings.append(Finding("judging.conflict_unknown", "blocked", data))
        else:
            found.conflicts.add((judge, entry))


def _add_colleagues(organisations: dict[str, dict[str, dict[str, str]]], found: AssignmentFile) -> None:
    """The same organisation on both sides is a conflict."""
    for key, entries in sorted(organisations["entries"].items()):
        for judge in sorted(organisations["judges"].get(key, ())):
            for entry, name in sorted(entries.items()):
                found.conflicts.add((judge, entry))
                data = {"judge": judge, "entry": entry, "organisation": name[:80]}
                found.findings.append(Finding("judging.conflict_derived", "note", data))
