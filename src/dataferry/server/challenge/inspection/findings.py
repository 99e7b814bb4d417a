"""What an inspection says: findings with a place and a figure, and plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from dataferry.messages import Language, say

Severity = Literal["refuse", "warn", "unknown"]
"""`refuse`: not as the edition demands; `warn`: a person should look; `unknown`: this could not be checked."""
SEVERITIES: tuple[str, ...] = get_args(Severity)


@dataclass(frozen=True)
class Finding:
    """One thing found in a file.

    Args:
        role: of the deliverable.
        figure: what was measured, where there is a number.
        place: page, from 1; None for the file as a whole.
        data: what the words need besides; plain JSON values. Names found are masked.
    """

    code: str
    severity: Severity
    role: str = ""
    figure: float | int | None = None
    place: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: Language | None = None) -> str:
        """The finding in words."""
        place = {} if self.place is None else {"page": self.place}
        return say(self.code, {"role": self.role, "figure": self.figure, **place, **self.data}, language)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON; `display.words.finding_text` can tell it too."""
        given = {"role": self.role, "figure": self.figure, "page": self.place}
        return {
            "code": self.code,
            "severity": self.severity,
            "role": self.role,
            "figure": self.figure,
            "place": self.place,
            "data": {**{key: value for key, value in given.items() if value is not None}, **self.data},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> Finding:
        """The inverse of `to_json`."""
        given = {name: plain[name] for name in ("code", "severity", "role", "figure", "place")}
        return cls(**given, data=dict(plain["data"]))


@dataclass(frozen=True)
class Inspection:
    """What a file is, and what is wrong or unknown about it."""

    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    @property
    def refused(self) -> bool:
        """Whether the file is not as the edition demands."""
        return any(finding.severity == "refuse" for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        return {"findings": [each.to_json() for each in self.findings], "facts": dict(self.facts)}
