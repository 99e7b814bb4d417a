"""Which identifier a column holds, decided for the column as a whole, never for a cell.

score = share x distinctness x (1 - (1 - lift) (1 - header)), where share is how many different values pass the rule,
lift how far the clearest rule is beyond random strings (0 at chance, 1 at ten times chance, from the lower end of the
interval of its share), header 0.8 for a word in the column's name, and distinctness how many different values speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10, sqrt
from typing import Final

import numpy as np
import pyarrow as pa

from dataferry.privacy.columns import Leaf, leaves_of
from dataferry.privacy.headers import speaks_against, word_for
from dataferry.privacy.inside_text import Inside, search
from dataferry.privacy.masking import masked
from dataferry.privacy.report import ColumnFinding, PrivacyClass, most_guarded
from dataferry.privacy.rule_table import rules_by_family, rules_by_identifier
from dataferry.privacy.rules import Outcome, Rule
from dataferry.privacy.texts import Mask

DECIDED: Final = 0.5
HEADER: Final = 0.8
_AGAINST: Final = 1 / 3
_RARE: Final = 0.01
"""A header cannot argue against a form that chance gives to fewer than one value in a hundred."""
_SPEAKS: Final = 0.1
"""Share of the values below which a rule's lift says nothing about the column as a whole."""
_ENOUGH_DIFFERENT: Final = 10
_EXAMPLES: Final = 3
_Z: Final = 1.645
"""One-sided 95 %."""
_SOME: Final = 5
_FEW: Final = 3
"""So many right check digits out of as many are no chance (one in 1,300 where one in eleven is right)."""
_BEYOND_CHANCE: Final = 10.0


@dataclass(frozen=True)
class Candidate:
    """How well one family explains a column; `some`: identifiers that some values surely are, with those values."""

    identifier: str
    privacy_class: PrivacyClass
    share: float
    rate: float
    lift: float
    word: str | None
    score: float
    passed: Mask
    some: tuple[Inside, ...]


@dataclass(frozen=True)
class Screened:
    """One column with what was found.

    Args:
        decided_class: class of the identifier that the whole column is; `none` when it is none.
        some: identifiers that some of its values are, though the column as a whole is not.
        inside: identifiers within its prose.
        named_only: the identifier that its header names and its values are not.
    """

    leaf: Leaf
    finding: ColumnFinding
    decided_class: PrivacyClass
    some: tuple[Inside, ...]
    inside: tuple[Inside, ...]
    named_only: str | None


def screen(table: pa.Table) -> tuple[Screened, ...]:
    """Every column of a table, in its order; fields inside structs, lists and maps as columns of their own.

    Columns of more than 200,000 rows are judged by a fixed sample of so many, which the finding says.
    """
    return tuple(screen_leaf(leaf) for leaf in leaves_of(table))


def screen_leaf(leaf: Leaf) -> Screened:
    """The best explanation of one column, and what else is in it."""
    candidates = [one for rules in rules_by_family() if (one := _candidate(leaf, rules))]
    best = max(candidates, key=lambda one: one.score, default=None)
    decided = best if best is not None and best.score >= DECIDED else None
    whole = decided.passed if decided and not decided.identifier.endswith("address") else None
    prose = search(leaf.texts, whole) if leaf.kind == "text" and len(leaf.texts) else []
    inside = tuple(one for one in prose if decided is None or one.identifier != decided.identifier)
    some = () if decided else tuple(some for one in candidates for some in one.some)
    classes = [one.privacy_class for one in (*some, *inside)] + ([decided.privacy_class] if decided else [])
    named = None if decided or some else _named(leaf)
    own = decided.privacy_class if decided else PrivacyClass.NONE
    finding = _finding(leaf, decided or best, decided, most_guarded(classes))
    return Screened(leaf, finding, own, some, inside, named)


def _candidate(leaf: Leaf, rules: Sequence[Rule]) -> Candidate | None:
    """The rules of one family together; None when no value passes any that may speak here."""
    heard = [_hear(leaf, rule) for rule in rules if may_speak(rule, leaf, word_for(leaf.path, rule))]
    heard = [one for one in heard if one.hits]
    if not heard:
        return None
    passed = np.logical_or.reduce([one.outcome.passed for one in heard])
    leading = _leading(heard, int(passed.sum()))
    strongest = max(heard, key=lambda one: (one.weight, one.hits))
    word = next((one.word for one in heard if one.word), None)
    share = float(passed.mean())
    different = min(1.0, max(passed.sum() / leaf.looked_at, passed.sum() / _ENOUGH_DIFFERENT))
    score = share * different * (1 - (1 - strongest.weight) * (1 - (HEADER if word else 0.0)))
    return Candidate(
        leading.identifier,
        leading.privacy_class,
        share,
        strongest.rule.random_rate,
        strongest.hits / len(leaf.texts) / strongest.rule.random_rate,
        word,
        float(score),
        passed,
        tuple(
            Inside(one.rule.identifier, one.rule.privacy_class, one.outcome.passed)
            for one in heard
            if _some(one) and one.rule.privacy_class > PrivacyClass.NONE
        ),
    )


