"""Reports on judges, for the chair: how strict, how wide, how like the others, and whether it drifts over the day."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from dataferry.judging.averages import mean
from dataferry.judging.exact import decimal_of, rounded, written
from dataferry.judging.linkage import linked_panels
from dataferry.judging.scores import Cell, Group, Score, groups_of
from dataferry.judging.zscores import spread
from dataferry.messages import Finding, InputError

if TYPE_CHECKING:
    from dataferry.judging.calibration import Fitted

FEW = 3
NARROW, WIDE = Decimal("0.5"), Decimal(2)
CERTAIN = 2.0
"""Slopes of at least two standard errors count as a drift."""

Times = Mapping[tuple[str, str], datetime]


@dataclass(frozen=True)
class JudgeReport:
    """One judge's scores beside those of the others.

    Attributes:
        mean: of the totals given.
        severity: points below (+: stricter) or above (-: milder) the judges of the same panel for the same entries,
            shrunk towards 0 where scores are few.
        spread: standard deviation of the totals; `None` for a single one.
        spread_ratio: that, in units of the median judge's.
        agreement: correlation with the other judges' mean on the entries scored together, -1 to 1; `None` under three.
        drift: points per hour by which scores rise over a day, entries and strictness apart; `None` without times.
        drift_certain: whether the drift is at least two standard errors.
    """

    judge: str
    panel: str
    count: int
    mean: Decimal
    severity: Decimal
    spread: Decimal | None
    spread_ratio: Decimal | None
    agreement: Decimal | None
    drift: Decimal | None
    drift_certain: bool
    findings: tuple[Finding, ...]

    def document(self) -> dict[str, Any]:
        return {
            "judge": self.judge,
            "panel": self.panel,
            "count": self.count,
            "mean": written(self.mean),
            "severity": written(self.severity),
            "spread": written(self.spread),
            "spread_ratio": written(self.spread_ratio),
            "agreement": written(self.agreement),
            "drift": written(self.drift),
            "drift_certain": self.drift_certain,
            "findings": [finding.to_json() for finding in self.findings],
        }


def judge_reports(scores: Iterable[Score], times: Times | None = None) -> tuple[JudgeReport, ...]:
    """A report on every judge, in order of panel and id. Panels that share no entry are judged each by itself.

    Args:
        scores: signed sheets; totals as stated.
        times: when a (judge, entry) was signed, with a zone; days are those of that zone.

    Raises:
        InputError: a faulty score, or a time without a zone.
    """
    for (judge, entry), at in (times or {}).items():
        if at.tzinfo is None:
            raise InputError("judging.time_without_zone", judge=judge, entry=entry)
    (whole,) = groups_of(scores, None, None, joint=True)
    if not whole.cells:
        return ()
    spreads = [spread([cell.total for cell in cells]) for cells in by_judge(whole).values() if len(cells) > 1]
    typical = median(spreads) if spreads else 0.0
    reports = [report for part in linked_parts(whole) for report in reports_of(part, typical, times or {})]
    return tuple(sorted(reports, key=lambda report: (report.panel, report.judge)))


def by_judge(group: Group) -> dict[str, list[Cell]]:
    cells: dict[str, list[Cell]] = {}
    for cell in group.cells:
        cells.setdefault(cell.judge, []).append(cell)
    return cells


def linked_parts(group: Group) -> list[Group]:
    """The group, cut where panels have no entry in common."""
    parts = []
    for panels in linked_panels(group):
        cells = tuple(cell for cell in group.cells if cell.panel in panels)
        parts.append(Group("", {cell.entry: cell.division for cell in cells}, cells))
    return parts


def reports_of(group: Group, typical: float, times: Times) -> list[JudgeReport]:
    from dataferry.judging.calibration import fit_group

    fitted = fit_group(group)
    offsets, left = fitted.offsets(), residuals(fitted)
    reports = []
    for judge, cells in by_judge(group).items():
        totals = [cell.total for cell in cells]
        width = spread(totals) if len(cells) > 1 else None
        slope, error = drift([(times.get((judge, c.entry)), left[judge, c.entry]) for c in cells])
        report = JudgeReport(
            judge=judge,
            panel=cells[0].panel,
            count=len(cells),
            mean=decimal_of(mean(totals)),
            severity=decimal_of(-offsets[judge]),
            spread=None if width is None else rounded(width),
            spread_ratio=None if width is None or not typical else rounded(width / typical),
            agreement=agreement(group, judge),
            drift=None if slope is None else rounded(slope),
            drift_certain=slope is not None and error is not None and abs(slope) >= CERTAIN * error and slope != 0,
            findings=(),
        )
        reports.append(with_findings(report, fitted))
    return reports


def residuals(fitted: Fitted) -> dict[tuple[str, str], float]:
    """What entry, judge and panel leave of each score, by judge and entry."""
    left = fitted.fit.residuals(fitted.values)
    return {(c.judge, c.entry): float(rest) for c, rest in zip(fitted.group.cells, left, strict=True)}


def agreement(group: Group, judge: str) -> Decimal | None:
    """Correlation of a judge's totals with the mean of the others on the same entries."""
    pairs = []
    for cells in group.scored.values():
        own = [cell.total for cell in cells if cell.judge == judge]
        others = [cell.total for cell in cells if cell.judge != judge]
        if own and others:
            pairs.append((own[0], mean(others)))
    one, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    if len(pairs) < FEW or not spread(one) or not spread(other):
        return None
    middle, centre = mean(one), mean(other)
    shared = sum(((x - middle) * (y - centre) for x, y in pairs), Fraction(0)) / (len(pairs) - 1)
    return rounded(max(-1.0, min(1.0, float(shared) / (spread(one) * spread(other)))))


