"""Rubrics, rounds and awards. A weight, quota or method that is not known is null and keeps the round shut."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from dataferry.server.challenge.edition_file.values import City, Code, Coded, Count, Exact, Flag, Model, Some, Words

Method = Literal["raw-mean", "z-score", "calibrated", "panel-means", "calibrated-panel-means"]
Tie = Annotated[str, StringConstraints(pattern=r"^(criterion:[a-z0-9]+(-[a-z0-9]+)*|pairwise|chair)$", max_length=80)]
Stage = Literal["screening", "final"]


class CriterionRules(Model):
    """One criterion: its weight in percent of the total, the marks a judge may give, and the share of the highest
    mark below which an entry falls out (`floor`). A bonus stands outside the 100."""

    code: Code
    title: Words | None = None
    weight: Annotated[Exact, Field(ge=0, le=100)] | None = None
    lowest: Exact = Decimal(0)
    highest: Exact = Decimal(100)
    step: Annotated[Exact, Field(gt=0)] = Decimal(1)
    floor: Annotated[Exact, Field(ge=0, le=1)] | None = None
    bonus: Flag = False
    points: Coded[SubPoint] = Field(default_factory=dict)


class SubPoint(Model):
    """What a criterion looks at, without a weight of its own."""

    code: Code
    title: Words


class RubricRules(Model):
    code: Code
    title: Words | None = None
    criteria: Coded[CriterionRules] = Field(default_factory=dict)


class RoundRules(Model):
    """One round of judging: the screening of one division, or a joint round of all (no division)."""

    code: Code
    stage: Stage
    title: Words | None = None
    division: Code | None = None
    rubric: Code | None = None
    method: Method | None = None
    judges_per_entry: Some | Literal["all"] | None = None
    least_per_city: dict[City, Count] | None = None
    anchors: Count | None = None
    pairwise: Flag | None = None
    ties: list[Tie] | None = None
    reserves: Count | None = None


class AwardRules(Model):
    """An award. `exclusive` ones are given only to entries without another; a vacant one stays vacant."""

    code: Code
    kind: Literal["ranked", "theme", "grand", "special"]
    title: Words | None = None
    theme: Code | None = None
    division: Code | None = None
    by: Code | None = None
    count: Some | None = None
    exclusive: Flag | None = None


CriterionRules.model_rebuild()
