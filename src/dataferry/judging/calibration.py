"""Calibration of one group: the additive mixed model fitted to its scores, and what it says of judges and panels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from dataferry.judging.exact import rounded
from dataferry.judging.linkage import linked_judges
from dataferry.judging.mixed_model import Design, Fit, Floats, fit
from dataferry.judging.outcome import Calibration
from dataferry.judging.scores import Group
from dataferry.messages import Finding


@dataclass(frozen=True)
class Fitted:
    """A group with its fitted model; rows of the model follow `entries` and `judges`.

    `estimable` is false where the scores are too few to tell noise from entries and judges: then all three are taken to
    vary alike, and no interval is given.
    """

    group: Group
    entries: tuple[str, ...]
    judges: tuple[str, ...]
    divisions: tuple[str, ...]
    values: Floats
    fit: Fit
    estimable: bool

    def findings(self) -> tuple[Finding, ...]:
        if self.estimable:
            return ()
        data = {"division": self.group.name, "scores": len(self.group.cells), "entries": len(self.entries)}
        return (Finding("judging.noise_not_estimable", "attention", data),)

    def figures(self) -> dict[str, Fraction]:
        """Calibrated score of every entry, at six decimals."""
        return {entry: Fraction(rounded(s)) for entry, s in zip(self.entries, self.fit.scores, strict=True)}

    def offsets(self) -> dict[str, Fraction]:
        """Points each judge gives above (+) or below (-) the judges of the same panel, shrunk, at six decimals."""
        return {judge: Fraction(rounded(o)) for judge, o in zip(self.judges, self.fit.judges, strict=True)}

    def calibration(self) -> Calibration:
        fit = self.fit
        return Calibration(
            group=self.group.name,
            entry=rounded(fit.entry_ratio * fit.noise),
            judge=rounded(fit.judge_ratio * fit.noise),
            noise=rounded(fit.noise),
            judges={judge: rounded(o) for judge, o in zip(self.judges, fit.judges, strict=True)},
            panels={panel: rounded(e) for panel, e in zip(self.group.panels, fit.panels, strict=True)},
            divisions={division: rounded(e) for division, e in zip(self.divisions, fit.divisions, strict=True)},
        )

    def seed(self) -> int:
        """A seed for draws that follows from the scores alone, so that a replay draws the same."""
        lines = (f"{c.entry}\t{c.judge}\t{c.panel}\t{c.division}\t{c.total}" for c in self.group.cells)
        return int.from_bytes(hashlib.sha256("\n".join(lines).encode()).digest()[:4], "big")


def fit_group(group: Group) -> Fitted:
    """Fit the model to a group that has at least one score and whose panels are linked."""
    entries, judges = tuple(group.scored), tuple(group.judges)
    divisions = tuple(sorted({group.entries[entry] for entry in entries}))
    entry_at, judge_at = numbered(entries), numbered(judges)
    division_at, panel_at = numbered(divisions), numbered(group.panels)
    design = Design(
        entry=np.array([entry_at[cell.entry] for cell in group.cells], dtype=np.intp),
        judge=np.array([judge_at[cell.judge] for cell in group.cells], dtype=np.intp),
        division=np.array([division_at[group.entries[entry]] for entry in entries], dtype=np.intp),
        panel=np.array([panel_at[panel] for panel in group.judges.values()], dtype=np.intp),
    )
    values = np.array([float(cell.total) for cell in group.cells])
    freedom = len(group.cells) - len(entries) - len(judges) + len(linked_judges(group))
    fitted = fit(design, values, estimate=freedom > 0)
    return Fitted(group, entries, judges, divisions, values, fitted, freedom > 0)


def numbered(names: tuple[str, ...]) -> Mapping[str, int]:
    return {name: number for number, name in enumerate(names)}
