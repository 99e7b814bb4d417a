"""Rows added up by grid cell and hour; cells that too few vehicles or people share are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from dataferry.messages import Finding, InputError
from dataferry.privacy.coordinates import dense_codes, is_number, xy_of
from dataferry.privacy.deidentify_grid import Grid
from dataferry.privacy.deidentify_groups import Ints, group_numbers, present, subjects_of_groups
from dataferry.privacy.deidentify_times import floor_times
from dataferry.privacy.steps import DEFAULT_GRID_METRES, DEFAULT_K, H3_FINEST_DEFAULT, AggregateCellHour, Measure
from dataferry.tables import geometry_columns, geometry_field

_LARGEST_WHOLE = 2**53


def aggregate_cell_hour(
    table: pa.Table, step: AggregateCellHour, number: int, crs: str | None
) -> tuple[pa.Table, list[Finding]]:
    """The table of cells and hours, sorted, and what was left out.

    A sum or mean is missing where fewer than `k` subjects have a value for it.

    Raises:
        InputError: `privacy.step_kind`, `privacy.step_crs`, `privacy.step_grid_crs`, `privacy.step_name`.
    """
    _check(table, step, number)
    place_crs = geometry_columns(table.schema).get(step.place[0]) or crs
    grid = Grid.of(number, place_crs, h3=step.h3, side=step.side(), grid_crs=step.grid_crs)
    cells = pa.array(grid.cells(xy_of(table, tuple(step.place))), pa.string())
    whole = np.asarray(cells.is_valid()) & present(table[step.time]) & present(table[step.subject])
    keyed = pa.table(
        {
            "cell": cells,
            step.period: floor_times(table[step.time], step.period, step.time_zone),
            **{name: table[name] for name in step.by},
        }
    ).filter(pa.array(whole))
    rows = table.filter(pa.array(whole))
    groups = group_numbers(keyed, keyed.column_names)
    size = int(groups.max()) + 1 if len(groups) else 0
    subjects = dense_codes(rows[step.subject])
    everyone = np.ones(len(groups), dtype=bool)
    counts = subjects_of_groups(groups, subjects, everyone, size)
    measured = {
        name: _measure(rows, measure, groups, subjects, counts, step.k) for name, measure in step.measures.items()
    }
    kept = counts >= step.k
    result = _sorted_cells(keyed, groups, measured, kept, step)
    removed_rows = int((~kept)[groups].sum()) if size else 0
    cells_told = Counter(kept=int(kept.sum()), removed=int((~kept).sum()))
    said = _said(step, grid, table.num_rows, cells_told, removed_rows, int((~whole).sum()))
    return _with_geometry(result, grid, step), said


def _sorted_cells(
    keyed: pa.Table,
    groups: Ints,
    measured: Mapping[str, pa.Array],
    kept: NDArray[np.bool_],
    step: AggregateCellHour,
) -> pa.Table:
    """One row for each group that stays, with its figures, in the order of its keys."""
    result = keyed.take(pa.array(np.unique(groups, return_index=True)[1]))
    for name, values in measured.items():
        result = result.append_column(name, values)
    result = result.filter(pa.array(kept, pa.bool_()))
    keys = [("cell", "ascending"), (step.period, "ascending"), *((name, "ascending") for name in step.by)]
    return result.take(pc.sort_indices(result, sort_keys=keys)).combine_chunks()


def _check(table: pa.Table, step: AggregateCellHour, number: int) -> None:
    def wrong(name: str, wanted: str) -> InputError:
        found = "geometry" if name in geometry_columns(table.schema) else str(table[name].type)
        return InputError("privacy.step_kind", number=number, step=step.step, column=name, found=found, wanted=wanted)

    if not pa.types.is_timestamp(table[step.time].type):
        raise wrong(step.time, "timestamp")
    shapes = geometry_columns(table.schema)
    for name in step.place:
        if (len(step.place) == 1) != (name in shapes) or (len(step.place) == 2 and not is_number(table[name].type)):
            raise wrong(name, "geometry | x, y")
    for measure in step.measures.values():
        column = measure.sum or measure.mean
        if column is not None and not is_number(table[column].type):
            raise wrong(column, "number")
    names = ["cell", step.period, *step.by, *step.measures, *([] if step.geometry == "none" else ["geometry"])]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice or step.subject in step.by:
        raise InputError("privacy.step_name", number=number, step=step.step, column=(twice or [step.subject])[0])


def _measure(rows: pa.Table, measure: Measure, groups: Ints, subjects: Ints, counts: Ints, k: int) -> pa.Array:
    """One figure of every group."""
    if measure.count == "subjects":
        return pa.array(counts, pa.int64())
    if measure.count == "rows":
        return pa.array(np.bincount(groups, minlength=len(counts)).astype(np.int64), pa.int64())
    column = rows[measure.sum or measure.mean]
    valid = np.asarray(column.is_valid())
    numbers = np.asarray(column.cast(pa.float64(), safe=False).fill_null(0.0), dtype=np.float64)
    sums = np.bincount(groups, weights=numbers, minlength=len(counts))
    too_few = subjects_of_groups(groups, subjects, valid, len(counts)) < k
    if measure.mean is not None:
        with_value = np.bincount(groups[valid], minlength=len(counts))
        return pa.array(sums / np.maximum(with_value, 1), pa.float64(), mask=too_few)
    whole = pa.types.is_integer(column.type) and bool(np.all(np.abs(sums) < _LARGEST_WHOLE))
    return pa.array(sums.astype(np.int64) if whole else sums, mask=too_few)


def _with_geometry(result: pa.Table, grid: Grid, step: AggregateCellHour) -> pa.Table:
    if step.geometry == "none":
        return result
    names = result["cell"].to_numpy(zero_copy_only=False)
    known, back = np.unique(names.astype(str), return_inverse=True)
    drawn: NDArray[np.object_] = (
        grid.polygons(known) if step.geometry == "polygon" else shapely.points(grid.centres(known.astype(object)))
    )
    binary = shapely.to_wkb(np.asarray(drawn, dtype=object), byte_order=1)
    values = pa.array([binary[place] for place in back], pa.binary())
    return result.append_column(geometry_field("geometry", grid.crs), values)


def _said(
    step: AggregateCellHour, grid: Grid, rows: int, cells: Counter[str], removed_rows: int, incomplete: int
) -> list[Finding]:
    figures = {"cell": grid.words(), "period": step.period, "k": step.k, "row_count": rows}
    told = {**figures, "kept": cells["kept"], "removed": cells["removed"], "removed_rows": removed_rows}
    said = [Finding("privacy.aggregated", "note", told), *grid.findings()]
    if incomplete:
        said.append(Finding("privacy.rows_incomplete", "note", {"row_count": incomplete, "of": rows}))
    finer = step.h3 > H3_FINEST_DEFAULT if step.h3 is not None else step.side() < DEFAULT_GRID_METRES
    if finer or step.k < DEFAULT_K:
        said.append(Finding("privacy.finer_than_usual", "attention", {**figures, "usual_k": DEFAULT_K}))
    return said
