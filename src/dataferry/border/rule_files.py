"""The rule table: TOML files read once, checked, parsed, and known by the digest of their bytes.

The files lie in `rules/`; every set that was ever published is kept in `rules/history/`, so that a decision can name
its rules and be computed again under them.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Literal, get_args

from dataferry.border.condition_text import parse
from dataferry.border.conditions import All, Condition
from dataferry.border.known_facts import COUNTS, vocabulary
from dataferry.border.outcomes import Outcome
from dataferry.messages import LANGUAGES, Language, MissingError

Stage = Literal["sector", "list", "general"]
STAGES: tuple[Stage, ...] = get_args(Stage)
FAMILIES = ("sh", "ev", "geo", "hk")
FILES = tuple(f"{name}.toml" for name in (*FAMILIES, "sources", "terms", "verified"))
SHOWN_OF_VERSION = 16
"""Digits of a version that name its folder in `history/`."""
_VERSION = re.compile(r"sha256:[0-9a-f]{64}")
Words = Mapping[Language, str]


@dataclass(frozen=True)
class Clause:
    """One result of a rule, and when it holds."""

    condition: Condition
    text: str
    outcome: Outcome
    strict_reading: Outcome | None
    lifts: tuple[str, ...]

    @property
    def worst(self) -> Outcome:
        """What it can come to in the strict reading."""
        return self.strict_reading or self.outcome


@dataclass(frozen=True)
class Rule:
    """One dated rule. `articles` are (key of the source, article); `mark`: S seen, K general knowledge, I inferred."""

    id: str
    stage: Stage
    title: Words
    reason: Words
    when: str
    condition: Condition
    clauses: tuple[Clause, ...]
    articles: tuple[tuple[str, str], ...]
    seen: str
    url: str | None
    mark: Literal["S", "K", "I"]
    mark_note: str | None
    effective_from: date | None
    effective_to: date | None
    offers: str | None
    serves: Outcome | None
    duty: bool
    digest: str
    verified_by: Mapping[str, str] | None

    def in_force(self, on: date) -> bool:
        """Whether the rule held on a day."""
        return _in_force(self.effective_from, self.effective_to, on)

    @property
    def counts(self) -> bool:
        """Whether it looks at counts of the calendar year."""
        return bool(self.condition.names() & COUNTS)


def _in_force(first: date | None, last: date | None, on: date) -> bool:
    return (first is None or first <= on) and (last is None or on <= last)


@dataclass(frozen=True)
class RuleTable:
    """All rules of one version, with the terms and the names of the sources."""

    version: str
    covers_from: date
    rules: tuple[Rule, ...]
    sources: Mapping[str, Words]
    terms: tuple[tuple[str, Condition, date | None, date | None], ...]

    def in_force(self, on: date) -> tuple[Rule, ...]:
        """The rules of a day in the order in which they are told: sector, list, general."""
        return tuple(rule for rule in self.rules if rule.in_force(on))

    def terms_on(self, on: date) -> Mapping[str, Condition]:
        """The shared terms of a day."""
        return {name: made for name, made, first, last in self.terms if _in_force(first, last, on)}

    def articles(self, rule: Rule) -> Words:
        """The texts that a rule rests on, for people."""
        return self._articles[rule.digest]

    @cached_property
    def _articles(self) -> Mapping[str, Words]:
        return {
            rule.digest: {
                language: "; ".join(
                    _article(self.sources[key][language], rule, key, language) for key in dict(rule.articles)
                )
                for language in LANGUAGES
            }
            for rule in self.rules
        }


def _article(source: str, rule: Rule, key: str, language: Language) -> str:
    """One text with its places: articles where they begin with a number, else as written."""
    places = [place for source_key, place in rule.articles if source_key == key and place]
    if not places or not places[0][0].isdigit():
        return ", ".join([source, *places])
    if language == "en":
        return f"{source}, art. {', '.join(places)}"
    return f"{source}第{'、'.join(places)}{'條' if language == 'zh-Hant' else '条'}"


def rule_table(version: str | None = None) -> RuleTable:
    """The rules of this release, or those of an older `version` (as a decision names it).

    Raises:
        MissingError: the version is not kept.
    """
    current = _current()
    if version is None or version == current.version:
        return current
    if not _VERSION.fullmatch(version):
        raise MissingError("border.no_such_rules", version=version[:100])
    return _kept(version)


@cache
def _current() -> RuleTable:
    return read_rules(resources.files("dataferry.border") / "rules")


@cache
def _kept(version: str) -> RuleTable:
    shown = version.removeprefix("sha256:")[:SHOWN_OF_VERSION]
    folder = resources.files("dataferry.border") / "rules" / "history" / shown
    if not folder.is_dir():
        raise MissingError("border.no_such_rules", version=version)
    table = read_rules(folder)
    if table.version != version:
        raise MissingError("border.no_such_rules", version=version)
    return table


def rules_in_force(on: date, version: str | None = None) -> tuple[Rule, ...]:
    """The rules that decide on a day."""
    return rule_table(version).in_force(on)


def read_rules(folder: Traversable) -> RuleTable:
    """Read a set of rule files.

    Raises:
        ValueError: a file does not hold what a rule file must (a fault of who wrote it, which a test finds).
    """
    texts = {name: (folder / name).read_bytes() for name in FILES}
    data = {name: tomllib.loads(text.decode("utf-8")) for name, text in texts.items()}
    rows = [row for family in FAMILIES for row in data[f"{family}.toml"]["rule"]]
    terms = data["terms.toml"]
    names = frozenset(row["name"] for row in terms["term"])
    signed = data["verified.toml"].get("signature", [])
    rules = sorted((_rule(row, names, signed) for row in rows), key=lambda rule: STAGES.index(rule.stage))
    table = RuleTable(
        version_of(texts),
        terms["covers_from"],
        tuple(rules),
        {key: _words(row, key) for key, row in data["sources.toml"].items()},
        tuple(
            (row["name"], parse(row["when"], vocabulary(names)), row.get("effective_from"), row.get("effective_to"))
            for row in terms["term"]
        ),
    )
    _sound(table)
    return table


def version_of(files: Mapping[str, bytes]) -> str:
    """The digest of a set of rule files: sha256 over name and sha256 of each, in the order of their names."""
    lines = (f"{name} {hashlib.sha256(files[name]).hexdigest()}\n" for name in sorted(files))
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def _rule(row: Mapping[str, Any], names: frozenset[str], signed: Iterable[Mapping[str, Any]]) -> Rule:
    digest = _digest(row)
    condition = parse(row["when"], vocabulary(names))
    return Rule(
        id=row["id"],
        stage=row["stage"],
        title=_words(row["title"], row["id"]),
        reason=_words(row["reason"], row["id"]),
        when=row["when"],
        condition=condition,
        clauses=_clauses(row, condition, names),
        articles=tuple((text.partition(":")[0], text.partition(":")[2]) for text in row["articles"]),
        seen=row["seen"],
        url=row.get("url"),
        mark=row["mark"],
        mark_note=row.get("mark_note"),
        effective_from=row.get("effective_from"),
        effective_to=row.get("effective_to"),
        offers=row.get("offers"),
        serves=Outcome(row["serves"]) if "serves" in row else None,
        duty=row.get("duty", False),
        digest=digest,
        verified_by=_signature(row["id"], digest, signed),
    )


def _clauses(row: Mapping[str, Any], condition: Condition, names: frozenset[str]) -> tuple[Clause, ...]:
    """The result of the rule itself, where it has one, and those that hold only when more does."""
    own = [_clause(row, condition)] if "outcome" in row else []
    return (
        *own,
        *(_clause(each, All((condition, parse(each["when"], vocabulary(names))))) for each in row.get("clause", ())),
    )


def _clause(row: Mapping[str, Any], condition: Condition) -> Clause:
    strict = Outcome(row["strict_reading"]) if "strict_reading" in row else None
    return Clause(condition, row["when"], Outcome(row["outcome"]), strict, tuple(row.get("lifts", ())))


def _digest(row: Mapping[str, Any]) -> str:
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _signature(rule: str, digest: str, signed: Iterable[Mapping[str, Any]]) -> Mapping[str, str] | None:
    """The newest signature under the rule as it stands; one under an older text of it does not count."""
    own = [row for row in signed if row["rule"] == rule and row["digest"] == digest]
    last = max(own, key=lambda row: row["on"], default=None)
    return None if last is None else {"by": str(last["by"]), "on": str(last["on"])}


def _words(row: Mapping[str, str], where: str) -> Words:
    if set(row) != set(LANGUAGES) or not all(row.values()):
        raise ValueError(f"{where}: words in {', '.join(LANGUAGES)} are needed")
    return {language: row[language] for language in LANGUAGES}


def _sound(table: RuleTable) -> None:
    """What TOML cannot say: sources exist, needs-human has a strict reading, no two rows of an id overlap in time."""
    ids = {rule.id for rule in table.rules}
    for rule in table.rules:
        if any(key not in table.sources for key, _ in rule.articles):
            raise ValueError(f"{rule.id}: a source is not named in sources.toml")
        if any(lifted not in ids for clause in rule.clauses for lifted in clause.lifts):
            raise ValueError(f"{rule.id}: lifts a rule that does not exist")
        if any(
            (clause.outcome is Outcome.NEEDS_HUMAN) != (clause.strict_reading is not None) for clause in rule.clauses
        ):
            raise ValueError(f"{rule.id}: needs-human, and only it, has a strict reading")
    for one in table.rules:
        twins = [other for other in table.rules if other.id == one.id and other is not one]
        if any(one.effective_from and other.in_force(one.effective_from) for other in twins):
            raise ValueError(f"{one.id}: two rows are in force on one day")
