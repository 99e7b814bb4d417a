"""Where each value of an edition comes from, in a side table: a path, perhaps with `*`, stands for all below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import StringConstraints

from dataferry.server.challenge.edition_file.values import Flag, Model, Text

Mark = Literal["seen", "measured", "inferred", "house", "stand-in", "organiser", "unknown"]
"""`seen` in the source named; `measured` by us; `inferred` from what was seen; `house`: proposed by Dataferry;
`stand-in`: put in for trial, not the contest's own; `organiser`: decided by the edition's organisers; `unknown`:
looked for and not found."""

Pattern = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9_\-*]+(\.[A-Za-z0-9_\-*]+|\[(\d{1,4}|\*)\])*$", max_length=200)
]


class Verified(Model):
    """Who compared the value with its source, and on which day."""

    by: Text
    on: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class Provenance(Model):
    mark: Mark
    source: Text | None = None
    verified: Flag | Verified = False
    note: Text | None = None

    @property
    def is_verified(self) -> bool:
        return bool(self.verified)


def parts(path: str) -> tuple[str, ...]:
    """`rounds.final.ties[0]` in its parts."""
    return tuple(path.replace("[", ".").replace("]", "").split("."))


def _covers(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(pattern) <= len(path) and all(one in ("*", other) for one, other in zip(pattern, path, strict=False))


def covering(rows: Mapping[str, Provenance], path: str) -> str | None:
    """The row that speaks for a path: the longest that covers it; of those, the one that names most."""
    sought = parts(path)
    found = [(len(row), -row.count("*"), pattern) for pattern in rows if _covers(row := parts(pattern), sought)]
    return max(found)[2] if found else None
