"""What came of a trial of a recipe: the rows, how much of the inputs it saw, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataferry.messages import Finding, Language
from dataferry.server.workshop.checks import Problem


@dataclass(frozen=True)
class Sample:
    """How much of an input a trial saw: its first `rows` rows of `total`."""

    name: str
    rows: int
    total: int

    @property
    def whole(self) -> bool:
        return self.rows == self.total

    def text(self, language: Language | None = None) -> str:
        """In words, such as "stops: the first 5,000 of 9,524 rows"."""
        data = {"input": self.name, "rows": self.rows, "total": self.total}
        if self.whole:
            return Finding("server.workshop.sample_whole", "note", data).text(language)
        return Finding("server.workshop.sample_part", "note", data).text(language)


@dataclass(frozen=True)
class TriedColumn:
    """A column that the recipe gives: its type there, and the one that product.yaml declares (empty: none)."""

    name: str
    type: str
    declared: str = ""
    crs: str = ""


@dataclass(frozen=True)
class Trial:
    """What came of a trial. `rows` are plain JSON values, in no particular order; `problems` say what is wrong, at its
    line. Nothing was run where `ran` is false."""

    ran: bool
    columns: Sequence[TriedColumn] = ()
    rows: Sequence[Sequence[Any]] = ()
    samples: Sequence[Sample] = ()
    problems: Sequence[Problem] = ()
    more: bool = False
    seconds: float = 0.0


@dataclass(frozen=True)
class ReadTable:
    """An input as the recipe reads it. `columns`: those it uses; `rows` is None where it is not counted yet."""

    name: str
    rows: int | None
    columns: Sequence[str]


@dataclass(frozen=True)
class Explanation:
    """How a recipe would be run: what it reads, where each column comes from, which datums it converts."""

    tables: Sequence[ReadTable] = ()
    columns: Sequence[Mapping[str, Any]] = ()
    conversions: Sequence[Mapping[str, Any]] = ()
    functions: Sequence[str] = ()
    sql: str = ""
    problems: Sequence[Problem] = ()
