"""What is recognised: every rule of every family, and the list of it for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from dataferry.privacy import accounts, addresses, documents, people_names, phones, vehicle_marks
from dataferry.privacy.report import PrivacyClass
from dataferry.privacy.rules import Rule

RULES: Final[tuple[Rule, ...]] = (
    *documents.RULES,
    *accounts.RULES,
    *phones.RULES,
    *vehicle_marks.RULES,
    *people_names.RULES,
    *addresses.RULES,
)


FAMILIES: Final[Mapping[str, str]] = {
    "hkid": "document",
    "resident_id": "document",
    "hk_phone": "phone",
    "mainland_mobile": "phone",
    "plate_mainland": "plate",
    "plate_cross_border": "plate",
    "plate_hk": "plate",
    "home_address": "address",
    "street_address": "address",
}
"""Identifiers that share a column in tables of both cities, and are therefore weighed together."""


@dataclass(frozen=True)
class Identifier:
    """One kind of identifier.

    Args:
        key: what findings call it.
        privacy_class: what it makes of a column.
        random_rates: variant -> share of random strings of its shape that pass.
        words: words of headers that speak for it.
        sources: where its rules are published.
    """

    key: str
    privacy_class: PrivacyClass
    random_rates: Mapping[str, float]
    words: tuple[str, ...]
    sources: tuple[str, ...]


@cache
def rules_by_identifier() -> Mapping[str, Sequence[Rule]]:
    """The rules of each identifier, in the order of the table."""
    groups: dict[str, list[Rule]] = {}
    for rule in RULES:
        groups.setdefault(rule.identifier, []).append(rule)
    return groups


@cache
def rules_by_family() -> Sequence[Sequence[Rule]]:
    """The rules that are weighed together, in the order of the table."""
    families: dict[str, list[Rule]] = {}
    for rule in RULES:
        families.setdefault(FAMILIES.get(rule.identifier, rule.identifier), []).append(rule)
    return list(families.values())


def identifiers() -> tuple[Identifier, ...]:
    """Everything that the screening knows, in a fixed order."""
    return tuple(
        Identifier(
            key,
            rules[0].privacy_class,
            {rule.variant: rule.random_rate for rule in rules},
            tuple(dict.fromkeys(word for rule in rules for word in (*rule.words, *rule.weak_words))),
            tuple(dict.fromkeys(rule.source for rule in rules)),
        )
        for key, rules in rules_by_identifier().items()
    )
