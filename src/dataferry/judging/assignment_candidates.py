"""The pairs of judge and entry that may be chosen at all, in an order that no row order changes."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from dataferry.judging.assignment_problem import Assessor, Demand, Item, Pair, Problem

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
TIE_LEVELS = 4


@dataclass(frozen=True)
class Candidates:
    """Parallel arrays over the pairs, by entry and then judge, both sorted by id.

    Args:
        judge: index into `judges`.
        entry: index into `entries`.
        locked: already scored.
        kept: in the earlier plan.
        expert: the entry's topic is one of the judge's.
        anchor: the entry is one.
        tie: 0 to 3, made of the two ids alone: decides between plans that are equally good.
        fine: 30 bits, made of the two ids alone: decides between plans that are equal in all else.
    """

    judges: tuple[Assessor, ...]
    entries: tuple[Item, ...]
    judge: Ints
    entry: Ints
    locked: Flags
    kept: Flags
    expert: Flags
    anchor: Flags
    tie: Ints
    fine: Ints

    def __len__(self) -> int:
        return len(self.judge)

    def pair(self, index: int) -> tuple[str, str]:
        return self.judges[self.judge[index]].id, self.entries[self.entry[index]].id

    def per_judge(self, chosen: Flags) -> Ints:
        return np.bincount(self.judge[chosen], minlength=len(self.judges))

    def per_entry(self, chosen: Flags) -> Ints:
        return np.bincount(self.entry[chosen], minlength=len(self.entries))


def candidates(problem: Problem) -> Candidates:
    """All pairs without a conflict in which the judge reads the entry and its division is open to the judge's panel.

    A locked pair is a candidate whatever its language and division, but never against a conflict.
    """
    judges = tuple(sorted(problem.judges, key=lambda judge: judge.id))
    entries = tuple(sorted(problem.entries, key=lambda item: item.id))
    row = {judge.id: index for index, judge in enumerate(judges)}
    column = {item.id: index for index, item in enumerate(entries)}
    anchors = np.array([item.id in problem.anchors for item in entries])
    may = _by_word([item.language for item in entries], judges, lambda judge, word: judge.reads(word))
    may &= anchors | _by_word(
        [item.division for item in entries], judges, lambda judge, word: problem.allows(judge.panel, word)
    )
    may[[row[judge] for judge in problem.closed if judge in row], :] = False
    locked, kept, conflicted = (
        _grid(pairs, row, column) for pairs in (problem.locked, problem.keep, problem.conflicts)
    )
    skipped = _grid({(one.judge, one.entry) for one in problem.relaxations if one.demand == Demand.ANCHOR}, row, column)
    may = ((may & ~skipped) | locked) & ~conflicted
    expert = _by_word([item.topic for item in entries], judges, lambda judge, word: word in judge.topics)
    entry, judge = np.nonzero(may.T)
    place = (judge, entry)
    of_judge, of_entry = (_digests([one.id for one in side]) for side in (judges, entries))
    random = scrambled(of_judge[judge] * np.uint64(3) ^ of_entry[entry])
    return Candidates(
        judges=judges,
        entries=entries,
        judge=judge,
        entry=entry,
        locked=locked[place],
        kept=kept[place],
        expert=expert[place],
        anchor=anchors[entry],
        tie=(random % np.uint64(TIE_LEVELS)).astype(np.int64),
        fine=(random >> np.uint64(34)).astype(np.int64),
    )


def _by_word(words: list[str], judges: tuple[Assessor, ...], test: Callable[[Assessor, str], bool]) -> Flags:
    """A judge-by-entry grid of a test that depends on one word of the entry."""
    known = sorted(set(words))
    index = {word: number for number, word in enumerate(known)}
    table = np.array([[test(judge, word) for word in known] for judge in judges])
    return table[:, [index[word] for word in words]]


def _grid(pairs: Set[Pair], row: dict[str, int], column: dict[str, int]) -> Flags:
    grid = np.zeros((len(row), len(column)), dtype=bool)
    known = [(row[judge], column[entry]) for judge, entry in pairs if judge in row and entry in column]
    if known:
        grid[tuple(np.array(known).T)] = True
    return grid


def scrambled(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers that look random and are the same everywhere (finaliser of SplitMix64: Steele, Lea, Flood 2014)."""
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _digests(ids: list[str]) -> NDArray[np.uint64]:
    raw = b"".join(blake2b(one.encode("utf-8", "surrogatepass"), digest_size=8).digest() for one in ids)
    return np.frombuffer(raw, dtype="<u8").astype(np.uint64)
