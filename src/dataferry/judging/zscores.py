"""Scores standardised judge by judge, as most hackathon tools do it; kept for comparison."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from fractions import Fraction

from dataferry.judging.averages import mean
from dataferry.judging.exact import rounded
from dataferry.judging.scores import Cell, Group
from dataferry.messages import Finding


def spread(values: Sequence[Fraction]) -> float:
    """Sample standard deviation; 0 for a single value."""
    if len(values) < 2:
        return 0.0
    middle = mean(values)
    return math.sqrt(sum(((value - middle) ** 2 for value in values), Fraction(0)) / (len(values) - 1))


def standardised(group: Group) -> tuple[dict[str, Fraction], tuple[Finding, ...]]:
    """Mean z of every entry, put back on the scale of the scores (their mean and standard deviation), six decimals.

    A judge with one score or with all scores alike says nothing of any entry: such a score counts as that judge's mean.
    """
    by_judge: dict[str, list[Cell]] = {}
    for cell in group.cells:
        by_judge.setdefault(cell.judge, []).append(cell)
    z: dict[str, list[float]] = {}
    silent = []
    for judge, cells in sorted(by_judge.items()):
        totals = [cell.total for cell in cells]
        middle, width = mean(totals), spread(totals)
        if not width:
            silent.append(judge)
        for cell in cells:
            z.setdefault(cell.entry, []).append(float(cell.total - middle) / width if width else 0.0)
    totals = [cell.total for cell in group.cells]
    centre, scale = float(mean(totals)), spread(totals)
    figures = {entry: Fraction(rounded(centre + scale * statistics.fmean(z[entry]))) for entry in sorted(z)}
    if not silent:
        return figures, ()
    data = {"judges": silent, "division": group.name}
    return figures, (Finding("judging.judge_not_standardised", "attention", data),)
