"""What was found out about a table: its class, its columns, its subjects, its anonymity, its coordinates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from dataferry.messages import Finding, State, worst_state
from dataferry.privacy.anonymity import Anonymity
from dataferry.privacy.coordinates import Coordinates
from dataferry.privacy.subjects import Subjects

_STATES: dict[str, State] = {"attention": "attention", "irrecoverable": "attention", "blocked": "blocked"}
_DIGITS = 6


class PrivacyClass(StrEnum):
    """What a table or a column may be, from the least to the most guarded: `<` and `max` go by that order."""

    NONE = "none"
    PERSONAL = "personal"
    SENSITIVE_PERSONAL = "sensitive-personal"
    POSSIBLY_IMPORTANT = "possibly-important"

    @property
    def rank(self) -> int:
        return list(PrivacyClass).index(self)

    def __lt__(self, other: str) -> bool:
        return self.rank < PrivacyClass(other).rank

    def __le__(self, other: str) -> bool:
        return self.rank <= PrivacyClass(other).rank

    def __gt__(self, other: str) -> bool:
        return self.rank > PrivacyClass(other).rank

    def __ge__(self, other: str) -> bool:
        return self.rank >= PrivacyClass(other).rank


@dataclass(frozen=True)
class ColumnFinding:
    """One column, or one field inside a column (`owner.phone`, `plates[]`), and the identifier that explains it best.

    Args:
        column: its name; fields of structs after a dot, elements of lists and maps after `[]`.
        identifier: key of `identifiers()`; None when no rule explains the column.
        privacy_class: what the identifier makes of the column.
        share: values that pass the rule, of those that are not null, 0 to 1.
        random_rate: random strings of the same shape that pass the rule that speaks most clearly, 0 to 1.
        lift: share of the values that pass that one rule, over its `random_rate`.
        distinct_share: different values, of those that are not null, 0 to 1.
        header_hit: the word of the column's name that speaks for the identifier.
        score: 0 to 1; from 0.5 on the column counts as the identifier.
        examples: at most three values that pass, masked: no value is ever shown whole.
        values: values that are not null.
        looked_at: how many of them were tested; fewer than `values` when the column was sampled.
    """

    column: str
    identifier: str | None
    privacy_class: PrivacyClass
    share: float
    random_rate: float
    lift: float
    distinct_share: float
    header_hit: str | None
    score: float
    examples: tuple[str, ...]
    values: int
    looked_at: int


@dataclass(frozen=True)
class PrivacyReport:
    """The whole judgement of one table.

    Args:
        privacy_class: the most guarded class that any finding gives.
        columns: every column, in the order of the table.
        subjects: whom the rows are about; None when no column tells.
        anonymity: k, l and uniqueness; None when there is nothing to measure them on.
        coordinates: datum and precision of the place columns; None without such columns.
        findings: everything that a person should know, the column named in its data.
        rows: rows of the table.
    """

    privacy_class: PrivacyClass
    columns: tuple[ColumnFinding, ...]
    subjects: Subjects | None
    anonymity: Anonymity | None
    coordinates: Coordinates | None
    findings: tuple[Finding, ...]
    rows: int

    @property
    def state(self) -> State:
        """The colour of the chip: a table with nothing to look at is clear, one without a row is unknown."""
        if not self.rows:
            return "unknown"
        return worst_state(["clear", *(_STATES.get(finding.severity, "clear") for finding in self.findings)])

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: the same table gives the same bytes. No cell of the table is in it unmasked."""
        document: dict[str, Any] = {
            "privacy_class": self.privacy_class,
            "state": self.state,
            "rows": self.rows,
            "columns": [asdict(column) for column in self.columns],
            "subjects": self.subjects.to_json() if self.subjects else None,
            "anonymity": self.anonymity.to_json() if self.anonymity else None,
            "coordinates": self.coordinates.to_json() if self.coordinates else None,
            "findings": [finding.to_json() for finding in self.findings],
        }
        plain: dict[str, Any] = _plain(document)
        return plain


def most_guarded(classes: Iterable[PrivacyClass]) -> PrivacyClass:
    """The class that decides for a whole; of nothing it is `none`."""
    return max(classes, default=PrivacyClass.NONE, key=lambda one: one.rank)


def _plain(value: Any) -> Any:
    """Values that JSON knows; figures rounded to what they can carry, so that no machine's last bit shows."""
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, float):
        return round(value, _DIGITS)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
