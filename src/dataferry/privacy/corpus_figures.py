"""How often the screening is right, per identifier, over the made-up corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dataferry.privacy.corpus import HEADERS, Truth, corpus
from dataferry.privacy.rule_table import identifiers
from dataferry.privacy.screening import screen


@dataclass(frozen=True)
class Figures:
    """Columns of the corpus counted for one identifier.

    Args:
        precision: of the columns said to be it, the share that are; 1 when none is said to be.
        recall: of the columns that are it, the share said to be; by header in the order of `HEADERS`.
        columns: how many columns are it.
        mistaken: looks of columns wrongly said to be it, each with its header.
    """

    identifier: str
    precision: float
    recall: float
    recall_by_header: tuple[float, ...]
    columns: int
    mistaken: tuple[str, ...]


Judged = Sequence[tuple[Truth, str | None]]


def judged(seeds: Sequence[int], rows: int) -> list[tuple[Truth, str | None]]:
    """The truth about every column of the corpora of these seeds, and what the screening says."""
    said: list[tuple[Truth, str | None]] = []
    for seed in seeds:
        table, truths = corpus(seed, rows)
        screened = [one.finding.identifier for one in screen(table)]
        said += zip(truths, screened, strict=True)
    return said


def figures(said: Judged) -> tuple[Figures, ...]:
    """Precision and recall of each identifier."""
    return tuple(_of(identifier, said) for identifier in (one.key for one in identifiers()))


def _of(identifier: str, said: Judged) -> Figures:
    own = [(truth, answer == identifier) for truth, answer in said if truth.identifier == identifier]
    right = sum(hit for _, hit in own)
    mistaken = [truth for truth, answer in said if answer == identifier and truth.identifier != identifier]
    by_header = tuple(_share([hit for truth, hit in own if truth.header == header]) for header in HEADERS)
    names = sorted({f"{truth.look} (header {truth.header})" for truth in mistaken})
    precision = right / (right + len(mistaken)) if right or mistaken else 1.0
    return Figures(identifier, precision, right / len(own), by_header, len(own), tuple(names))


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)
