"""A seeded table of made-up columns, honest and misleading, and the truth about each: the measure of the screening.

No value is anybody's: they are drawn from the rules, the mailboxes from domains kept for examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from dataferry.privacy.corpus_makers import NEGATIVES, POSITIVES, Maker, Random

Header = Literal["present", "absent", "misleading"]

HEADERS: Final[tuple[Header, ...]] = ("present", "absent", "misleading")
NOISE: Final = (0.0, 0.1, 0.3, 0.5)
"""Shares of values that are wrong: a letter changed, two exchanged, or a word for nothing."""
_NO_WORD: Final = "c"
_AWAY: Final = ("order_no", "batch", "sku_code", "serial", "asset")


@dataclass(frozen=True)
class Truth:
    """What a column of the corpus is.

    Args:
        identifier: key of `identifiers()`; None for a look-alike.
        look: what was made.
        header: whether the column's name tells the truth, nothing, or something else.
        noise: share of wrong values, 0 to 1.
    """

    column: str
    identifier: str | None
    look: str
    header: Header
    noise: float


def corpus(seed: int, rows: int) -> tuple[pa.Table, tuple[Truth, ...]]:
    """A table of `rows` rows; the same seed and rows give the same table.

    Returns:
        the table, and the truth about each of its columns in their order. Every identifier stands under honest, silent
        and misleading headers with 0, 10, 30 and 50 % of wrong values; every look-alike under the three headers.
    """
    random = np.random.default_rng(seed)
    columns: dict[str, list[str]] = {}
    truths: list[Truth] = []
    for truth, maker in _plan(seed):
        column = f"{truth.column}_{len(truths):03d}"
        columns[column] = _column(random, maker, rows, truth.noise)
        truths.append(Truth(column, truth.identifier, truth.look, truth.header, truth.noise))
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}), tuple(truths)


def _plan(seed: int) -> Iterator[tuple[Truth, Maker]]:
    for look, (identifier, maker, words) in POSITIVES.items():
        for number, noise in enumerate(NOISE):
            names = {"present": words[(seed + number) % len(words)], "absent": _NO_WORD, "misleading": _AWAY[number]}
            for header in HEADERS:
                yield Truth(names[header], identifier, look, header, noise), maker
    for look, (maker, honest, misleading) in NEGATIVES.items():
        for header, name in zip(HEADERS, (honest, _NO_WORD, misleading), strict=True):
            yield Truth(name, None, look, header, 0.0), maker


def _column(random: Random, maker: Maker, rows: int, noise: float) -> list[str]:
    wrong = random.random(rows) < noise
    return [spoilt(random, maker(random)) if bad else maker(random) for bad in wrong]


def spoilt(random: Random, value: str) -> str:
    """A value as it should not be: one letter lost, two letters exchanged, or a note instead of it."""
    kind, place = int(random.integers(3)), int(random.integers(max(len(value) - 1, 1)))
    if kind == 0:
        return value[:place] + value[place + 1 :]
    if kind == 1:
        return value[:place] + value[place : place + 2][::-1] + value[place + 2 :]
    return "see file"
