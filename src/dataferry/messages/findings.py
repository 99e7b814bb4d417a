"""Findings: evidence that travels with a table, a release or an entry. All are collected, never only the first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from dataferry.messages.words import Language, say

Severity = Literal["note", "repaired", "attention", "irrecoverable", "blocked"]
"""`note`: seen; `repaired`: put right, nothing lost; `attention`: a person should look; `irrecoverable`: information is
gone and was not guessed; `blocked`: what follows may not go on."""

State = Literal["clear", "attention", "blocked", "unknown"]
"""The four states of every chip of the evidence strip."""

_RANK: Mapping[State, int] = {"clear": 0, "unknown": 1, "attention": 2, "blocked": 3}


@dataclass(frozen=True)
class Finding:
    """One thing found: a reason code, how grave it is, and the data behind it.

    Args:
        code: room and name of the message.
        severity: how grave it is.
        data: figures, examples and place (`file`, `column`, `row`, `rows`, `count`, ...); plain JSON values only.
    """

    code: str
    severity: Severity
    data: Mapping[str, Any] = field(default_factory=dict)

    def text(self, language: Language | None = None) -> str:
        return say(self.code, self.data, language)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "severity": self.severity, "data": dict(self.data)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        return cls(value["code"], value["severity"], dict(value["data"]))


def worst_state(states: Iterable[State]) -> State:
    """The state that decides: blocked over attention over unknown over clear; nothing at all is unknown."""
    return max(states, key=_RANK.__getitem__, default="unknown")
