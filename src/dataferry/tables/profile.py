"""What is in a table, column by column: gaps, ranges, frequent values and shapes, in one pass and bounded memory."""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from dataferry.tables.columns.declared_columns import type_word
from dataferry.tables.geoparquet import TYPE_NAMES, geometry_columns, iter_geoparquet, plain_geometry
from dataferry.tables.sketch import Distinct, Frequent, Sample, hashed
from dataferry.tables.vector.shape_check import ShapeCheck, count_shapes, parse_shapes

_BATCH = 65_536
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TOP = 10
_BINS = 20
_LONGEST_TEXT = 200
_DIGITS = 12


@dataclass(frozen=True)
class Bin:
    """One bar of a small chart: from `low` (inclusive) to `high` (exclusive, but inclusive in the last bar)."""

    low: Any
    high: Any
    count: int


@dataclass(frozen=True)
class GeometryProfile:
    """Shapes of a column. `extent` is west, south, east, north of the finite coordinates, in units of `crs`."""

    crs: str | None
    types: dict[str, int]
    extent: list[float] | None
    invalid: int
    empty: int
    not_finite: int
    examples: list[str]


@dataclass(frozen=True)
class ColumnProfile:
    """One column. `nan` and `infinite` are counted apart from `nulls` and stand outside of range and quantiles.

    Each `..._exact` tells whether the figure is counted or estimated: `distinct` beyond 100,000 different values
    (standard error 1.6 %), counts of `top` then being lower bounds, quantiles and bars beyond 100,000 rows (a sample).
    """

    name: str
    type: str
    nulls: int
    nan: int = 0
    infinite: int = 0
    distinct: int | None = None
    distinct_exact: bool = True
    min: Any = None
    max: Any = None
    mean: float | None = None
    quantiles: dict[str, Any] = field(default_factory=dict)
    quantiles_exact: bool = True
    top: list[tuple[Any, int]] = field(default_factory=list)
    top_exact: bool = True
    histogram: list[Bin] = field(default_factory=list)
    geometry: GeometryProfile | None = None


@dataclass(frozen=True)
class Profile:
    """Figures of a table. `to_json` gives plain JSON values in a fixed order; dates and times are ISO 8601 text."""

    rows: int
    columns: tuple[ColumnProfile, ...]

    def to_json(self) -> dict[str, Any]:
        columns = [asdict(column) for column in self.columns]
        for column in columns:
            column["top"] = [{"value": value, "count": count} for value, count in column["top"]]
        return {"rows": self.rows, "columns": columns}


def profile(source: pa.Table | str | os.PathLike[str]) -> Profile:
    """Profile a table, or a Parquet or GeoParquet file, which is read in batches and never held whole.

    Raises:
        InputError: `tables.bad_parquet`.
    """
    columns: list[_Numbers | _Values | _Shapes] | None = None
    rows = 0
    for batch in _batches(source):
        if columns is None:
            places = geometry_columns(batch.schema)
            columns = [_collector(f, places.get(f.name), f.name in places) for f in batch.schema]
        rows += batch.num_rows
        for column, values in zip(columns, batch.columns, strict=True):
            for chunk in values.chunks:
                column.add(chunk)
    return Profile(rows, tuple(column.result() for column in columns or ()))


def _batches(source: pa.Table | str | os.PathLike[str]) -> Iterator[pa.Table]:
    if not isinstance(source, pa.Table):
        yield from iter_geoparquet(source, _BATCH)
        return
    table = plain_geometry(source)
    for start in range(0, max(table.num_rows, 1), _BATCH):
        yield table.slice(start, min(_BATCH, table.num_rows - start))


def _collector(field: pa.Field, crs: str | None, is_geometry: bool) -> _Numbers | _Values | _Shapes:
    kind = field.type
    if is_geometry:
        return _Shapes(field.name, crs)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _Numbers(field.name, kind)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind) or pa.types.is_time(kind) or pa.types.is_duration(kind):
        return _Numbers(field.name, kind)
    return _Values(field.name, kind)


class _Values:
    """Text, booleans, binary and everything else: distinct, range and frequent values."""

    def __init__(self, name: str, kind: pa.DataType) -> None:
        self.name, self.kind, self.nulls = name, kind, 0
        self.distinct, self.frequent = Distinct(), Frequent()
        self.low: Any = None
        self.high: Any = None
        self.comparable = not (pa.types.is_nested(kind) or pa.types.is_null(kind))

    def add(self, chunk: pa.Array) -> None:
        self.nulls += chunk.null_count
        values = _decoded(chunk.drop_null())
        if len(values) == 0 or not self.comparable:
            return
        self.distinct.add(hashed(values))
        self.frequent.add(values)
        self._range(values)

    def _range(self, values: pa.Array) -> None:
        ends = pc.min_max(values)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)

    def result(self) -> ColumnProfile:
        return ColumnProfile(**self._figures())

    def _figures(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": type_word(self.kind.value_type if pa.types.is_dictionary(self.kind) else self.kind),
            "nulls": self.nulls,
            "distinct": self.distinct.count() if self.comparable else None,
            "distinct_exact": self.distinct.exact,
            "min": _plain(self.low),
            "max": _plain(self.high),
            "top": [(_plain(value), count) for value, count in self.frequent.top(_TOP)],
            "top_exact": self.frequent.exact,
        }


