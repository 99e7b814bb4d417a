"""Exact means: of judges, and of panels with equal weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from dataferry.judging.scores import Cell, Group

Value = Callable[[Cell], Fraction]


def mean(values: Sequence[Fraction]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def judge_mean(cells: Sequence[Cell], value: Value) -> Fraction:
    """Every judge weighs the same."""
    return mean([value(cell) for cell in cells])


def panel_mean(cells: Sequence[Cell], value: Value) -> Fraction:
    """Every panel weighs the same: the mean of the panels' means."""
    panels: dict[str, list[Fraction]] = {}
    for cell in cells:
        panels.setdefault(cell.panel, []).append(value(cell))
    return mean([mean(values) for values in panels.values()])


def entry_means(group: Group, value: Value, *, by_panels: bool) -> dict[str, Fraction]:
    """Mean of every scored entry of the group, by entry."""
    average = panel_mean if by_panels else judge_mean
    return {entry: average(cells, value) for entry, cells in group.scored.items()}


def criterion_means(group: Group, code: str, *, by_panels: bool) -> Mapping[str, Fraction]:
    """Mean of one criterion's raw values, for the entries where every sheet holds it."""
    average = panel_mean if by_panels else judge_mean
    return {
        entry: average(cells, lambda cell: Fraction(cell.values[code]))
        for entry, cells in group.scored.items()
        if all(code in cell.values for cell in cells)
    }


def without_every_panel(group: Group) -> Mapping[str, tuple[str, ...]]:
    """Scored entries that some panel of the group did not score, with those panels."""
    missing = {
        entry: tuple(panel for panel in group.panels if panel not in {cell.panel for cell in cells})
        for entry, cells in group.scored.items()
    }
    return {entry: panels for entry, panels in missing.items() if panels}
