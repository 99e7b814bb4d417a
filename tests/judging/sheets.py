"""Score sheets in a few words, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from dataferry.judging import Criterion, Rubric, Score

RUBRIC = Rubric(
    (
        Criterion("idea", Decimal(60), Decimal(10), floor=Decimal("0.6")),
        Criterion("use", Decimal(40), Decimal(10), step=Decimal("0.5")),
    )
)


def sheet(entry: str, judge: str, idea: object, use: object, *, panel: str = "HK", division: str = "HK") -> Score:
    values = {"idea": Decimal(str(idea)), "use": Decimal(str(use))}
    return Score(entry, judge, panel, division, values, RUBRIC.total(values))


def totals(rows: Mapping[str, Iterable[object]], *, panel: str = "HK", division: str = "HK") -> list[Score]:
    """Totals by entry, one for each judge of the panel; `None` where a judge was recused."""
    return [
        Score(entry, f"{panel}{number}", panel, division, {}, Decimal(str(value)))
        for entry, values in rows.items()
        for number, value in enumerate(values)
        if value is not None
    ]
