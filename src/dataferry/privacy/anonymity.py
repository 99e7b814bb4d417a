"""How well a row hides among others: quasi-identifiers with reasons, k, l, small cells, and tracks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from dataferry.privacy.tracks import Tracks

RowsOf = Literal["individuals", "counts", "other"]


@dataclass(frozen=True)
class QuasiIdentifier:
    """A column that helps to tell a person apart without naming one, and why it was chosen.

    Args:
        reason: the trait (`sex`, `age`, `birth`, `home`, `occupation`, ...), or `place` or `time`.
        distinct: distinct values.
    """

    column: str
    reason: str
    distinct: int


@dataclass(frozen=True)
class SensitiveColumn:
    """A sensitive column: `l` is the least number of distinct values in any group of equal quasi-identifiers."""

    column: str
    reason: str
    l: int  # noqa: E741 - the field's name for it


@dataclass(frozen=True)
class Anonymity:
    """Anonymity of a table.

    Args:
        rows_of: `individuals` when each row is about one subject, `counts` when rows count subjects, else `other`.
        quasi: the columns taken together as quasi-identifiers.
        k: rows of the smallest group of equal quasi-identifiers, or the smallest count above zero; None without.
        smallest: sizes of the ten smallest groups or counts.
        groups: how many groups (or cells) there are.
        small_groups: how many of them are smaller than `threshold`.
        small_rows: rows in them.
        unique_rows: rows that are alone in their group.
        counted: the column of counts, where rows count subjects.
        sensitive: l of each sensitive column.
        tracks: where and when the same subjects were, or None.
    """

    rows_of: RowsOf = "other"
    quasi: tuple[QuasiIdentifier, ...] = ()
    k: int | None = None
    smallest: tuple[int, ...] = ()
    groups: int = 0
    small_groups: int = 0
    small_rows: int = 0
    unique_rows: int = 0
    threshold: int = 10
    counted: str | None = None
    sensitive: tuple[SensitiveColumn, ...] = ()
    tracks: Tracks | None = None

    @property
    def l(self) -> int | None:  # noqa: E743 - the field's name for it
        """The least l of all sensitive columns; None without any."""
        return min((column.l for column in self.sensitive), default=None)

    @property
    def vehicle_tracks(self) -> bool:
        return self.tracks is not None and self.tracks.kind == "vehicle"

    def to_json(self) -> dict[str, Any]:
        return {
            "rows_of": self.rows_of,
            "quasi_identifiers": [vars(column) for column in self.quasi],
            "k": self.k,
            "l": self.l,
            "smallest": list(self.smallest),
            "groups": self.groups,
            "small_groups": self.small_groups,
            "small_rows": self.small_rows,
            "unique_rows": self.unique_rows,
            "threshold": self.threshold,
            "counted": self.counted,
            "sensitive": [vars(column) for column in self.sensitive],
            "vehicle_tracks": self.vehicle_tracks,
            "tracks": None if self.tracks is None else self.tracks.to_json(),
        }
