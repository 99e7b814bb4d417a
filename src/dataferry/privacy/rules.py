"""What a rule for an identifier is: its form, its arithmetic, its rate over random strings, its words in headers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.texts import Mask, Texts

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Outcome(NamedTuple):
    """For each value: has it the form, and does it pass whole, arithmetic included."""

    formed: Mask
    passed: Mask


@dataclass(frozen=True)
class Shape:
    """Random strings that look like an identifier: per alternative, the letters possible at each place."""

    alternatives: tuple[tuple[str, ...], ...]

    def draw(self, random: np.random.Generator, count: int) -> list[str]:
        """`count` strings; each alternative has the same chance."""
        chosen = random.integers(len(self.alternatives), size=count)
        drawn = np.empty(count, dtype=object)
        for number, places in enumerate(self.alternatives):
            rows = np.flatnonzero(chosen == number)
            columns = [np.array(list(letters))[random.integers(len(letters), size=len(rows))] for letters in places]
            drawn[rows] = np.stack(columns, axis=1).view(f"U{len(places)}")[:, 0]
        return drawn.tolist()


@dataclass(frozen=True)
class Rule:
    """One way in which a column can hold an identifier.

    Args:
        identifier: key of what is found, such as `hkid`; several rules may find the same.
        variant: which form of it this rule knows.
        privacy_class: what it makes of a column.
        test: form and arithmetic, over all values at once.
        shape: strings of the same look.
        random_rate: how many of those strings pass, 0 to 1; a test draws them.
        words: words of headers that speak for it, Latin ones whole, Chinese ones anywhere in the header.
        weak_words: words that speak for it only when nothing in the header speaks against it.
        checked: whether arithmetic over the digits confirms each value; a header cannot argue against that.
        header_needed: whether the values alone say too little.
        integers: how to take a column of numbers: `alone`, `header` (only with a word in the header) or `never`.
        counted: whether the values look counted (1001, 1002, ...) rather than given out; lift says nothing then.
        source: where the rule is published.
    """

    identifier: str
    variant: str
    privacy_class: PrivacyClass
    test: Callable[[Texts], Outcome]
    shape: Shape
    random_rate: float
    words: tuple[str, ...]
    source: str
    weak_words: tuple[str, ...] = ()
    checked: bool = False
    header_needed: bool = False
    integers: str = "never"
    counted: Callable[[Texts, Mask], bool] | None = None


def fixed(*places: str) -> tuple[str, ...]:
    """Places of a shape, written as `("A", "9" * 6)`: `A` any letter, `9` any digit, else these letters themselves."""
    names = {"A": LETTERS, "9": DIGITS}
    return tuple(names.get(place, place) for run in places for place in ([*run] if set(run) <= set(names) else [run]))


def every_bit(texts: Texts, pattern: str, text: object = None) -> Outcome:
    """The outcome of a rule that is a pattern and no more."""
    passed = texts.matches(pattern, text)
    return Outcome(passed, passed)
