"""Scores as judges signed them, checked, and put in one order whatever order they came in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from dataferry.judging.exact import decimal_of, readable
from dataferry.judging.rubric import Rubric
from dataferry.messages import InputError


@dataclass(frozen=True)
class Score:
    """One signed sheet: what one judge gave one entry.

    Args:
        entry: id of the entry.
        judge: id of the judge.
        panel: the judge's panel (city).
        division: the entry's division (city).
        values: value of each criterion; may be empty where only totals are known.
        total: the total, as `Rubric.total` gives it.
    """

    entry: str
    judge: str
    panel: str
    division: str
    values: Mapping[str, Decimal]
    total: Decimal


@dataclass(frozen=True)
class Cell:
    """A checked score with its exact total."""

    entry: str
    judge: str
    panel: str
    division: str
    total: Fraction
    values: Mapping[str, Decimal]


@dataclass(frozen=True)
class Group:
    """Entries that are ranked against each other: one division, or all of them in a joint ranking.

    `entries` maps every entry to its division, with those nobody scored; `cells` are in order of entry and judge.
    """

    name: str
    entries: Mapping[str, str]
    cells: tuple[Cell, ...]
    scored: Mapping[str, tuple[Cell, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        scored: dict[str, list[Cell]] = {entry: [] for entry in sorted(self.entries)}
        for cell in self.cells:
            scored[cell.entry].append(cell)
        object.__setattr__(self, "scored", {entry: tuple(cells) for entry, cells in scored.items() if cells})

    @property
    def panels(self) -> tuple[str, ...]:
        return tuple(sorted({cell.panel for cell in self.cells}))

    @property
    def judges(self) -> Mapping[str, str]:
        """Panel of every judge who scored here, by judge."""
        return {cell.judge: cell.panel for cell in sorted(self.cells, key=lambda cell: cell.judge)}


def exact_total(score: Score, rubric: Rubric | None) -> Fraction:
    """The exact total of a sheet: from its values where there are any, and then it must be the stated one.

    Raises:
        InputError: `judging.total_unreadable`, `judging.total_differs`, or what `Rubric.exact` finds.
    """
    if not readable(score.total):
        raise InputError("judging.total_unreadable", judge=score.judge, entry=score.entry)
    if rubric is None or not score.values:
        return Fraction(score.total)
    exact = rubric.exact(score.values)
    expected = decimal_of(exact)
    if expected != score.total:
        stated, computed = str(score.total), str(expected)
        raise InputError(
            "judging.total_differs", judge=score.judge, entry=score.entry, stated=stated, computed=computed
        )
    return exact


def groups_of(
    scores: Iterable[Score], rubric: Rubric | None, entries: Mapping[str, str] | None, *, joint: bool
) -> tuple[Group, ...]:
    """Checked scores as the groups that are ranked: one, or one for each division in order of name.

    Raises:
        InputError: a score given twice, a judge in two panels, an entry in two divisions, a total that is wrong.
    """
    divisions: dict[str, str] = dict(entries or {})
    panels: dict[str, str] = {}
    cells: dict[tuple[str, str], Cell] = {}
    for score in sorted(scores, key=lambda score: (score.entry, score.judge)):
        if (score.entry, score.judge) in cells:
            raise InputError("judging.score_twice", judge=score.judge, entry=score.entry)
        if panels.setdefault(score.judge, score.panel) != score.panel:
            raise InputError("judging.judge_in_two_panels", judge=score.judge)
        if divisions.setdefault(score.entry, score.division) != score.division:
            raise InputError("judging.entry_in_two_divisions", entry=score.entry)
        total = exact_total(score, rubric)
        cell = Cell(score.entry, score.judge, score.panel, score.division, total, score.values)
        cells[score.entry, score.judge] = cell
    if joint:
        return (Group("", divisions, tuple(cells.values())),)
    return tuple(
        Group(
            name,
            {entry: division for entry, division in divisions.items() if division == name},
            tuple(cell for cell in cells.values() if cell.division == name),
        )
        for name in sorted(set(divisions.values()))
    )
