"""Whom the rows are about: the column that tells people, vehicles or devices apart, and how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.privacy.anonymity_words import Kind, names_subject

_VEHICLES: Final = ("vin", "plate", "vehicle")
_DEVICES: Final = ("imei", "imsi", "mac", "iccid", "device")
_NOT_SUBJECTS: Final = ("uscc", "br", "company", "organisation", "station", "address")
CONTACTS: Final = ("hk_phone", "mainland_mobile", "email")
"""Identifiers of people that offices have too, in tables of places."""
_RANK: Final[Mapping[Kind, int]] = {"person": 0, "vehicle": 1, "device": 2}


@dataclass(frozen=True)
class Subjects:
    """The people, vehicles or devices of a table.

    Args:
        column: the column that tells them apart.
        distinct: how many there are; empty cells count for nobody.
        kind: `person`, `vehicle` or `device`.
        basis: `identifier` when the values are of a known kind, `header` when only the name of the column says so.
    """

    column: str
    distinct: int
    kind: Kind
    basis: str = "header"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def find_subjects(table: pa.Table, identifiers: Mapping[str, str]) -> Subjects | None:
    """The subjects of a table, for the ledger of heads at the border: people, not rows.

    Args:
        identifiers: what the screening found, as column -> name of the identifier (`vin`, `hkid`, `email`, ...).

    Returns:
        the column with the most distinct subjects among those found by their values, else among those that a header
        names; None when no column tells subjects apart.
    """
    found = [
        Subjects(column, _distinct(table[column]), kind, "identifier")
        for column, name in identifiers.items()
        if column in table.column_names and (kind := kind_of_identifier(name)) is not None
    ]
    if not found:
        found = [
            Subjects(field.name, _distinct(table[field.name]), kind)
            for field in table.schema
            if _tells_apart(field.type) and (kind := names_subject(field.name)) is not None
        ]
    found = [subjects for subjects in found if subjects.distinct]
    return min(found, key=lambda subjects: (-subjects.distinct, _RANK[subjects.kind], subjects.column), default=None)


def kind_of_identifier(name: str) -> Kind | None:
    """Whose an identifier is; None for those of companies and places."""
    parts = name.lower().replace("-", "_").split("_")
    if any(part in _NOT_SUBJECTS for part in parts):
        return None
    if any(part in _VEHICLES for part in parts):
        return "vehicle"
    return "device" if any(part in _DEVICES for part in parts) else "person"


def _tells_apart(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _distinct(values: pa.ChunkedArray) -> int:
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        values = pc.utf8_trim_whitespace(values)
        values = values.filter(pc.fill_null(pc.not_equal(values, ""), False))
    return int(pc.count_distinct(values, mode="only_valid").as_py())
