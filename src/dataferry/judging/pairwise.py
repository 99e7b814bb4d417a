"""A pairwise round: judges say which of two entries is better, and Bradley-Terry makes an order of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from dataferry.judging.ballots import PRIOR, Ballot, checked, strengths
from dataferry.judging.exact import decimal_of
from dataferry.judging.outcome import Interval
from dataferry.judging.ranking import Place, Ranking
from dataferry.judging.ties import parted
from dataferry.messages import Finding


def intervals_of(strength: Mapping[str, Decimal], ballots: Sequence[Ballot]) -> Mapping[str, Interval]:
    """95 % intervals by draws from the normal approximation at the estimate."""
    import hashlib

    import numpy as np

    from dataferry.judging.uncertainty import DRAWS, Errors

    names = tuple(sorted(strength))
    at = {entry: number for number, entry in enumerate(names)}
    size = len(names)
    information = np.full((size, size), -PRIOR / 2)
    for ballot in ballots:
        better, worse = at[ballot.better], at[ballot.worse]
        odds = float(strength[ballot.better] - strength[ballot.worse])
        share = 1 / (2 + 2 * np.cosh(odds))
        information[[better, worse], [worse, better]] -= share
    np.fill_diagonal(information, 0.0)
    np.fill_diagonal(information, -information.sum(axis=1))
    values, vectors = np.linalg.eigh(information)
    spreads = np.where(values > values.max() * 1e-9, 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
    text = "\n".join(f"{ballot.judge}\t{ballot.better}\t{ballot.worse}" for ballot in ballots)
    random = np.random.RandomState(int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big"))
    draws = (random.standard_normal((DRAWS, size)) * spreads) @ vectors.T
    return Errors(names, draws).intervals({entry: Fraction(value) for entry, value in strength.items()})


def pairwise(ballots: Iterable[Ballot], entries: Mapping[str, str] | None = None) -> Ranking:
    """Rank entries by comparisons of two.

    Args:
        ballots: each judge at most once for each pair.
        entries: every entry of the round with its division; those without a ballot make it unlinked.

    Raises:
        InputError: a faulty ballot.
        RefusedError: `judging.ballots_not_linked` when the comparisons do not connect all entries.
    """
    cast = checked(ballots)
    divisions = entries or {entry: "" for ballot in cast for entry in (ballot.better, ballot.worse)}
    strength = strengths(cast, tuple(divisions)) if divisions else {}
    intervals = intervals_of(strength, cast) if len(strength) > 1 else {}
    judges = {entry: {b.judge for b in cast if entry in (b.better, b.worse)} for entry in strength}
    places: list[Place] = []
    findings = []
    for equal in parted(strength):
        first = len(places) + 1
        if len(equal) > 1:
            findings.append(Finding("judging.tie_unresolved", "attention", {"entries": list(equal)}))
        for entry in equal:
            interval = intervals.get(entry)
            places.append(
                Place(
                    entry=entry,
                    division=divisions[entry],
                    place=first,
                    score=decimal_of(Fraction(strength[entry])),
                    low=interval.low if interval else None,
                    high=interval.high if interval else None,
                    rank_low=interval.rank_low if interval else None,
                    rank_high=interval.rank_high if interval else None,
                    judges=len(judges[entry]),
                    tied_with=tuple(other for other in equal if other != entry),
                )
            )
    return Ranking(method="pairwise", joint=True, places=tuple(places), findings=tuple(findings))
