"""Names of columns: what the header says, made unique; a number for a column without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Names:
    """Unique names, what the file wrote, and the 1-based positions of blank and of repeated headers."""

    names: list[str]
    source: list[str]
    blank: list[int]
    repeated: list[int]


def name_columns(header: Sequence[str] | None, width: int) -> Names:
    """Names for `width` columns from a header row, or `column_1` ... without one."""
    source = [*(header or ()), *[""] * width][:width]
    taken: set[str] = set()
    names: list[str] = []
    blank: list[int] = []
    repeated: list[int] = []
    stated = {tidy(text) for text in source if tidy(text)}
    for position, text in enumerate(source, 1):
        name = tidy(text)
        if not name:
            name = f"column_{position}"
            blank.append(position)
        elif name in taken:
            repeated.append(position)
        name = _free(name, taken, stated)
        taken.add(name)
        names.append(name)
    return Names(names, list(source), blank, repeated)


def tidy(text: str) -> str:
    """A header on one line, without byte order marks and white space around it."""
    return " ".join(text.replace("\ufeff", "").replace("\0", "").split())


def _free(name: str, taken: set[str], stated: set[str]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken or f"{name}_{number}" in stated:
        number += 1
    return f"{name}_{number}"


def free_name(name: str, taken: set[str]) -> str:
    """`name`, or `name_2` ... when it is taken."""
    return _free(name, taken, set())
