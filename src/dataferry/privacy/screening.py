"""Which identifier a column holds, decided for the column as a whole, never for a cell.

score = share x distinctness x (1 - (1 - lift) (1 - header)), where share is how many different values pass the rule,
lift how far that is beyond random strings (0 at chance, 1 at ten times chance, from the lower end of the share's
interval), header 0.8 for a word in the column's name, and distinctness how many different values speak.
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
from dataferry.privacy.identifiers import rules_by_family, rules_by_identifier
from dataferry.privacy.inside_text import Inside, search
from dataferry.privacy.masking import masked
from dataferry.privacy.report import ColumnFinding, PrivacyClass, most_guarded
from dataferry.privacy.rules import Outcome, Rule
from dataferry.privacy.texts import Mask

DECIDED: Final = 0.5
HEADER: Final = 0.8
_AGAINST: Final = 1 / 3
_ENOUGH_DIFFERENT: Final = 10
_EXAMPLES: Final = 3
_Z: Final = 1.645
"""One-sided 95 %."""
_SOME: Final = 5
_BEYOND_CHANCE: Final = 10.0


@dataclass(frozen=True)
class Candidate:
    """How well one identifier explains a column; `some`: values that surely are it though the column is not."""

    identifier: str
    privacy_class: PrivacyClass
    share: float
    rate: float
    word: str | None
    score: float
    passed: Mask
    some: bool


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
    some: tuple[Candidate, ...]
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
    prose = search(leaf.texts) if leaf.kind == "text" and len(leaf.texts) else []
    inside = tuple(one for one in prose if decided is None or one.identifier != decided.identifier)
    some = () if decided else tuple(one for one in candidates if one.some and one.privacy_class > PrivacyClass.NONE)
    classes = [one.privacy_class for one in (*some, *inside, *([decided] if decided else []))]
    named = None if decided or some else _named(leaf)
    own = decided.privacy_class if decided else PrivacyClass.NONE
    finding = _finding(leaf, decided or best, decided, most_guarded(classes))
    return Screened(leaf, finding, own, some, inside, named)


def _candidate(leaf: Leaf, rules: Sequence[Rule]) -> Candidate | None:
    """The rules of one family together, named after the rule that most values pass; None when no value passes any."""
    passed, formed = leaf.texts.mask(), leaf.texts.mask()
    word, chance, counted = None, 0.0, False
    weights: dict[int, int] = {}
    for number, rule in enumerate(rules):
        own = word_for(leaf.path, rule)
        if not may_speak(rule, leaf, own):
            continue
        outcome = rule.test(leaf.texts)
        hits = int(outcome.passed.sum())
        if hits:
            weights[number] = hits
            passed, formed = passed | outcome.passed, formed | outcome.formed
            chance, word = chance + hits * rule.random_rate, word or own
            counted = counted or (rule.counted is not None and rule.counted(leaf.texts, outcome.passed))
    if not weights:
        return None
    leading = rules[max(weights, key=weights.__getitem__)]
    rate = chance / sum(weights.values())
    return _judged(leaf, leading, Outcome(formed, passed), rate, word, counted)


def _judged(leaf: Leaf, rule: Rule, outcome: Outcome, rate: float, word: str | None, counted: bool) -> Candidate:
    hits, total = int(outcome.passed.sum()), len(leaf.texts)
    share, low = hits / total, lower_end(hits, total)
    lift = 0.0 if counted else float(np.clip(log10(max(low / rate, 1.0)), 0.0, 1.0))
    if not rule.checked and word is None and speaks_against(leaf.path):
        lift *= _AGAINST
    different = min(1.0, max(hits / leaf.looked_at, hits / _ENOUGH_DIFFERENT))
    score = share * different * (1 - (1 - lift) * (1 - (HEADER if word else 0.0)))
    some = hits >= _SOME and not counted and (
        lower_end(hits, int(outcome.formed.sum())) >= DECIDED if rule.checked else low / rate >= _BEYOND_CHANCE
    )  # fmt: skip
    return Candidate(rule.identifier, rule.privacy_class, share, rate, word, score, outcome.passed, some)


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
    """The identifier that the header names though the values are none; only of columns that have values."""
    if not len(leaf.texts):
        return None
    for identifier, rules in rules_by_identifier().items():
        if rules[0].privacy_class > PrivacyClass.NONE and any(
            word_for(leaf.path, rule) not in (None, *rule.weak_words) for rule in rules
        ):
            return identifier
    return None


def _finding(leaf: Leaf, best: Candidate | None, decided: Candidate | None, guarded: PrivacyClass) -> ColumnFinding:
    share = best.share if best else 0.0
    rate = best.rate if best else 0.0
    examples: tuple[str, ...] = ()
    if decided:
        rows = np.flatnonzero(decided.passed)[:_EXAMPLES]
        examples = tuple(masked(value) for value in leaf.texts.values.take(pa.array(rows)).to_pylist())
    return ColumnFinding(
        column=leaf.path,
        identifier=decided.identifier if decided else None,
        privacy_class=guarded,
        share=share,
        random_rate=rate,
        lift=share / rate if rate else 0.0,
        distinct_share=len(leaf.texts) / leaf.looked_at if leaf.looked_at else 0.0,
        header_hit=best.word if best else None,
        score=best.score if best else 0.0,
        examples=examples,
        values=leaf.values,
        looked_at=leaf.looked_at,
    )
