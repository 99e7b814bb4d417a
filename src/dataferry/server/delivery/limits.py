"""What an agreement lets through, read from its signed terms: regions, columns, rows, and how much in a day."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import rfc8785
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dataferry.messages import RefusedError
from dataferry.server.exchange.models import Agreement

Cell = str | int | float | bool | None


class _Policy(BaseModel):
    """The part of the terms that delivery enforces. What is missing or of another kind is refused, never guessed."""

    model_config = ConfigDict(extra="ignore", strict=True)

    regions: list[str]
    columns: list[str] = Field(default_factory=list)
    rows: dict[str, list[Cell]] = Field(default_factory=dict)
    most_rows: int | None = Field(None, ge=0)
    calls_a_day: int | None = Field(None, ge=0)
    rows_a_day: int | None = Field(None, ge=0)


@dataclass(frozen=True)
class Cut:
    """What of a table is served. Empty `columns`: all. `rows`: only those whose columns have one of the values.

    `most_rows` counts from the first row of the table, in the order of the release.
    """

    columns: tuple[str, ...] = ()
    rows: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    most_rows: int | None = None

    @property
    def is_whole(self) -> bool:
        return not self.columns and not self.rows and self.most_rows is None

    @property
    def digest(self) -> str:
        """The same for the same cut, however it was written."""
        told = {
            "format": "dataferry-cut/1",
            "columns": sorted(set(self.columns)),
            "rows": {name: sorted(set(map(_marked, values))) for name, values in self.rows.items()},
            "most_rows": self.most_rows,
        }
        return f"sha256:{hashlib.sha256(rfc8785.dumps(told)).hexdigest()}"


def _marked(value: Cell) -> str:
    """A value with its kind, so that 1 and "1" stay two."""
    return f"{type(value).__name__}:{value}"


@dataclass(frozen=True)
class Limits:
    """The limits of one agreement. `regions` are the places (`merchants.Place`) that may receive; empty: nobody."""

    regions: frozenset[str]
    cut: Cut
    calls_a_day: int | None = None
    rows_a_day: int | None = None

    @classmethod
    def of(cls, agreement: Agreement) -> Limits:
        """The limits in the terms that both sides signed.

        Raises:
            RefusedError: `server.delivery.terms_unreadable`: without readable limits nothing is delivered.
        """
        try:
            policy = _Policy.model_validate(_policy(agreement.terms))
        except ValidationError as error:
            raise RefusedError("server.delivery.terms_unreadable", agreement=agreement.number) from error
        rows = {name: tuple(values) for name, values in policy.rows.items()}
        cut = Cut(tuple(policy.columns), rows, policy.most_rows)
        return cls(frozenset(policy.regions), cut, policy.calls_a_day, policy.rows_a_day)


def _policy(terms: Any) -> Any:
    return terms.get("policy") if isinstance(terms, Mapping) else None


def includes_later_releases(agreement: Agreement) -> bool:
    """Whether releases listed after the bought one belong to it."""
    return isinstance(agreement.terms, Mapping) and agreement.terms.get("later_releases") is True
