"""Steps that make a table less personal, as product.yaml writes them under `deidentify:`.

Every field is documented in docs/reference/product-yaml.md (a test looks).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Period = Literal["hour", "day", "week", "month"]
Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]+(/[A-Za-z_+-]+)*$", max_length=64)]

DEFAULT_K = 10
DEFAULT_GRID_METRES = 1000.0
H3_FINEST_DEFAULT = 7
"""The finest H3 resolution whose cells (5.2 km2 on average) are larger than a square of 1 km; resolution 8 has 0.74 km2
(https://h3geo.org/docs/core-library/restable)."""


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


ColumnNames = Annotated[list[ColumnName], BeforeValidator(_as_list), Field(min_length=1, max_length=100)]
Place = Annotated[list[ColumnName], BeforeValidator(_as_list), Field(min_length=1, max_length=2)]
"""A geometry column of points, or the columns of x (longitude, easting) and y."""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _exactly_one(model: BaseModel, names: tuple[str, ...]) -> None:
    given = [name for name in names if getattr(model, name) is not None]
    if len(given) != 1:
        raise PydanticCustomError("step_choice", "exactly one", {"expected": " | ".join(names)})


class Generalise(Model):
    """Values of a column made coarser: exactly one of `width`, `to`, `prefix`, `decimals`, `h3`.

    Args:
        column: the column; for coordinates a geometry column of points, or the columns of x and y.
        width: numbers become the lower edge of their band: 34 with width 5 becomes 30.
        to: dates and times become the beginning of their hour, day, week (Monday) or month.
        time_zone: IANA zone in which days begin; without it, the zone of the column.
        prefix: text keeps its first characters.
        decimals: numbers and coordinates are rounded to so many decimals, half to even.
        h3: coordinates become the centre of their H3 cell of this resolution.
    """

    step: Literal["generalise"] = "generalise"
    column: Place
    width: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    to: Period | None = None
    time_zone: Zone | None = None
    prefix: Annotated[int, Field(ge=0, le=1000)] | None = None
    decimals: Annotated[int, Field(ge=0, le=9)] | None = None
    h3: Annotated[int, Field(ge=0, le=15)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _exactly_one(self, ("width", "to", "prefix", "decimals", "h3"))
        return self


class Suppress(Model):
    """Something taken out: whole columns; or rows, or cells of `columns`, in groups smaller than `k` over `over`.

    Args:
        columns: the columns that go, or whose cells become empty.
        what: `columns`, `rows` or `cells`.
        over: the columns whose equal values make a group (rows and cells).
        k: the smallest group that stays (rows and cells).
        subject: count distinct values of this column in a group instead of its rows.
    """

    step: Literal["suppress"] = "suppress"
    what: Literal["columns", "rows", "cells"] = "columns"
    columns: ColumnNames | None = None
    over: ColumnNames | None = None
    k: Annotated[int, Field(ge=2, le=1_000_000)] = DEFAULT_K
    subject: ColumnName | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = {"columns": ("columns",), "rows": ("over",), "cells": ("columns", "over")}[self.what]
        if any(getattr(self, name) is None for name in needed):
            raise PydanticCustomError("step_choice", "needed", {"expected": " + ".join(needed)})
        return self


class Measure(Model):
    """A figure of a cell: `count: rows`, `count: subjects`, `sum: COLUMN` or `mean: COLUMN`."""

    count: Literal["rows", "subjects"] | None = None
    sum: ColumnName | None = None
    mean: ColumnName | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        _exactly_one(self, ("count", "sum", "mean"))
        return self


class AggregateCellHour(Model):
    """Rows added up by grid cell and hour; what fewer than `k` distinct subjects share is left out.

    The result has the columns `cell` (text) and the period's own (`hour`), those of `by`, the measures, and `geometry`
    unless that is `none`; no column of subjects.

    Args:
        place: a geometry column of points, or the columns of x and y.
        time: the column of times.
        subject: the column that tells vehicles or people apart.
        k: distinct subjects that a cell needs.
        h3: H3 resolution of the cells; or
        grid_m: side of square cells in metres (default 1000).
        grid_crs: a projected CRS in metres for `grid_m`; without it (and always in GCJ-02 and BD-09) the squares are
            cut in degrees of the input's own datum, in rows of equal height.
        period: hour, day, week or month.
        time_zone: IANA zone in which days begin; without it, the zone of the column.
        by: further columns that tell cells apart.
        measures: name of a result column -> what it is.
        geometry: outline or centre of the cell.
    """

    step: Literal["aggregate_cell_hour"] = "aggregate_cell_hour"
    place: Place
    time: ColumnName
    subject: ColumnName
    k: Annotated[int, Field(ge=2, le=1_000_000)] = DEFAULT_K
    h3: Annotated[int, Field(ge=0, le=15)] | None = None
    grid_m: Annotated[float, Field(ge=1, le=1_000_000, allow_inf_nan=False)] | None = None
    grid_crs: str | None = None
    period: Period = "hour"
    time_zone: Zone | None = None
    by: list[ColumnName] = []
    measures: dict[ColumnName, Measure] = Field(
        default_factory=lambda: {"rows": Measure(count="rows"), "subjects": Measure(count="subjects")}, min_length=1
    )
    geometry: Literal["polygon", "centre", "none"] = "polygon"

    @model_validator(mode="after")
    def _one_grid(self) -> Self:
        if (self.h3 is not None) and (self.grid_m is not None or self.grid_crs is not None):
            raise PydanticCustomError("step_choice", "one grid", {"expected": "h3 | grid_m"})
        return self

    def side(self) -> float:
        """Side of the square cells in metres."""
        return DEFAULT_GRID_METRES if self.grid_m is None else self.grid_m


Step = Annotated[Generalise | Suppress | AggregateCellHour, Field(discriminator="step")]
STEP_KINDS: dict[str, type[Model]] = {
    "generalise": Generalise,
    "suppress": Suppress,
    "aggregate_cell_hour": AggregateCellHour,
}
