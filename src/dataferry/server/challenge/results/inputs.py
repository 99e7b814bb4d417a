"""What a result is computed from. It has one canonical form, whatever order its rows were read in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dataferry.server.journal.canonical import canonical, digest


@dataclass(frozen=True, order=True)
class SignedSheet:
    """A signed score sheet: `scores` maps criteria to decimals written as text."""

    judge: str
    entry: str
    panel: str
    revision: int
    scores: Mapping[str, str] = field(compare=False)

    def document(self) -> dict[str, Any]:
        return {
            "judge": self.judge,
            "entry": self.entry,
            "panel": self.panel,
            "revision": self.revision,
            "scores": dict(sorted(self.scores.items())),
        }


@dataclass(frozen=True, order=True)
class RankedEntry:
    """An entry that takes part in a round."""

    code: str
    division: str
    subcategory: str

    def document(self) -> dict[str, Any]:
        return {"code": self.code, "division": self.division, "subcategory": self.subcategory}


@dataclass(frozen=True)
class RoundInputs:
    """Everything that decides a result: rules, entries, sheets, ballots (judge, better, worse), the chair's
    orders of tied entries and the special awards that the jury named (award, entry)."""

    edition: str
    round: str
    stage: str
    rules: Mapping[str, Any]
    entries: tuple[RankedEntry, ...]
    sheets: tuple[SignedSheet, ...]
    ballots: tuple[tuple[str, str, str], ...] = ()
    chair: tuple[tuple[str, ...], ...] = ()
    named: tuple[tuple[str, str], ...] = ()

    def document(self) -> dict[str, Any]:
        """The inputs as plain values, rows in their own order."""
        return {
            "edition": self.edition,
            "round": self.round,
            "stage": self.stage,
            "rules": dict(self.rules),
            "entries": [entry.document() for entry in sorted(self.entries)],
            "sheets": [sheet.document() for sheet in sorted(self.sheets)],
            "ballots": [list(ballot) for ballot in sorted(self.ballots)],
            "chair": [list(decision) for decision in self.chair],
            "named": dict(self.named),
        }

    def digest(self) -> str:
        return f"sha256:{digest(canonical(self.document()))}"
