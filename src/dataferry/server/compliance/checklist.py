"""The checklist of a compliance case, as data: six parts, their items, who answers each, how its basis is known.

The parts are those of the Shanghai Data Exchange's security and compliance guideline of 2023; the items are this
house's own and no official checklist (see `checklist.toml`).
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from dataferry.messages import LANGUAGES

PEOPLE = "people"
KINDS = ("licence", "privacy", "border", "quality", "lineage")
"""Kinds of machine evidence."""
MARKS = ("S", "K", "I")


@dataclass(frozen=True)
class Part:
    """One of the guideline's six parts."""

    code: str
    title: dict[str, str]


@dataclass(frozen=True)
class Item:
    """One item. `by` is `people` or the kind of machine evidence that answers it.

    A `gate` must be satisfied as it is: no condition, and it never "does not apply".
    """

    code: str
    part: str
    by: str
    gate: bool
    mark: str
    basis: dict[str, str]
    title: dict[str, str]
    asks: dict[str, str]
    examples: dict[str, str]

    @property
    def is_machines(self) -> bool:
        return self.by != PEOPLE


@dataclass(frozen=True)
class Checklist:
    """One version of the list. `verified_by` names the person who held it against the original; empty: nobody yet."""

    version: str
    verified_by: str
    digest: str
    parts: tuple[Part, ...]
    items: tuple[Item, ...]

    def item(self, code: str) -> Item | None:
        return next((item for item in self.items if item.code == code), None)

    def of_part(self, part: str) -> list[Item]:
        return [item for item in self.items if item.part == part]


@cache
def checklist() -> Checklist:
    """The list in force."""
    text = resources.files("dataferry.server.compliance").joinpath("checklist.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Checklist(
        data["version"],
        data["verified_by"],
        f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}",
        tuple(Part(row["code"], _words(row)) for row in data["part"]),
        tuple(_item(row) for row in data["item"]),
    )


def _words(row: dict[str, Any]) -> dict[str, str]:
    return {tag: row[tag] for tag in LANGUAGES}


def _item(row: dict[str, Any]) -> Item:
    texts = {name: _words(row[name]) for name in ("basis", "title", "asks", "examples")}
    return Item(row["code"], row["part"], row["by"], row["gate"], row["mark"], **texts)