@dataclass(frozen=True)
class _Heard:
    """What one rule says of a column; `weight` is its lift from 0 at chance to 1 at ten times chance."""

    rule: Rule
    outcome: Outcome
    hits: int
    word: str | None
    low: float
    weight: float
    counted: bool


def _hear(leaf: Leaf, rule: Rule) -> _Heard:
    outcome, word = rule.test(leaf.texts), word_for(leaf.path, rule)
    hits, total = int(outcome.passed.sum()), len(leaf.texts)
    low = lower_end(hits, total)
    counted = rule.counted is not None and hits > 0 and rule.counted(leaf.texts, outcome.passed)
    speaks = hits >= _SPEAKS * total and not counted
    weight = float(np.clip(log10(max(low / rule.random_rate, 1.0)), 0.0, 1.0)) if speaks else 0.0
    if word is None and not rule.checked and rule.random_rate > _RARE and speaks_against(leaf.path):
        weight *= _AGAINST
    return _Heard(rule, outcome, hits, word, low, weight, counted)


def _leading(heard: Sequence[_Heard], together: int) -> Rule:
    """The rule that names the column: of those that half of the hits pass, the most guarded, then the widest."""
    wide = [one for one in heard if 2 * one.hits >= together] or list(heard)
    return max(wide, key=lambda one: (one.rule.privacy_class.rank, one.hits)).rule


def _some(one: _Heard) -> bool:
    """Whether enough values surely are it: most that have the form pass the arithmetic; else ten times chance."""
    formed = int(one.outcome.formed.sum())
    if one.rule.checked and one.hits == formed >= _FEW:
        return True
    if one.hits < _SOME or one.counted or one.rule.header_needed:
        return False
    if one.rule.checked:
        return lower_end(one.hits, formed) >= DECIDED
    return one.low / one.rule.random_rate >= _BEYOND_CHANCE


def may_speak(rule: Rule, leaf: Leaf, word: str | None) -> bool:
    """Whether a rule applies to a column of this kind, with or without a word in its header."""
    if leaf.kind == "other" or not len(leaf.texts) or (rule.header_needed and word is None):
        return False
    return leaf.kind == "text" or rule.integers == "alone" or (rule.integers == "header" and word is not None)


def lower_end(hits: int, total: int) -> float:
    """Lower end of the one-sided 95 % interval of a share (Wilson 1927); 0 of nothing."""
    if not total:
        return 0.0
    share, z2 = hits / total, _Z * _Z
    middle = share + z2 / (2 * total)
    return max(0.0, (middle - _Z * sqrt(share * (1 - share) / total + z2 / (4 * total * total))) / (1 + z2 / total))


def _named(leaf: Leaf) -> str | None:
    """The identifier that the header names though the values are none; only of columns that have values.

    Addresses and names are left out: their words stand in headers of places and things as well.
    """
    if not len(leaf.texts):
        return None
    for identifier, rules in rules_by_identifier().items():
        guarded = rules[0].privacy_class > PrivacyClass.NONE and not rules[0].weak_words
        if guarded and not identifier.endswith("address") and word_for(leaf.path, rules[0]) is not None:
            return identifier
    return None


def _finding(leaf: Leaf, best: Candidate | None, decided: Candidate | None, guarded: PrivacyClass) -> ColumnFinding:
    examples: tuple[str, ...] = ()
    if decided:
        rows = np.flatnonzero(decided.passed)[:_EXAMPLES]
        examples = tuple(masked(value) for value in leaf.texts.values.take(pa.array(rows)).to_pylist())
    return ColumnFinding(
        column=leaf.path,
        identifier=decided.identifier if decided else None,
        privacy_class=guarded,
        share=best.share if best else 0.0,
        random_rate=best.rate if best else 0.0,
        lift=best.lift if best else 0.0,
        distinct_share=len(leaf.texts) / leaf.looked_at if leaf.looked_at else 0.0,
        header_hit=best.word if best else None,
        score=best.score if best else 0.0,
        examples=examples,
        values=leaf.values,
        looked_at=leaf.looked_at,
    )
