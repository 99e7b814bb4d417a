"""One figure for each entry, by the chosen method."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from dataferry.judging.averages import entry_means, without_every_panel
from dataferry.judging.methods import Method
from dataferry.judging.outcome import Calibration, Interval
from dataferry.judging.scores import Cell, Group
from dataferry.messages import Finding, RefusedError

if TYPE_CHECKING:
    from dataferry.judging.uncertainty import Errors


@dataclass(frozen=True)
class Standing:
    """The figure of every entry that has one, exact; what was found on the way; how to draw its errors."""

    figures: Mapping[str, Fraction]
    findings: tuple[Finding, ...] = ()
    calibration: Calibration | None = None
    errors: Errors | None = field(default=None, repr=False)

    def intervals(self) -> Mapping[str, Interval]:
        return self.errors.intervals(self.figures) if self.errors and self.figures else {}


def with_every_panel(group: Group) -> tuple[Group, tuple[Finding, ...]]:
    """The group without the entries that some panel did not score: their panel mean is not defined.

    Raises:
        RefusedError: `judging.panels_not_crossed` when these are more than half.
    """
    missing = without_every_panel(group)
    if not missing:
        return group, ()
    if 2 * len(missing) > len(group.scored):
        panels = list(group.panels)
        raise RefusedError("judging.panels_not_crossed", count=len(missing), of=len(group.scored), panels=panels)
    findings = tuple(
        Finding("judging.entry_without_panel", "blocked", {"entry": entry, "panels": list(panels)})
        for entry, panels in sorted(missing.items())
    )
    entries = {entry: division for entry, division in group.entries.items() if entry not in missing}
    return Group(group.name, entries, tuple(cell for cell in group.cells if cell.entry in entries)), findings


def total(cell: Cell) -> Fraction:
    return cell.total


def stand(group: Group, method: Method) -> Standing:
    """The figures of a group by the method.

    Raises:
        RefusedError: `judging.panels_not_crossed` (see `with_every_panel`).
    """
    from dataferry.judging.calibration import fit_group
    from dataferry.judging.uncertainty import draw_errors
    from dataferry.judging.zscores import standardised

    findings: tuple[Finding, ...] = ()
    if method.by_panels:
        group, findings = with_every_panel(group)
    fitted = fit_group(group)
    findings += fitted.findings()
    match method:
        case Method.RAW_MEAN | Method.PANEL_MEANS:
            figures = entry_means(group, total, by_panels=method.by_panels)
        case Method.Z_SCORE:
            figures, found = standardised(group)
            findings += found
        case Method.CALIBRATED:
            figures = fitted.figures()
        case Method.CALIBRATED_PANEL_MEANS:
            offsets = fitted.offsets()
            figures = entry_means(group, lambda cell: cell.total - offsets[cell.judge], by_panels=True)
    calibration = fitted.calibration() if method.fitted else None
    return Standing(figures, findings, calibration, draw_errors(fitted, method))
