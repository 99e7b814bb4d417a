"""The conditions of rules, evaluated in three-valued logic. `condition_text` parses them.

A comparison with an unknown fact is unknown, and "and",
"or", "not" follow Kleene: false and unknown is false. `shown(x)` is true only where x is certain, else false: it asks
for evidence. A count may be known in part ("at least 5"), and a comparison is decided as soon as that suffices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Truth = bool | None
"""True, false, or None for unknown."""


class Range(NamedTuple):
    """A number known to lie between two ends; `high` None: no upper end is known."""

    low: int
    high: int | None


_ANY = Range(0, None)


class Members(NamedTuple):
    """A set of words; `more`: there may be others."""

    words: frozenset[str]
    more: bool


class Known:
    """The facts of one decision as the conditions see them. An unknown fact has no entry in `values`."""

    __slots__ = ("_held", "_lacking", "missing_behind", "terms", "values")

    def __init__(
        self,
        values: Mapping[str, Any],
        terms: Mapping[str, Condition],
        missing_behind: Mapping[str, tuple[str, ...]],
    ) -> None:
        self.values = values
        self.terms = terms
        self.missing_behind = missing_behind
        self._held: dict[str, Truth] = {}
        self._lacking: dict[str, frozenset[str]] = {}

    def term(self, name: str) -> Truth:
        if name not in self._held:
            condition = self.terms.get(name)
            self._held[name] = False if condition is None else condition.truth(self)
        return self._held[name]

    def lacking(self, name: str) -> frozenset[str]:
        """The facts that a term lacks."""
        if name not in self._lacking:
            condition = self.terms.get(name)
            self._lacking[name] = frozenset() if condition is None else condition.missing(self)
        return self._lacking[name]


class Condition(ABC):
    """A parsed condition."""

    @abstractmethod
    def truth(self, known: Known) -> Truth:
        """Whether it holds."""

    @abstractmethod
    def missing(self, known: Known) -> frozenset[str]:
        """The facts for want of which it is not known, or not shown."""

    @abstractmethod
    def names(self) -> frozenset[str]:
        """The facts and terms it speaks of."""


@dataclass(frozen=True, slots=True)
class All(Condition):
    parts: tuple[Condition, ...]

    def truth(self, known: Known) -> Truth:
        found: Truth = True
        for part in self.parts:
            truth = part.truth(known)
            if truth is False:
                return False
            if truth is None:
                found = None
        return found

    def missing(self, known: Known) -> frozenset[str]:
        truth = self.truth(known)
        if truth is False:
            return _hopeful(self.parts, known)
        open_parts = (part for part in self.parts if truth or part.truth(known) is None)
        return frozenset().union(*(part.missing(known) for part in open_parts))

    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names() for part in self.parts))


@dataclass(frozen=True, slots=True)
class AnyOf(Condition):
    parts: tuple[Condition, ...]

    def truth(self, known: Known) -> Truth:
        found: Truth = False
        for part in self.parts:
            truth = part.truth(known)
            if truth is True:
                return True
            if truth is None:
                found = None
        return found

    def missing(self, known: Known) -> frozenset[str]:
        if self.truth(known) is True:
            return frozenset()
        return frozenset().union(*(part.missing(known) for part in self.parts))

    def names(self) -> frozenset[str]:
        return frozenset().union(*(part.names() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Not(Condition):
    part: Condition

    def truth(self, known: Known) -> Truth:
        truth = self.part.truth(known)
        return None if truth is None else not truth

    def missing(self, known: Known) -> frozenset[str]:
        return self.part.missing(known)

    def names(self) -> frozenset[str]:
        return self.part.names()


@dataclass(frozen=True, slots=True)
class Shown(Condition):
    part: Condition

    def truth(self, known: Known) -> Truth:
        return self.part.truth(known) is True

    def missing(self, known: Known) -> frozenset[str]:
        return self.part.missing(known) if self.part.truth(known) is None else frozenset()

    def names(self) -> frozenset[str]:
        return self.part.names()


@dataclass(frozen=True, slots=True)
class Term(Condition):
    name: str

    def truth(self, known: Known) -> Truth:
        return known.term(self.name)

    def missing(self, known: Known) -> frozenset[str]:
        return known.lacking(self.name)

    def names(self) -> frozenset[str]:
        return frozenset({self.name})


@dataclass(frozen=True, slots=True)
class OneOf(Condition):
    fact: str
    words: frozenset[str]

    def truth(self, known: Known) -> Truth:
        value = known.values.get(self.fact)
        return None if value is None else value in self.words

    def missing(self, known: Known) -> frozenset[str]:
        return frozenset() if self.fact in known.values else frozenset({self.fact})

    def names(self) -> frozenset[str]:
        return frozenset({self.fact})


@dataclass(frozen=True, slots=True)
class Has(Condition):
    fact: str
    word: str

    def truth(self, known: Known) -> Truth:
        value = known.values.get(self.fact)
        if value is None:
            return None
        if self.word in value.words:
            return True
        return None if value.more else False

    def missing(self, known: Known) -> frozenset[str]:
        return frozenset({self.fact}) if self.truth(known) is None else frozenset()

    def names(self) -> frozenset[str]:
        return frozenset({self.fact})


@dataclass(frozen=True, slots=True)
class Compare(Condition):
    """`left < right` or `left <= right`; an end is a number or the name of a fact."""

    left: int | str
    right: int | str
    equal: bool

    def truth(self, known: Known) -> Truth:
        left, right = _range(self.left, known), _range(self.right, known)
        if left.high is not None and (left.high < right.low or (self.equal and left.high == right.low)):
            return True
        if right.high is not None and (left.low > right.high or (not self.equal and left.low == right.high)):
            return False
        return None

    def missing(self, known: Known) -> frozenset[str]:
        if self.truth(known) is not None:
            return frozenset()
        ends = [end for end in (self.left, self.right) if isinstance(end, str)]
        return frozenset(
            name for end in ends if not _exact(end, known) for name in known.missing_behind.get(end, (end,))
        )

    def names(self) -> frozenset[str]:
        return frozenset(end for end in (self.left, self.right) if isinstance(end, str))


def _range(end: int | str, known: Known) -> Range:
    if isinstance(end, int):
        return Range(end, end)
    found: Range = known.values.get(end, _ANY)
    return found


def _exact(name: str, known: Known) -> bool:
    value = known.values.get(name)
    return value is not None and value.low == value.high


def _hopeful(parts: tuple[Condition, ...], known: Known) -> frozenset[str]:
    """Of a conjunction that is false only because something is not shown: what was not shown."""
    if any(part.truth(known) is False and not part.missing(known) for part in parts):
        return frozenset()
    return frozenset().union(*(part.missing(known) for part in parts))
