"""What is said of a figure and of a group beside the figures themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dataferry.judging.exact import written


@dataclass(frozen=True)
class Interval:
    """95 % interval of a score and of a place."""

    low: Decimal
    high: Decimal
    rank_low: int
    rank_high: int


@dataclass(frozen=True)
class Calibration:
    """What the fitted model says of one group: how much varies, and how far each judge lies from the others.

    Attributes:
        group: the division, or empty for a joint ranking.
        entry, judge, noise: variances of entries inside a division, of judges inside a panel, and of what is left.
        judges: points a judge gives above (+) or below (-) the judges of the same panel, shrunk towards 0.
        panels: points a panel gives above or below the mean of the panels, for the same entries.
        divisions: points a division's entries lie above or below the mean of the divisions, after calibration.
    """

    group: str
    entry: Decimal
    judge: Decimal
    noise: Decimal
    judges: Mapping[str, Decimal]
    panels: Mapping[str, Decimal]
    divisions: Mapping[str, Decimal]

    def document(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "variances": {"entry": written(self.entry), "judge": written(self.judge), "noise": written(self.noise)},
            "judges": {judge: written(points) for judge, points in sorted(self.judges.items())},
            "panels": {panel: written(points) for panel, points in sorted(self.panels.items())},
            "divisions": {division: written(points) for division, points in sorted(self.divisions.items())},
        }
