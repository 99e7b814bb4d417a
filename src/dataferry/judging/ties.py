"""Ties are broken by the chain that was declared before the round, and by nothing else: least of all by row order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal, TypeVar

from dataferry.judging.averages import criterion_means
from dataferry.judging.ballots import Ballot, strengths
from dataferry.judging.scores import Group
from dataferry.messages import Finding, InputError, RefusedError

Figure = TypeVar("Figure", Fraction, Decimal)


@dataclass(frozen=True)
class TieRule:
    """One link of the chain: the mean of a criterion, a pairwise round, or the chair. `str()` is how it is declared."""

    kind: Literal["criterion", "pairwise", "chair"]
    criterion: str = ""

    def __str__(self) -> str:
        return f"criterion:{self.criterion}" if self.kind == "criterion" else self.kind

    @classmethod
    def parse(cls, text: str) -> TieRule:
        """Read `criterion:<code>`, `pairwise` or `chair`.

        Raises:
            InputError: `judging.tie_rule_unknown`.
        """
        kind, _, code = text.partition(":")
        if kind == "criterion" and code:
            return cls("criterion", code)
        if text == "pairwise":
            return cls("pairwise")
        if text == "chair":
            return cls("chair")
        raise InputError("judging.tie_rule_unknown", rule=text[:80])


@dataclass(frozen=True)
class ChairDecision:
    """The chair's order of entries that nothing else could tell apart, best first, with the reason."""

    order: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "order", tuple(self.order))
        if not self.reason.strip():
            raise InputError("judging.chair_without_reason", entries=list(self.order))
        if len(set(self.order)) != len(self.order):
            raise InputError("judging.chair_names_twice", entries=list(self.order))


@dataclass(frozen=True)
class Decisions:
    """What people decided after the scores were in."""

    ballots: tuple[Ballot, ...] = ()
    chair: tuple[ChairDecision, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ballots", tuple(self.ballots))
        object.__setattr__(self, "chair", tuple(self.chair))


@dataclass(frozen=True)
class Settled:
    """Entries that share a place after the chain, and the rule that set them apart from those beside them."""

    entries: tuple[str, ...]
    decided_by: str | None


def chain_of(ties: Iterable[TieRule | str]) -> tuple[TieRule, ...]:
    return tuple(rule if isinstance(rule, TieRule) else TieRule.parse(rule) for rule in ties)


class TieBreaker:
    """Applies a chain to groups of entries with the same score, and remembers what it had to say about them."""

    def __init__(self, group: Group, chain: Sequence[TieRule], decisions: Decisions, *, by_panels: bool) -> None:
        self.group, self.chain, self.decisions, self.by_panels = group, tuple(chain), decisions, by_panels
        self.findings: list[Finding] = []

    def settle(self, tied: tuple[str, ...]) -> list[Settled]:
        """The tied entries as groups that share a place, best first."""
        return self._from(0, tuple(sorted(tied)), None)

    def _from(self, link: int, tied: tuple[str, ...], decided_by: str | None) -> list[Settled]:
        if len(tied) == 1:
            return [Settled(tied, decided_by)]
        for number, rule in enumerate(self.chain[link:], link):
            parts = self._split(rule, tied)
            if len(parts) > 1:
                return [settled for part in parts for settled in self._from(number + 1, part, str(rule))]
        self.findings.append(Finding("judging.tie_unresolved", "attention", {"entries": list(tied)}))
        return [Settled(tied, decided_by)]

    def _split(self, rule: TieRule, tied: tuple[str, ...]) -> list[tuple[str, ...]]:
        match rule.kind:
            case "criterion":
                return self._by_criterion(rule.criterion, tied)
            case "pairwise":
                return self._by_ballots(tied)
            case "chair":
                return self._by_chair(tied)

    def _by_criterion(self, code: str, tied: tuple[str, ...]) -> list[tuple[str, ...]]:
        means = criterion_means(self.group, code, by_panels=self.by_panels)
        if any(entry not in means for entry in tied):
            data = {"criterion": code, "entries": list(tied)}
            self.findings.append(Finding("judging.tie_criterion_missing", "attention", data))
            return [tied]
        return parted({entry: means[entry] for entry in tied})

    def _by_ballots(self, tied: tuple[str, ...]) -> list[tuple[str, ...]]:
        ballots = [ballot for ballot in self.decisions.ballots if {ballot.better, ballot.worse} <= set(tied)]
        if not ballots:
            return [tied]
        try:
            return parted(strengths(ballots, tied))
        except RefusedError:
            data = {"entries": list(tied), "ballots": len(ballots)}
            self.findings.append(Finding("judging.tie_ballots_not_linked", "attention", data))
            return [tied]

    def _by_chair(self, tied: tuple[str, ...]) -> list[tuple[str, ...]]:
        orders = {
            tuple(entry for entry in decision.order if entry in tied)
            for decision in self.decisions.chair
            if set(tied) <= set(decision.order)
        }
        if len(orders) > 1:
            raise InputError("judging.chair_decided_twice", entries=list(tied))
        return [(entry,) for entry in orders.pop()] if orders else [tied]


def parted(figures: Mapping[str, Figure]) -> list[tuple[str, ...]]:
    """Entries with the same figure together, highest figure first."""
    parts: dict[Figure, list[str]] = {}
    for entry in sorted(figures):
        parts.setdefault(figures[entry], []).append(entry)
    return [tuple(parts[figure]) for figure in sorted(parts, reverse=True)]
