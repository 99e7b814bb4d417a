"""What is wrong with the shapes of a file, counted with examples; shapes are kept as they are wherever they can be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import shapely

from dataferry.messages import Finding
from dataferry.tables.report import ReadReport
from dataferry.tables.vector.stated_crs import Bounds

Array = np.ndarray[Any, Any]
_EXAMPLES = 20
_REASONS = 5


@dataclass
class Rows:
    """How many rows, and the 1-based numbers of the first 20."""

    count: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, flags: Array, start: int) -> None:
        self.count += int(flags.sum())
        if len(self.first) < _EXAMPLES:
            numbers = np.flatnonzero(flags)[: _EXAMPLES - len(self.first)] + start + 1
            self.first.extend(numbers.tolist())


@dataclass
class ShapeCheck:
    """Counts of one pass over the shapes. An unreadable shape is counted as missing too."""

    missing: Rows = field(default_factory=Rows)
    empty: Rows = field(default_factory=Rows)
    not_finite: Rows = field(default_factory=Rows)
    invalid: Rows = field(default_factory=Rows)
    unreadable: Rows = field(default_factory=Rows)
    reasons: list[str] = field(default_factory=list)
    curves: int = 0
    with_z: int = 0
    with_m: int = 0
    low: Array = field(default_factory=lambda: np.full(2, np.inf))
    high: Array = field(default_factory=lambda: np.full(2, -np.inf))

    @property
    def bounds(self) -> Bounds | None:
        """West, south, east, north of the finite coordinates."""
        if not np.isfinite(self.low).all():
            return None
        return (float(self.low[0]), float(self.low[1]), float(self.high[0]), float(self.high[1]))


def check_shapes(
    wkb: pa.ChunkedArray, linear: Callable[[], Sequence[bytes | None]], report: ReadReport
) -> tuple[pa.ChunkedArray, ShapeCheck]:
    """Check every shape and note the findings.

    M values are dropped (GeoParquet has none), arcs become segments taken from `linear` (called only when needed), a
    shape that still cannot be read becomes null. All else is kept, invalid shapes included.
    """
    check = ShapeCheck()
    straight: Sequence[bytes | None] | None = None
    chunks, start = [], 0
    for chunk in wkb.chunks:
        values = chunk.to_numpy(zero_copy_only=False)
        shapes = parse_shapes(values)
        unread = shapely.is_missing(shapes) & chunk.is_valid().to_numpy(zero_copy_only=False)
        if unread.any():
            straight = linear() if straight is None else straight
            _straighten(shapes, unread, straight, start, check)
        measured = shapely.has_m(shapes)
        if measured.any():
            shapes[measured] = _without_m(shapes[measured])
        changed = bool(unread.any() or measured.any())
        check.with_m += int(measured.sum())
        count_shapes(shapes, start, check)
        chunks.append(pa.array(shapely.to_wkb(shapes, flavor="iso"), pa.binary()) if changed else chunk)
        start += len(chunk)
    _note(check, report)
    return pa.chunked_array(chunks, type=pa.binary()), check


def parse_shapes(values: Array) -> Array:
    """The shapes, with `None` for what GEOS cannot read: arcs, for which it raises whatever it is told, and rubbish."""
    with contextlib.suppress(NotImplementedError):
        whole: Array = shapely.from_wkb(values, on_invalid="ignore")
        return whole
    shapes = np.full(len(values), None, dtype=object)
    for index, value in enumerate(values):
        with contextlib.suppress(NotImplementedError):
            shapes[index] = shapely.from_wkb(value, on_invalid="ignore")
    return shapes


def _straighten(shapes: Array, unread: Array, straight: Sequence[bytes | None], start: int, check: ShapeCheck) -> None:
    lost = np.zeros(len(shapes), bool)
    for index in np.flatnonzero(unread):
        row = start + int(index)
        shapes[index] = parse_shapes(np.array([straight[row]], dtype=object))[0] if row < len(straight) else None
        lost[index] = shapes[index] is None
        check.curves += int(not lost[index])
    check.unreadable.add(lost, start)


def _without_m(shapes: Array) -> Array:
    deep = shapely.has_z(shapes)
    result: Array = shapely.force_2d(shapes)
    result[deep] = shapely.from_wkb(shapely.to_wkb(shapes[deep], output_dimension=3, flavor="iso"))
    return result


def count_shapes(shapes: Array, start: int, check: ShapeCheck) -> None:
    """Add the shapes of rows `start + 1` onwards to the counts."""
    missing = shapely.is_missing(shapes)
    empty = shapely.is_empty(shapes) & ~missing
    points, owners = shapely.get_coordinates(shapes, return_index=True)
    finite = np.isfinite(points).all(axis=1)
    if finite.any():
        check.low = np.minimum(check.low, points[finite].min(axis=0))
        check.high = np.maximum(check.high, points[finite].max(axis=0))
    broken = np.zeros(len(shapes), bool)
    broken[owners[~finite]] = True
    known = ~missing & ~empty & ~broken
    valid = np.ones(len(shapes), bool)
    valid[known] = shapely.is_valid(shapes[known])
    check.with_z += int(shapely.has_z(shapes).sum())
    for rows, flags in ((check.missing, missing), (check.empty, empty), (check.not_finite, broken)):
        rows.add(flags, start)
    check.invalid.add(~valid, start)
    for index in np.flatnonzero(~valid)[: _REASONS - len(check.reasons)]:
        check.reasons.append(f"{start + int(index) + 1}: {shapely.is_valid_reason(shapes[index])}")


def _note(check: ShapeCheck, report: ReadReport) -> None:
    def rows_of(rows: Rows) -> dict[str, Any]:
        return {"file": report.file, "count": rows.count, "rows": rows.first}

    if check.missing.count:
        report.note(Finding("tables.shapes_missing", "attention", rows_of(check.missing)))
    if check.empty.count:
        report.note(Finding("tables.shapes_empty", "attention", rows_of(check.empty)))
    if check.not_finite.count:
        report.note(Finding("tables.shapes_not_finite", "attention", rows_of(check.not_finite)))
    if check.invalid.count:
        data = rows_of(check.invalid) | {"reasons": check.reasons}
        report.note(Finding("tables.shapes_invalid", "attention", data))
    if check.unreadable.count:
        report.note(Finding("tables.shapes_unreadable", "irrecoverable", rows_of(check.unreadable)))
    if check.curves:
        report.note(Finding("tables.shapes_curved", "repaired", {"file": report.file, "count": check.curves}))
    if check.with_m:
        report.note(Finding("tables.shapes_measured", "irrecoverable", {"file": report.file, "count": check.with_m}))
    if check.with_z:
        report.note(Finding("tables.shapes_deep", "note", {"file": report.file, "count": check.with_z}))