class _Numbers(_Values):
    """Numbers, dates and times: also mean, quantiles and bars. Dates and times are counted in their own unit."""

    def __init__(self, name: str, kind: pa.DataType) -> None:
        super().__init__(name, kind)
        self.nan = self.infinite = self.count = 0
        self.total = 0.0
        self.sample = Sample()

    def add(self, chunk: pa.Array) -> None:
        if pa.types.is_floating(self.kind):
            chunk = self._finite(chunk)
        super().add(chunk)
        values = chunk.drop_null()
        numbers = self._as_numbers(values)
        self.count += len(numbers)
        with np.errstate(over="ignore", invalid="ignore"):
            self.total += float(np.sum(numbers, dtype=np.float64)) if self._is_number() else 0.0
        self.sample.add(numbers)

    def _is_number(self) -> bool:
        return not pa.types.is_temporal(self.kind)

    def _finite(self, chunk: pa.Array) -> pa.Array:
        known = chunk.drop_null()
        self.nulls += chunk.null_count
        finite = pc.is_finite(known)
        self.nan += int(pc.sum(pc.is_nan(known)).as_py() or 0)
        self.infinite += int(pc.sum(pc.is_inf(known)).as_py() or 0)
        return known.filter(finite)

    def _as_numbers(self, values: pa.Array) -> np.ndarray[Any, Any]:
        if pa.types.is_decimal(values.type):
            values = values.cast(pa.float64())
        elif pa.types.is_temporal(values.type):
            values = values.view(f"int{values.type.bit_width}").cast(pa.int64())
        numbers: np.ndarray[Any, Any] = values.to_numpy(zero_copy_only=False)
        return numbers

    def _value(self, number: float) -> Any:
        """A figure in the column's own kind, such as a date again."""
        if not pa.types.is_temporal(self.kind):
            return _plain(_rounded(number))
        unit = pa.array([math.floor(number)], f"int{self.kind.bit_width}")
        return _plain(unit.view(self.kind)[0].as_py())

    def result(self) -> ColumnProfile:
        figures = self._figures() | {"nan": self.nan, "infinite": self.infinite}
        values = self.sample.values
        if values is None or len(values) == 0:
            return ColumnProfile(**figures)
        with np.errstate(over="ignore", invalid="ignore"):
            quantiles = np.quantile(values, _QUANTILES)
        figures["quantiles"] = {str(q): self._value(v) for q, v in zip(_QUANTILES, quantiles.tolist(), strict=True)}
        figures["quantiles_exact"] = self.sample.exact
        figures["histogram"] = self._histogram(values)
        if self._is_number():
            figures["mean"] = _plain(_rounded(self.total / self.count))  # none when the sum leaves the doubles
        return ColumnProfile(**figures)

    def _histogram(self, values: np.ndarray[Any, Any]) -> list[Bin]:
        """At most 20 bars over the sample, scaled to the number of values when it does not hold them all."""
        low, high = float(values.min()), float(values.max())
        if not math.isfinite(high - low) or (high - low) / _BINS <= math.ulp(max(abs(low), abs(high))):
            return [Bin(self._value(low), self._value(high), self.count)]
        bars = _BINS
        if values.dtype.kind in "iu":
            bars = min(_BINS, int(high - low) + 1)
        counts, edges = np.histogram(values.astype(np.float64), bins=bars, range=(low, high))
        scale = self.count / len(values)
        ends = [self._value(edge) for edge in edges.tolist()]
        return [Bin(ends[i], ends[i + 1], round(count * scale)) for i, count in enumerate(counts.tolist())]


class _Shapes:
    """A geometry column."""

    def __init__(self, name: str, crs: str | None) -> None:
        self.name, self.crs, self.nulls, self.rows = name, crs, 0, 0
        self.types: dict[str, int] = {}
        self.check = ShapeCheck()

    def add(self, chunk: pa.Array) -> None:
        shapes = parse_shapes(chunk.to_numpy(zero_copy_only=False))
        self.nulls += chunk.null_count
        kinds, counts = np.unique(shapely.get_type_id(shapes), return_counts=True)
        for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
            if kind >= 0:
                self.types[TYPE_NAMES[kind]] = self.types.get(TYPE_NAMES[kind], 0) + count
        count_shapes(shapes, self.rows, self.check)
        self.rows += len(chunk)

    def result(self) -> ColumnProfile:
        bounds = self.check.bounds
        geometry = GeometryProfile(
            crs=self.crs,
            types=dict(sorted(self.types.items())),
            extent=list(bounds) if bounds else None,
            invalid=self.check.invalid.count,
            empty=self.check.empty.count,
            not_finite=self.check.not_finite.count,
            examples=self.check.reasons,
        )
        return ColumnProfile(self.name, "geometry", self.nulls, geometry=geometry)


def _decoded(values: pa.Array) -> pa.Array:
    """Dictionaries and views as the plain arrays that every kernel takes."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string_view(values.type):
        return values.cast(pa.large_string())
    return values.cast(pa.large_binary()) if pa.types.is_binary_view(values.type) else values


def _rounded(number: float) -> float | int:
    """Twelve significant digits, so that the order of additions does not show; whole numbers stay whole."""
    if isinstance(number, int):
        return number
    return float(f"{number:.{_DIGITS}g}")


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; long text is cut."""
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value[: _LONGEST_TEXT // 2].hex()
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_TEXT else value[: _LONGEST_TEXT - 1] + "…"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
