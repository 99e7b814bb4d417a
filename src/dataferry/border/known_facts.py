"""The facts as the conditions see them: what follows from what was said, and the counts of the year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from dataferry.border.condition_text import Vocabulary
from dataferry.border.conditions import Condition, Known, Members, Range
from dataferry.border.facts import Facts, is_set, values_of

IN_YEAR: Mapping[str, str] = {
    "general_people_in_year": "general",
    "sensitive_people_in_year": "sensitive",
}
"""Counts of people since 1 January with this transfer included, and the kind of personal information they count."""
PEOPLE_IN_YEAR = "people_in_year"
TODAY = "today"
COUNTS = frozenset({*IN_YEAR, PEOPLE_IN_YEAR})


@cache
def vocabulary(terms: frozenset[str]) -> Vocabulary:
    """What conditions may speak of."""
    kinds = {name: values_of(name) for name in Facts.model_fields}
    words = {name: kind for name, kind in kinds.items() if kind[0] not in {"count", "date", "text"}}
    numbers = {name for name, kind in kinds.items() if kind[0] in {"count", "date"}}
    return Vocabulary(
        {name: kind for name, kind in words.items() if not is_set(name)},
        {name: kind for name, kind in words.items() if is_set(name)},
        frozenset(numbers | COUNTS | {TODAY}),
        terms,
    )


def known_facts(facts: Facts, on: date, terms: Mapping[str, Condition]) -> Known:
    """The facts of a decision on a day, with the numbers that follow from them."""
    values: dict[str, Any] = {}
    for name, value in facts.__dict__.items():
        if value == "unknown":
            continue
        if isinstance(value, tuple):
            words = frozenset(value) - {"unknown"}
            values[name] = Members(words, len(words) < len(value))
        elif isinstance(value, int):
            values[name] = Range(value, value)
        elif isinstance(value, date):
            values[name] = Range(value.toordinal(), value.toordinal())
        else:
            values[name] = value
    _follow(values)
    behind = _count_year(values)
    values[TODAY] = Range(on.toordinal(), on.toordinal())
    return Known(values, terms, behind)


def _follow(values: dict[str, Any]) -> None:
    """What is certain from the other facts: people make data personal, and where there is none there are no people."""
    general, sensitive = values.get("people_general"), values.get("people_sensitive")
    if sensitive is not None and sensitive.low > 0:
        values["has_sensitive_pi"] = "yes"
    if values.get("has_sensitive_pi") == "yes" or (general is not None and general.low > 0):
        values["has_pi"] = "yes"
    if values.get("has_pi") == "no":
        values["people_general"] = Range(0, 0)
        values["has_sensitive_pi"] = "no"
    if values.get("has_sensitive_pi") == "no":
        values["people_sensitive"] = Range(0, 0)
    elif values.get("has_sensitive_pi") == "yes" and sensitive is None:
        values["people_sensitive"] = Range(1, None)
    only_general = values.get("has_pi") == "yes" and values.get("has_sensitive_pi") == "no"
    if only_general and general is None:
        values["people_general"] = Range(1, None)


def _count_year(values: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Put in the counts of the year; returns the facts that each one still lacks.

    Without a distinct count for the whole (`people_*_after`) the two parts are added: the strict reading, in which
    nobody is in both.
    """
    behind: dict[str, tuple[str, ...]] = {}
    for name, kind in IN_YEAR.items():
        parts = (f"people_{kind}", f"people_{kind}_so_far")
        after = values.get(f"people_{kind}_after")
        ends = [values.get(part, Range(0, None)) for part in parts]
        summed = Range(sum(end.low for end in ends), _sum([end.high for end in ends]))
        values[name] = summed if after is None else after
        behind[name] = tuple(part for part, end in zip(parts, ends, strict=True) if end.high is None)
    counts = [values[name] for name in IN_YEAR]
    values[PEOPLE_IN_YEAR] = Range(sum(end.low for end in counts), _sum([end.high for end in counts]))
    behind[PEOPLE_IN_YEAR] = tuple(fact for name in IN_YEAR for fact in behind[name])
    return behind


def _sum(ends: list[int | None]) -> int | None:
    numbers = [end for end in ends if end is not None]
    return sum(numbers) if len(numbers) == len(ends) else None
