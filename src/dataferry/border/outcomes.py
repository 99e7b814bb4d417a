"""What a decision can come to, from the most permissive to the strictest."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What must happen before the data may cross.

    `needs-human` says that the machine cannot settle it: the facts leave room between two of the others. It permits
    nothing. Only `blocked` is stricter, and a decision says beside it what is certain already (`Decision.at_least`).
    """

    FREE = "free"
    REPORT = "report"
    CONTRACT_OR_CERTIFICATION = "contract-or-certification"
    SECURITY_ASSESSMENT = "security-assessment"
    NEEDS_HUMAN = "needs-human"
    BLOCKED = "blocked"

    @property
    def rank(self) -> int:
        """0 for the most permissive; a larger rank is stricter."""
        return _ORDER[self]

    @property
    def permits(self) -> bool:
        """Whether the data may cross at once, after an officer has signed: nothing has to be filed or passed first."""
        return self in {Outcome.FREE, Outcome.REPORT}


_ORDER = {outcome: rank for rank, outcome in enumerate(Outcome)}


def strictest(outcomes: list[Outcome]) -> Outcome:
    """The strictest of some outcomes; `free` of none."""
    return max(outcomes, key=_ORDER.__getitem__, default=Outcome.FREE)
