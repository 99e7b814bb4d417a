"""Scores in an organiser's spreadsheet: one row for each judge and entry, with findings at row and column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from dataferry.judging.rubric import Criterion, Rubric
from dataferry.judging.score_headings import Stated, Table, stated_criterion, table_of
from dataferry.judging.score_numbers import read_number
from dataferry.judging.score_tables import Row, sheets_of
from dataferry.judging.scores import Score
from dataferry.messages import Finding, InputError

LONGEST_NAME = 200
_ENOUGH_NUMBERS = 0.5


@dataclass
class ScoreFile:
    """What a file of scores says.

    Attributes:
        scores: the rows that can be used, in order of entry and judge.
        rubric: the criteria with their weights; None where the file holds totals only.
        entries: every entry of the file with its division, those without a usable score too.
        findings: everything found; `blocked` ones name rows that were left out because they cannot be right.
    """

    scores: tuple[Score, ...] = ()
    rubric: Rubric | None = None
    entries: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def blocked(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.severity == "blocked"]


def read_scores(path: Path, rubric: Rubric | None = None) -> ScoreFile:
    """Read one long table of scores (CSV or XLSX).

    Columns: entry, judge, and either criteria or a score; panel and division where there are several. Headings in
    English or Chinese; weights stand in the headings of the criteria, `novelty (30%, 0-10)`, or come with `rubric`.

    Raises:
        InputError: no table of scores is in the file, or its criteria have no weights.
        MissingError, LimitError: as `sheets_of`.
    """
    tables = [table for sheet in sheets_of(path) if (table := table_of(sheet, ("entry", "judge"))) is not None]
    table = next((one for one in tables if _is_scores(one, rubric)), None)
    if table is None:
        raise InputError("judging.no_score_table", file=path.name)
    found = ScoreFile()
    _note_table(table, found)
    criteria = _criteria(table, rubric)
    if criteria:
        found.rubric = rubric or _rubric(table, criteria, found)
        found.findings += [finding for finding in found.rubric.findings() if rubric is None]
        found.findings += _missing_criteria(table, found.rubric)
    elif "score" not in table.columns:
        raise InputError("judging.no_weights", file=path.name, columns=list(table.others)[:20])
    _read_rows(table, criteria, found)
    return found


def _is_scores(table: Table, rubric: Rubric | None) -> bool:
    has_values = "score" in table.columns or bool(_criteria(table, rubric)) or bool(_numeric(table))
    return {"entry", "judge"} <= set(table.columns) and has_values


def _criteria(table: Table, rubric: Rubric | None) -> dict[str, str]:
    """Criterion code to the heading of its column."""
    stated = {heading: stated_criterion(heading) for heading in table.others}
    names = {(one.code if one else heading).casefold(): heading for heading, one in stated.items()}
    if rubric is not None:
        return {c.code: names[c.code.casefold()] for c in rubric.criteria if c.code.casefold() in names}
    return {one.code: heading for heading, one in stated.items() if one is not None}


def _numeric(table: Table) -> list[str]:
    """Other columns that mostly hold numbers."""
    out = []
    for heading in table.others:
        numbers = [read_number(table.cell(row, heading)) for row in table.body[:500]]
        some = [one for one in numbers if not one.is_missing]
        if some and sum(one.value is not None for one in some) >= _ENOUGH_NUMBERS * len(some):
            out.append(heading)
    return out


def _note_table(table: Table, found: ScoreFile) -> None:
    sheet = table.sheet
    where = {"file": sheet.file, "sheet": sheet.name, "row": table.header.number}
    if table.repeated:
        found.findings.append(Finding("judging.heading_twice", "attention", {**where, "columns": list(table.repeated)}))
    if sheet.formulas:
        data = {
            "file": sheet.file,
            "sheet": sheet.name,
            "count": len(sheet.formulas),
            "cells": list(sheet.formulas[:12]),
        }
        found.findings.append(Finding("judging.formula_cells", "attention", data))


def _rubric(table: Table, criteria: Mapping[str, str], found: ScoreFile) -> Rubric:
    """The rubric that headings state. Where they state no scale, one scale for all is taken, and said."""
    stated = {code: stated_criterion(heading) or Stated(code, None) for code, heading in criteria.items()}
    values = {code: _column_values(table, heading) for code, heading in criteria.items()}
    top = max((value for numbers in values.values() for value in numbers), default=Decimal(0))
    assumed = next((scale for scale in map(Decimal, (5, 10, 100)) if top <= scale), top)
    if any(one.highest is None for one in stated.values()):
        data = {"file": table.sheet.file, "highest": str(assumed), "top": str(top)}
        found.findings.append(Finding("judging.scale_assumed", "attention", data))
    return Rubric(
        tuple(
            Criterion(
                code,
                one.weight,
                highest=one.highest if one.highest is not None else assumed,
                lowest=one.lowest or Decimal(0),
                step=_step([*values[code], one.lowest or Decimal(0), one.highest or assumed]),
            )
            for code, one in stated.items()
        )
    )


def _column_values(table: Table, heading: str) -> list[Decimal]:
    numbers = (read_number(table.cell(row, heading)).value for row in table.body)
    return [value for value in numbers if value is not None]


def _step(values: Iterable[Decimal]) -> Decimal:
    """The finest decimal place that is used."""
    return Decimal(1).scaleb(min(int(value.as_tuple().exponent) for value in (*values, Decimal(1))))


def _missing_criteria(table: Table, rubric: Rubric) -> list[Finding]:
    known = {criterion.casefold() for criterion in _criteria(table, rubric)}
    lost = [one.code for one in rubric.criteria if one.code.casefold() not in known and not one.bonus]
    data = {"file": table.sheet.file, "criteria": lost}
    return [Finding("judging.criterion_without_column", "blocked", data)] if lost else []


def _read_rows(table: Table, criteria: Mapping[str, str], found: ScoreFile) -> None:
    seen: dict[tuple[str, str], tuple[Row, Score | None]] = {}
    homes: dict[tuple[str, str], tuple[str, int]] = {}
    for row in table.body:
        names = _names(table, row, found)
        if names is None or not _same_home(table, row, names, homes, found):
            continue
        found.entries.setdefault(names["entry"], names["division"])
        score = _score(table, row, names, criteria, found)
        pair = names["entry"], names["judge"]
        if pair in seen:
            _twice(table, row, score, seen, pair, found)
        else:
            seen[pair] = row, score
    usable = [score for _, score in seen.values() if score is not None]
    found.scores = tuple(sorted(usable, key=lambda score: (score.entry, score.judge)))
    if not found.scores:
        found.findings.append(Finding("judging.no_usable_row", "blocked", {"file": table.sheet.file}))


def _names(table: Table, row: Row, found: ScoreFile) -> dict[str, str] | None:
    """Entry, judge, panel and division of a row, or None where it cannot be used."""
    city = table.cell(row, "city")
    names = {name: table.cell(row, name) for name in ("entry", "judge", "panel", "division")}
    names["division"] = names["division"] or city
    for name, value in names.items():
        if name in ("entry", "judge") and not value:
            found.findings.append(Finding("judging.name_missing", "blocked", table.place(row, name)))
            return None
        if len(value) > LONGEST_NAME:
            data = {**table.place(row, name), "length": len(value), "limit": LONGEST_NAME}
            found.findings.append(Finding("judging.name_too_long", "blocked", data))
            return None
        if value[:1] in ("=", "@"):
            data = {**table.place(row, name), "text": value[:80]}
            found.findings.append(Finding("judging.name_like_formula", "attention", data))
    return names


def _same_home(
    table: Table, row: Row, names: Mapping[str, str], homes: dict[tuple[str, str], tuple[str, int]], found: ScoreFile
) -> bool:
    """Whether the judge's panel and the entry's division are those of earlier rows."""
    for who, home in (("judge", "panel"), ("entry", "division")):
        earlier, number = homes.setdefault((who, names[who]), (names[home], row.number))
        if earlier != names[home]:
            place = table.place(row, home)
            data = {**place, "name": names[who], "value": names[home], "earlier": earlier, "earlier_row": number}
            found.findings.append(Finding("judging.row_disagrees", "blocked", data))
            return False
    return True


def _score(
    table: Table, row: Row, names: Mapping[str, str], criteria: Mapping[str, str], found: ScoreFile
) -> Score | None:
    if not criteria:
        total = _value(table, row, "score", found)
        return None if total is None else Score(**names, values={}, total=total)
    values = {code: _value(table, row, heading, found) for code, heading in criteria.items()}
    rubric = found.rubric
    bonus = {one.code for one in rubric.criteria if one.bonus} if rubric is not None else set()
    given = {code: value for code, value in values.items() if value is not None}
    if rubric is None or set(values) - set(given) - bonus:
        return None
    faults = rubric.check(given)
    for fault in faults:
        heading = criteria.get(str(fault.data.get("criterion")), "score")
        found.findings.append(Finding(fault.code, "blocked", {**fault.data, **table.place(row, heading)}))
    if faults or rubric.findings():
        return None
    total = rubric.total(given)
    stated = read_number(table.cell(row, "score"))
    if stated.value is not None and stated.value != total:
        data = {**table.place(row, "score"), "stated": str(stated.value), "computed": str(total)}
        found.findings.append(Finding("judging.total_recomputed", "attention", data))
    return Score(**names, values=given, total=total)


def _value(table: Table, row: Row, heading: str, found: ScoreFile) -> Decimal | None:
    cell = table.cell(row, heading)
    number = read_number(cell)
    place = {**table.place(row, heading), "text": cell[:80]}
    if number.is_missing:
        found.findings.append(Finding("judging.score_missing", "attention", place))
    elif number.value is None:
        found.findings.append(Finding("judging.score_unreadable", "blocked", place))
    elif number.is_repaired:
        found.findings.append(Finding("judging.score_repaired", "repaired", {**place, "value": str(number.value)}))
    return number.value


def _twice(
    table: Table,
    row: Row,
    score: Score | None,
    seen: dict[tuple[str, str], tuple[Row, Score | None]],
    pair: tuple[str, str],
    found: ScoreFile,
) -> None:
    """The same judge and entry again: harmless when it says the same, otherwise neither row counts."""
    first, earlier = seen[pair]
    data = {**table.place(row, "judge"), "entry": pair[0], "judge": pair[1], "earlier_row": first.number}
    if score == earlier:
        found.findings.append(Finding("judging.row_twice", "repaired", data))
        return
    seen[pair] = first, None
    found.findings.append(Finding("judging.rows_differ", "blocked", data))
