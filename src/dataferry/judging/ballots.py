"""Choices between two entries, and the Bradley-Terry strengths that explain them best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dataferry.judging.linkage import components
from dataferry.messages import InputError, RefusedError

PRIOR = 0.01
"""Imagined comparisons of every pair, each way: without them an entry that won them all is infinitely good."""
STRENGTH_DECIMALS = 4


@dataclass(frozen=True)
class Ballot:
    """One judge's choice between two entries."""

    judge: str
    better: str
    worse: str


def checked(ballots: Iterable[Ballot]) -> list[Ballot]:
    """Ballots in one order.

    Raises:
        InputError: an entry against itself, or a judge who chose twice between the same two.
    """
    seen: set[tuple[str, frozenset[str]]] = set()
    found = sorted(ballots, key=lambda ballot: (ballot.judge, ballot.better, ballot.worse))
    for ballot in found:
        pair = frozenset((ballot.better, ballot.worse))
        if len(pair) == 1:
            raise InputError("judging.ballot_same_entry", judge=ballot.judge, entry=ballot.better)
        if (ballot.judge, pair) in seen:
            raise InputError("judging.ballot_twice", judge=ballot.judge, entries=sorted(pair))
        seen.add((ballot.judge, pair))
    return found


def check_linked(ballots: Sequence[Ballot], entries: Sequence[str]) -> None:
    """Refuse entries that no chain of comparisons connects: a solver would call them equal, with confidence.

    Raises:
        RefusedError: `judging.ballots_not_linked`.
    """
    pairs = [(ballot.better, ballot.worse) for ballot in ballots]
    parts = components([*pairs, *((entry, entry) for entry in entries)])
    if len(parts) > 1:
        raise RefusedError("judging.ballots_not_linked", groups=[" + ".join(sorted(part)) for part in parts])


def strengths(ballots: Iterable[Ballot], entries: Sequence[str]) -> dict[str, Decimal]:
    """Bradley-Terry strength (log odds, mean 0) of every entry, at four decimals.

    Raises:
        InputError: see `checked`, or a ballot about another entry.
        RefusedError: `judging.ballots_not_linked`.
    """
    import choix

    cast, names = checked(ballots), sorted(set(entries))
    at = {entry: number for number, entry in enumerate(names)}
    for ballot in cast:
        for entry in (ballot.better, ballot.worse):
            if entry not in at:
                raise InputError("judging.ballot_unknown_entry", judge=ballot.judge, entry=entry)
    check_linked(cast, names)
    data = [(at[ballot.better], at[ballot.worse]) for ballot in cast]
    found = choix.ilsr_pairwise(len(names), data, alpha=PRIOR, max_iter=10_000) if len(names) > 1 else [0.0]
    step = Decimal(1).scaleb(-STRENGTH_DECIMALS)
    return {entry: Decimal(repr(float(found[number]))).quantize(step) + 0 for entry, number in at.items()}
