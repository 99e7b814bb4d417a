"""A table made less personal, step by step; every step says how many rows, cells and columns went."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from dataferry.geo import canonical_crs
from dataferry.messages import Finding, InputError
from dataferry.privacy.coordinates import dense_codes, is_number, xy_of
from dataferry.privacy.deidentify_aggregate import aggregate_cell_hour
from dataferry.privacy.deidentify_grid import Grid
from dataferry.privacy.deidentify_groups import group_numbers, present, subjects_of_groups
from dataferry.privacy.deidentify_times import floor_times
from dataferry.privacy.plain_table import plain_table
from dataferry.privacy.steps import AggregateCellHour, Generalise, Step, Suppress
from dataferry.tables import geometry_columns, geometry_field, plain_geometry


def deidentify(
    table: pa.Table, steps: Sequence[Step], *, crs: str | None = None
) -> tuple[pa.Table, tuple[Finding, ...]]:
    """Apply the steps in their order; deterministic.

    Args:
        crs: datum of plain columns of coordinates, and of geometry that states none. Coordinates in GCJ-02 and BD-09
            are never put back to WGS84: cells are cut in the datum of the table, and a finding says so.

    Returns:
        the table and what each step did, with figures.

    Raises:
        InputError: `privacy.step_*`: a column is not there or of the wrong kind, or coordinates have no known datum.
    """
    table, said = deidentify_each(table, steps, crs=crs)
    return table, tuple(finding for findings in said for finding in findings)


def deidentify_each(
    table: pa.Table, steps: Sequence[Step], *, crs: str | None = None
) -> tuple[pa.Table, tuple[tuple[Finding, ...], ...]]:
    """As `deidentify`, with the findings of each step apart."""
    crs = canonical_crs(crs) if crs else None
    findings: list[tuple[Finding, ...]] = []
    table = plain_table(table) if steps else table
    for number, step in enumerate(steps, start=1):
        _check_columns(table, step, number)
        if isinstance(step, AggregateCellHour):
            table, said = aggregate_cell_hour(table, step, number, crs)
        elif isinstance(step, Suppress):
            table, said = _suppress(table, step, number)
        else:
            table, said = _generalise(table, step, number, crs)
        findings.append(tuple(said))
    return table, tuple(findings)


def columns_of(step: Step) -> list[str]:
    """Every column that a step reads."""
    if isinstance(step, Generalise):
        return list(step.column)
    if isinstance(step, Suppress):
        return [*(step.columns or ()), *(step.over or ()), *([step.subject] if step.subject else [])]
    measured = [name for each in step.measures.values() if (name := each.sum or each.mean) is not None]
    return [*step.place, step.time, step.subject, *step.by, *measured]


def _check_columns(table: pa.Table, step: Step, number: int) -> None:
    for name in columns_of(step):
        if table.column_names.count(name) != 1:
            near = difflib.get_close_matches(name, table.column_names, n=1)
            shown = near[0] if near else ", ".join(table.column_names[:30])
            raise InputError("privacy.step_column", number=number, step=step.step, column=name, nearest=shown)
        kind = table.schema.field(name).type
        taken_out = isinstance(step, Suppress) and name in (step.columns or ()) and name not in (step.over or ())
        if pa.types.is_nested(kind) and name not in geometry_columns(table.schema) and not taken_out:
            found = str(kind)[:80]
            raise InputError(
                "privacy.step_kind",
                number=number,
                step=step.step,
                column=name,
                found=found,
                wanted="text | number | date",
            )


def _wrong_kind(table: pa.Table, step: Generalise, number: int, wanted: str) -> InputError:
    name = step.column[0]
    found = "geometry" if name in geometry_columns(table.schema) else str(table[name].type)
    return InputError("privacy.step_kind", number=number, step=step.step, column=name, found=found, wanted=wanted)


def _generalise(table: pa.Table, step: Generalise, number: int, crs: str | None) -> tuple[pa.Table, list[Finding]]:
    shapes = geometry_columns(table.schema)
    if len(step.column) == 2 or step.column[0] in shapes:
        return _generalise_places(table, step, number, shapes.get(step.column[0]) or crs)
    name = step.column[0]
    values = table[name]
    if step.width is not None:
        coarse, to = _bands(values, step.width, _wrong_kind(table, step, number, "number")), f"{step.width:g}"
    elif step.to is not None:
        zone = _zone(step.time_zone, number)
        if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
            raise _wrong_kind(table, step, number, "date | timestamp")
        coarse, to = floor_times(values, step.to, zone), step.to
    elif step.prefix is not None:
        if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
            raise _wrong_kind(table, step, number, "text")
        coarse, to = pc.utf8_slice_codeunits(values, 0, step.prefix), str(step.prefix)
    elif step.decimals is not None:
        if not pa.types.is_floating(values.type):
            raise _wrong_kind(table, step, number, "number")
        coarse, to = pc.round(values, ndigits=step.decimals, round_mode="half_to_even"), str(step.decimals)
    else:
        raise _wrong_kind(table, step, number, "geometry | x, y")
    return _replaced(table, name, coarse, table.schema.field(name)), [_coarser(name, to, values, coarse)]


def _replaced(table: pa.Table, name: str, values: pa.ChunkedArray | pa.Array, field: pa.Field) -> pa.Table:
    return table.set_column(table.column_names.index(name), field.with_type(values.type), values)


def _coarser(name: str, to: str, before: pa.ChunkedArray, after: pa.ChunkedArray | pa.Array) -> Finding:
    figures = {"before": _distinct(before), "after": _distinct(after)}
    return Finding("privacy.generalised", "note", {"column": name, "to": to, **figures})


def _distinct(values: pa.ChunkedArray | pa.Array) -> int:
    return int(pc.count_distinct(values, mode="only_valid").as_py())


def _bands(values: pa.ChunkedArray, width: float, wrong: InputError) -> pa.ChunkedArray:
    """The lower edge of the band of each number; whole numbers stay whole where the width is whole."""
    if pa.types.is_integer(values.type) and float(width).is_integer():
        wide = pa.scalar(int(width), pa.int64())
        numbers = values.cast(pa.int64())
        below = pc.if_else(pc.less(numbers, 0), pc.subtract(numbers, pa.scalar(int(width) - 1, pa.int64())), numbers)
        return pc.multiply(pc.divide(below, wide), wide).cast(values.type)
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        raise wrong
    numbers = values.cast(pa.float64(), safe=False)
    return pc.multiply(pc.floor(pc.divide(numbers, width)), width)


def _zone(name: str | None, number: int) -> str | None:
    if name is not None:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError("privacy.step_zone", number=number, zone=name) from None
    return name


def _generalise_places(
    table: pa.Table, step: Generalise, number: int, crs: str | None
) -> tuple[pa.Table, list[Finding]]:
    """Coordinates rounded, or moved to the centre of their H3 cell."""
    if step.decimals is None and step.h3 is None:
        raise _wrong_kind(table, step, number, "decimals | h3")
    if len(step.column) == 2:
        for each in step.column:
            if not is_number(table[each].type):
                raise _wrong_kind(table, step.model_copy(update={"column": [each]}), number, "number")
    said: list[Finding] = []
    name = ", ".join(step.column)
    if step.h3 is not None:
        grid = Grid.of(number, crs, h3=step.h3)
        said += grid.findings()
        xy = xy_of(table, tuple(step.column))
        centres = grid.centres(grid.cells(xy))
        table, moved, to = _put(table, step.column, centres), xy, f"H3 {step.h3}"
    else:
        moved, to = xy_of(table, tuple(step.column)), f"{step.decimals}"
        table = _rounded(table, step.column, step.decimals or 0)
    figures = {"before": _places(moved), "after": _places(xy_of(table, tuple(step.column)))}
    return table, [Finding("privacy.generalised", "note", {"column": name, "to": to, **figures}), *said]


def _places(xy: NDArray[np.float64]) -> int:
    return len(np.unique(xy[np.isfinite(xy).all(axis=1)], axis=0))


def _put(table: pa.Table, columns: Sequence[str], xy: NDArray[np.float64]) -> pa.Table:
    """Points in place of what the columns held; NaN becomes a missing value."""
    missing: NDArray[np.bool_] = np.asarray(~np.isfinite(xy).all(axis=1), dtype=bool)
    if len(columns) == 1:
        shapes = shapely.points(np.where(missing[:, None], 0.0, xy))
        shapes[missing] = None
        field = geometry_field(columns[0], geometry_columns(table.schema)[columns[0]])
        table = plain_geometry(table)
        return table.set_column(table.column_names.index(columns[0]), field, pa.array(shapely.to_wkb(shapes)))
    for axis, name in enumerate(columns):
        values = pa.array(xy[:, axis], pa.float64(), mask=missing)
        table = table.set_column(table.column_names.index(name), pa.field(name, pa.float64()), values)
    return table


def _rounded(table: pa.Table, columns: Sequence[str], places: int) -> pa.Table:
    if len(columns) == 2:
        return _put(table, columns, np.round(xy_of(table, tuple(columns)), places))
    crs = geometry_columns(table.schema)[columns[0]]
    plain = plain_geometry(table)
    shapes = shapely.from_wkb(plain[columns[0]].to_numpy())
    rounded = shapely.transform(shapes, lambda points: np.round(points, places))
    binary = pa.array(shapely.to_wkb(rounded), pa.binary())
    return plain.set_column(plain.column_names.index(columns[0]), geometry_field(columns[0], crs), binary)


def _suppress(table: pa.Table, step: Suppress, number: int) -> tuple[pa.Table, list[Finding]]:
    columns = step.columns or []
    if step.what == "columns":
        if len(set(columns)) == table.num_columns:
            raise InputError("privacy.step_nothing_left", number=number, step=step.step)
        said = [Finding("privacy.columns_suppressed", "note", {"columns": columns, "count": len(set(columns))})]
        return table.drop_columns(sorted(set(columns))), said
    small, groups = _in_small_groups(table, step.over or [], step.subject, step.k)
    figures = {"k": step.k, "over": step.over, "groups": groups}
    if step.what == "rows":
        kept = table.filter(pc.invert(small))
        data = {"row_count": table.num_rows - kept.num_rows, "of": table.num_rows, **figures}
        return kept, [Finding("privacy.rows_suppressed", "note", data)]
    emptied = 0
    for name in columns:
        values = table[name]
        emptied += int(pc.sum(pc.and_(small, values.is_valid())).as_py() or 0)
        field = table.schema.field(name).with_nullable(True)
        values = pc.if_else(small, pa.scalar(None, values.type), values)
        table = table.set_column(table.column_names.index(name), field, values)
    return table, [Finding("privacy.cells_suppressed", "note", {"columns": columns, "cells": emptied, **figures})]


def _in_small_groups(table: pa.Table, over: Sequence[str], subject: str | None, k: int) -> tuple[pa.ChunkedArray, int]:
    """Which rows lie in a group of fewer than `k` rows (or distinct subjects), and how many such groups there are."""
    groups = group_numbers(table, over)
    size = int(groups.max()) + 1 if len(groups) else 0
    counts: NDArray[np.int64] = np.bincount(groups, minlength=size).astype(np.int64)
    if subject is not None:
        counts = subjects_of_groups(groups, dense_codes(table[subject]), present(table[subject]), size)
    small: NDArray[np.bool_] = np.asarray(counts < k, dtype=bool)
    return pa.chunked_array([pa.array(small[groups], pa.bool_())]), int(small.sum())