def drift(points: Sequence[tuple[datetime | None, float]]) -> tuple[float | None, float | None]:
    """Slope of residuals over the hours since each day's first score, and its standard error.

    Each day counts from its own mean, so that a kinder second day is no drift. `None` where times do not tell.
    """
    days: dict[date, list[tuple[float, float]]] = {}
    for at, rest in sorted(((at, rest) for at, rest in points if at is not None), key=lambda point: point):
        days.setdefault(at.date(), []).append((at.timestamp() / 3600, rest))
    centred = []
    for day in days.values():
        hour, rest = fmean(x for x, _ in day), fmean(y for _, y in day)
        centred += [(x - hour, y - rest) for x, y in day]
    square = math.fsum(x * x for x, _ in centred)
    freedom = len(centred) - len(days) - 1
    if freedom < 1 or square < 1e-6:
        return None, None
    slope = math.fsum(x * y for x, y in centred) / square
    left = math.fsum((y - slope * x) ** 2 for x, y in centred)
    return slope, math.sqrt(left / freedom / square)


def with_findings(report: JudgeReport, fitted: Fitted) -> JudgeReport:
    """The report with what a chair should look at."""
    data = {"judge": report.judge, "panel": report.panel}
    found = []
    entries = math.sqrt(fitted.fit.entry_ratio * fitted.fit.noise)
    if report.count < FEW:
        found.append(Finding("judging.judge_few_scores", "note", {**data, "count": report.count}))
    elif not report.spread:
        found.append(Finding("judging.judge_all_alike", "attention", {**data, "value": written(report.mean)}))
    elif report.spread_ratio is not None and report.spread_ratio < NARROW:
        found.append(Finding("judging.judge_narrow", "attention", {**data, "ratio": written(report.spread_ratio)}))
    elif report.spread_ratio is not None and report.spread_ratio > WIDE:
        found.append(Finding("judging.judge_wide", "attention", {**data, "ratio": written(report.spread_ratio)}))
    if fitted.estimable and entries and report.count >= FEW and abs(report.severity) >= Decimal(entries):
        points = {**data, "points": written(abs(report.severity)), "entries": written(rounded(entries))}
        strict = report.severity > 0
        found.append(
            Finding("judging.judge_strict", "attention", points)
            if strict
            else Finding("judging.judge_mild", "attention", points)
        )
    if report.agreement is not None and report.agreement < 0:
        found.append(Finding("judging.judge_disagrees", "attention", {**data, "agreement": written(report.agreement)}))
    if report.drift_certain:
        found.append(Finding("judging.judge_drifts", "attention", {**data, "points": written(report.drift)}))
    return replace(report, findings=tuple(found))
