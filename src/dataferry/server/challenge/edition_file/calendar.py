"""Divisions and their calendar: phases are spans between two instants, the second of which is already outside."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

from dataferry.server.challenge.edition_file.values import (
    City,
    Code,
    Count,
    Day,
    Instant,
    Model,
    Set,
    TimeZone,
    Tongue,
    Words,
)

Kind = Literal[
    "kickoff",
    "registration",
    "training",
    "submission",
    "eligibility",
    "screening",
    "shortlist",
    "coaching",
    "final",
    "appeals",
    "nomination",
    "showcase",
]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Division(Model):
    """One city's own contest inside the edition. A quota that is not known is null."""

    code: Code
    city: City
    time_zone: TimeZone
    title: Words | None = None
    quota: Count | None = None
    languages: Set[Tongue] | None = None


class Days(Model):
    """The days as a source gives them, for people to read; nothing is computed from them."""

    opens: Day | None = None
    closes: Day | None = None


class Phase(Model):
    """A span of one division's calendar, or of all divisions'. `opens` is inside it, `closes` is not."""

    code: Code
    kind: Kind
    division: Code | None = None
    opens: Instant | None = None
    closes: Instant | None = None
    time_zone: TimeZone | None = None
    days: Days = Days()

    def holds(self, instant: datetime) -> bool:
        """Whether the instant is in the phase. A phase without both instants holds none."""
        return self.opens is not None and self.closes is not None and self.opens <= instant < self.closes
