"""Quality expectations against the built table: each result with its figure, what was expected, the rows behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from dataferry.messages import Finding, State, worst_state
from dataferry.products.conform import MAX_ROWS_NAMED, repeated_rows
from dataferry.products.manifest import Expectation, InSet, NotNull, Range, RowCount, Sum, Unique, Within


@dataclass(frozen=True)
class Outcome:
    """One expectation judged. `rows` are row numbers of the release, from 1, at most 20."""

    expect: str
    column: str | None
    columns: tuple[str, ...]
    figure: Any
    expected: str
    finding: Finding
    rows: tuple[int, ...] = ()

    @property
    def state(self) -> State:
        if self.finding.severity == "note":
            return "clear"
        return "blocked" if self.finding.severity == "blocked" else "attention"

    def to_json(self) -> dict[str, Any]:
        return {
            "expect": self.expect,
            "column": self.column,
            "columns": list(self.columns),
            "state": self.state,
            "figure": self.figure,
            "expected": self.expected,
            "rows": list(self.rows),
            "code": self.finding.code,
            "data": dict(self.finding.data),
        }


@dataclass(frozen=True)
class Measured:
    """What a check found: the figure, what it should be, the failing rows (all), and whether it holds."""

    figure: Any
    expected: str
    holds: bool
    rows: Sequence[int] = ()


def check_quality(table: pa.Table, expectations: Sequence[Any]) -> list[Outcome]:
    """Judge every expectation; none stops another."""
    return [_judge(table, expectation) for expectation in expectations]


def quality_state(outcomes: Sequence[Outcome]) -> State:
    """Clear when everything holds; unknown when nothing was expected."""
    return worst_state(outcome.state for outcome in outcomes)


def _judge(table: pa.Table, expectation: Any) -> Outcome:
    measured = _CHECKS[type(expectation)](table, expectation)
    column = getattr(expectation, "column", None)
    columns = tuple(getattr(expectation, "columns", ()))
    rows = tuple(int(row) for row in measured.rows[:MAX_ROWS_NAMED])
    data = {
        "expect": expectation.expect,
        "column": column or ", ".join(columns) or "*",
        "figure": "–" if measured.figure == [] else measured.figure,
        "expected": measured.expected,
        "count": len(measured.rows),
        "rows": list(rows),
    }
    if measured.holds:
        finding = Finding("products.quality_holds", "note", data)
    elif rows:
        finding = Finding("products.quality_rows_fail", expectation.severity, data)
    else:
        finding = Finding("products.quality_fails", expectation.severity, data)
    return Outcome(expectation.expect, column, columns, measured.figure, measured.expected, finding, rows)


def _unique(table: pa.Table, expectation: Unique) -> Measured:
    rows = repeated_rows(table, list(expectation.columns))
    return Measured(len(rows), "0", not rows, rows)


def _rows_where(mask: Any) -> list[int]:
    return (np.flatnonzero(np.asarray(pc.fill_null(mask, False))) + 1).tolist()


def _not_null(table: pa.Table, expectation: NotNull) -> Measured:
    rows = _rows_where(table[expectation.column].is_null())
    return Measured(len(rows), "0", not rows, rows)


def _range(table: pa.Table, expectation: Range) -> Measured:
    column = table[expectation.column]
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return Measured(str(column.type), _bounds(expectation.min, expectation.max), holds=False)
    values = column.cast(pa.float64())
    rows: set[int] = set()
    if expectation.min is not None:
        rows |= set(_rows_where(pc.less(values, expectation.min)))
    if expectation.max is not None:
        rows |= set(_rows_where(pc.greater(values, expectation.max)))
    extremes = pc.min_max(values).as_py()
    return Measured(
        [extremes["min"], extremes["max"]], _bounds(expectation.min, expectation.max), not rows, sorted(rows)
    )


def _bounds(low: float | None, high: float | None) -> str:
    return f"{'-∞' if low is None else f'{low:,.10g}'} … {'∞' if high is None else f'{high:,.10g}'}"


def _in_set(table: pa.Table, expectation: InSet) -> Measured:
    column = table[expectation.column]
    allowed = set(expectation.values)
    strangers = [value for value in column.unique().to_pylist() if value is not None and _plain(value) not in allowed]
    rows = _rows_where(pc.is_in(column, value_set=pa.array(strangers, column.type))) if strangers else []
    figure = sorted(str(value) for value in strangers)[:MAX_ROWS_NAMED]
    return Measured(figure, ", ".join(str(value) for value in expectation.values), not rows, rows)


def _plain(value: Any) -> Any:
    """Dates and times are written in product.yaml as text."""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _row_count(table: pa.Table, expectation: RowCount) -> Measured:
    low = 0 if expectation.min is None else expectation.min
    high = math.inf if expectation.max is None else expectation.max
    expected = _bounds(expectation.min, expectation.max)
    return Measured(table.num_rows, expected, low <= table.num_rows <= high)


def _sum(table: pa.Table, expectation: Sum) -> Measured:
    total = pc.sum(table[expectation.column]).as_py() or 0
    expected = f"{expectation.equals:,.15g} ± {expectation.tolerance:,.15g}"
    return Measured(total, expected, abs(total - expectation.equals) <= expectation.tolerance)


def _within(table: pa.Table, expectation: Within) -> Measured:
    column = table[expectation.column]
    expected = ", ".join(f"{edge:.10g}" for edge in expectation.bbox)
    if not pa.types.is_binary(column.type):
        return Measured(str(column.type), expected, holds=False)
    west, south, east, north = expectation.bbox
    shapes = shapely.from_wkb(column.to_numpy())
    box = shapely.bounds(shapes)
    with np.errstate(invalid="ignore"):
        inside = (box[:, 0] >= west) & (box[:, 1] >= south) & (box[:, 2] <= east) & (box[:, 3] <= north)
    rows = (np.flatnonzero(~inside & ~shapely.is_missing(shapes)) + 1).tolist()
    return Measured(len(rows), expected, not rows, rows)


_CHECKS: Mapping[type[Expectation], Callable[[pa.Table, Any], Measured]] = {
    Unique: _unique,
    NotNull: _not_null,
    Range: _range,
    InSet: _in_set,
    RowCount: _row_count,
    Sum: _sum,
    Within: _within,
}
