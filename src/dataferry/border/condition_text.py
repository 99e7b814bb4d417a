"""The language in which rule files state conditions: parsed here, never run as program text.

    condition := part ("or" part)*            part := piece ("and" piece)*
    piece     := "not" piece | "(" condition ")" | "shown" "(" condition ")" | comparison | name
    comparison:= fact ("=" | "!=" | "<" | "<=" | ">" | ">=") value | fact "in" "(" value ("," value)* ")"
                 | set "has" value

A name alone is a yes/no fact or a term of `rules/terms.toml`; `conditions` tells what each means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from dataferry.border.conditions import All, AnyOf, Compare, Condition, Has, Not, OneOf, Shown, Term


class Vocabulary(NamedTuple):
    """What a condition may speak of: facts of one word, sets of words, numbers (days count as numbers), terms."""

    words: Mapping[str, tuple[str, ...]]
    sets: Mapping[str, tuple[str, ...]]
    numbers: frozenset[str]
    terms: frozenset[str]


_TOKEN = re.compile(r"\s*(>=|<=|!=|[=<>(),]|[A-Za-z0-9_][\w-]*)")
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})


def parse(text: str, vocabulary: Vocabulary) -> Condition:
    """A condition from its text.

    Raises:
        ValueError: the text is no condition, or speaks of something that `vocabulary` does not hold.
    """
    reader = _Reader(text, vocabulary)
    condition = reader.either()
    if reader.tokens:
        raise ValueError(f"{text!r}: {reader.tokens[-1]!r} was not expected")
    return condition


class _Reader:
    def __init__(self, text: str, vocabulary: Vocabulary) -> None:
        self.text, self.vocabulary = text, vocabulary
        tokens, at = [], 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"{text!r}: cannot read {text[at:]!r}")
            tokens.append(found[1])
            at = found.end()
        self.tokens = tokens[::-1]

    def take(self, wanted: str | None = None) -> str:
        token = self.tokens.pop() if self.tokens else "the end"
        if wanted is not None and token != wanted:
            raise ValueError(f"{self.text!r}: {wanted!r} was expected, not {token!r}")
        return token

    def next_is(self, *tokens: str) -> bool:
        return bool(self.tokens) and self.tokens[-1] in tokens

    def either(self) -> Condition:
        return self._joined("or", self.both, AnyOf)

    def both(self) -> Condition:
        return self._joined("and", self.piece, All)

    def _joined(
        self, word: str, part: Callable[[], Condition], kind: Callable[[tuple[Condition, ...]], Condition]
    ) -> Condition:
        parts = [part()]
        while self.next_is(word):
            self.take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else kind(tuple(parts))

    def piece(self) -> Condition:
        word = self.take()
        if word == "not":
            return Not(self.piece())
        if word == "shown":
            self.take("(")
            return Shown(self._closed())
        if word == "(":
            return self._closed()
        if word in self.vocabulary.terms:
            return Term(word)
        if word in self.vocabulary.numbers:
            return self._number(word)
        if word in self.vocabulary.sets:
            self.take("has")
            return Has(word, self._one_of(self.vocabulary.sets[word]))
        if word in self.vocabulary.words:
            return self._word(word)
        raise ValueError(f"{self.text!r}: {word!r} is no fact and no term")

    def _closed(self) -> Condition:
        condition = self.either()
        self.take(")")
        return condition

    def _word(self, fact: str) -> Condition:
        allowed = self.vocabulary.words[fact]
        if self.next_is("in"):
            self.take()
            self.take("(")
            words = [self._one_of(allowed)]
            while self.next_is(","):
                self.take()
                words.append(self._one_of(allowed))
            self.take(")")
            return OneOf(fact, frozenset(words))
        if self.next_is("=", "!="):
            sign = self.take()
            same = OneOf(fact, frozenset({self._one_of(allowed)}))
            return same if sign == "=" else Not(same)
        if "yes" not in allowed:
            raise ValueError(f"{self.text!r}: {fact!r} must be compared")
        return OneOf(fact, frozenset({"yes"}))

    def _one_of(self, allowed: tuple[str, ...]) -> str:
        word = self.take()
        if word not in allowed:
            raise ValueError(f"{self.text!r}: {word!r} is none of {allowed}")
        return word

    def _number(self, fact: str) -> Condition:
        sign, end = self.take(), self.take()
        if sign not in _COMPARISONS:
            raise ValueError(f"{self.text!r}: {sign!r} does not compare")
        if not end.isdecimal() and end not in self.vocabulary.numbers:
            raise ValueError(f"{self.text!r}: {end!r} is no number")
        other: int | str = int(end) if end.isdecimal() else end
        less, most = Compare(fact, other, equal=False), Compare(fact, other, equal=True)
        same = All((most, Not(less)))
        made: Mapping[str, Condition] = {
            "<": less, "<=": most, ">": Not(most), ">=": Not(less), "=": same, "!=": Not(same),
        }  # fmt: skip
        return made[sign]
