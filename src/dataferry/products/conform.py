"""The recipe's answer against the declared output: types without loss, decimals, datum, key, order; no guesses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from dataferry.geo import canonical_crs, in_degrees
from dataferry.messages import Finding, InputError
from dataferry.products.consistency import nearest
from dataferry.products.manifest import DEFAULT_DECIMALS, Column, Manifest, Output
from dataferry.tables import geometry_columns, geometry_field, plain_geometry

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "geometry": pa.binary(),
}
MAX_ROWS_NAMED = 20


class ConformError(InputError):
    """The output is not what product.yaml declares; `problems` has every difference."""

    def __init__(self, product: str, problems: list[Finding]) -> None:
        super().__init__("products.output_differs", product=product, count=len(problems))
        self.data = {**self.data, "problems": [problem.to_json() for problem in problems]}
        self.problems = problems

    def text(self, language: Any = None) -> str:
        return "\n".join([super().text(language), *(f"  {problem.text(language)}" for problem in self.problems[:50])])


def decimals(column: Column, crs: str | None) -> int | None:
    """The decimals kept in a column: as declared, else 6 for numbers, 7 for degrees, 3 for metres."""
    if column.type == "number":
        return DEFAULT_DECIMALS if column.precision is None else column.precision
    if column.type == "geometry":
        return column.precision if column.precision is not None else 7 if crs is None or in_degrees(crs) else 3
    return None


def conform(table: pa.Table, manifest: Manifest) -> tuple[pa.Table, list[Finding]]:
    """Turn the recipe's answer into the declared table: declared columns in declared order, rows sorted by the key.

    Numbers and coordinates are rounded to their decimals (half to even); geometries become little-endian WKB.

    Returns:
        the table, and findings that do not stop a release.

    Raises:
        ConformError: missing or extra columns, values that a declared type cannot hold without loss, NaN or infinity,
            NULL where none is allowed, another datum than declared, a key that does not tell the rows apart.
    """
    output = manifest.output
    problems = _names(table, output)
    notes: list[Finding] = []
    found_crs = geometry_columns(table.schema)
    table = plain_geometry(table)
    arrays: list[pa.ChunkedArray] = []
    fields: list[pa.Field] = []
    for column in output.columns:
        if column.name not in table.column_names:
            continue
        try:
            array = _column(table[column.name], column, output, found_crs, notes)
        except ColumnError as problem:
            problems.append(problem.finding)
            continue
        problems += _nulls(array, column)
        arrays.append(array)
        fields.append(_field(column, output, array.type))
    if problems:
        raise ConformError(manifest.name, problems)
    result = pa.table(arrays, schema=pa.schema(fields))
    result = result.take(sort_order(result, output.key)).combine_chunks()
    repeated = _repeated(result, output.key)
    if repeated:
        raise ConformError(manifest.name, [repeated])
    return result, notes


class ColumnError(Exception):
    """Carries one difference out of a column."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.code)
        self.finding = finding


def sort_order(table: pa.Table, key: Iterable[str]) -> pa.Array:
    """Positions that sort the rows by the key: text by its UTF-8 bytes, everything else by value."""
    return pc.sort_indices(table, sort_keys=[(name, "ascending") for name in key])


def _field(column: Column, output: Output, kind: pa.DataType) -> pa.Field:
    if column.type == "geometry":
        return geometry_field(column.name, output.crs).with_nullable(column.nullable)
    return pa.field(column.name, kind, nullable=column.nullable)


def _names(table: pa.Table, output: Output) -> list[Finding]:
    declared, found = output.names(), table.column_names
    problems = [
        Finding("products.column_missing", "blocked", {"column": name, "nearest": nearest(name, found)})
        for name in declared
        if name not in found
    ]
    extra = [name for name in dict.fromkeys(found) if name not in declared]
    problems += [Finding("products.column_extra", "blocked", {"column": name}) for name in extra]
    twice = sorted({name for name in found if found.count(name) > 1})
    problems += [Finding("products.column_twice", "blocked", {"column": name}) for name in twice]
    return problems


def _column(
    array: pa.ChunkedArray, column: Column, output: Output, found_crs: dict[str, str | None], notes: list[Finding]
) -> pa.ChunkedArray:
    if array.null_count == len(array) and column.type != "geometry":
        return pa.chunked_array([pa.nulls(len(array), ARROW_TYPES[column.type])])
    if column.type == "geometry":
        return _geometry(array, column, output, found_crs)
    if column.type == "number":
        return _number(array, column)
    if column.type == "timestamp":
        return _timestamp(array, column, notes)
    return _cast(array, column)


def _wrong(column: Column, array: pa.ChunkedArray) -> ColumnError:
    data = {"column": column.name, "declared": column.type, "found": str(array.type)}
    return ColumnError(Finding("products.column_type", "blocked", data))


_ALLOWED = {
    "string": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t),
    "integer": lambda t: pa.types.is_integer(t) or pa.types.is_decimal(t) or pa.types.is_floating(t),
    "number": lambda t: pa.types.is_floating(t) or pa.types.is_integer(t) or pa.types.is_decimal(t),
    "boolean": pa.types.is_boolean,
    "date": lambda t: pa.types.is_date(t) or pa.types.is_timestamp(t),
}


def _cast(array: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """A cast that loses nothing, or a problem that names the column."""
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if not _ALLOWED[column.type](array.type):
        raise _wrong(column, array)
    try:
        return array.cast(ARROW_TYPES[column.type], safe=True)
    except pa.ArrowInvalid:
        rows = _lossy_rows(array, ARROW_TYPES[column.type])
        data = {"column": column.name, "declared": column.type, "found": str(array.type), "rows": rows}
        raise ColumnError(Finding("products.column_loses", "blocked", data)) from None


def _lossy_rows(array: pa.ChunkedArray, kind: pa.DataType) -> list[int]:
    rows: list[int] = []
    for position in range(min(len(array), 100_000)):
        try:
            array.slice(position, 1).cast(kind, safe=True)
        except pa.ArrowInvalid:
            rows.append(position + 1)
            if len(rows) == MAX_ROWS_NAMED:
                break
    return rows


_SIGNIFICANT = 14
_POWERS = np.array([float(f"1e{exponent}") for exponent in range(-300, 301)])


def round_to(values: np.ndarray, places: int) -> np.ndarray:
    """Round at a decimal place, half to even; minus zero becomes zero; what scaling cannot hold stays as it is.

    Values are first taken to 14 significant digits: sums of floats differ in their last digits with the order of
    addition, and a value halfway between two decimals (a mean of 0.125) would be tipped by that noise.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        rounded = np.round(_without_noise(values, places), places)
    return np.where(np.isfinite(rounded), rounded, values) + 0.0


def _without_noise(values: np.ndarray, places: int) -> np.ndarray:
    size = np.abs(values)
    usable = (size > 1e-200) & (size < 1e200)
    digits = np.zeros(values.shape, dtype=np.int64)
    digits[usable] = _SIGNIFICANT - 1 - np.floor(np.log10(size[usable])).astype(np.int64)
    usable &= digits > places
    scale = _POWERS[digits[usable] + 300]
    taken = values.copy()
    taken[usable] = np.rint(values[usable] * scale) / scale
    return taken


def _number(array: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    if not _ALLOWED["number"](array.type):
        raise _wrong(column, array)
    array = array.cast(pa.float64(), safe=False)
    valid = np.asarray(array.is_valid())
    values = np.asarray(array.fill_null(0.0), dtype=np.float64)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        data = {"column": column.name, "count": len(bad), "rows": (bad[:MAX_ROWS_NAMED] + 1).tolist()}
        raise ColumnError(Finding("products.not_finite", "blocked", data))
    rounded = round_to(values, decimals(column, None) or 0)
    return pa.chunked_array([pa.array(rounded, mask=~valid)])


def _timestamp(array: pa.ChunkedArray, column: Column, notes: list[Finding]) -> pa.ChunkedArray:
    if not pa.types.is_timestamp(array.type):
        raise _wrong(column, array)
    if array.type.tz is None:
        notes.append(Finding("products.naive_time", "attention", {"column": column.name}))
        return array.cast(pa.timestamp("us"), safe=False)
    return array.cast(ARROW_TYPES["timestamp"], safe=False)


def _geometry(
    array: pa.ChunkedArray, column: Column, output: Output, found_crs: dict[str, str | None]
) -> pa.ChunkedArray:
    if column.name not in found_crs:
        raise _wrong(column, array)
    found = found_crs[column.name]
    if found is None or not _same_crs(found, output.crs):
        data: dict[str, Any] = {"column": column.name, "found": found or "?", "declared": output.crs or "?"}
        raise ColumnError(Finding("products.output_crs", "blocked", data))
    try:
        shapes = shapely.from_wkb(array.to_numpy())
    except shapely.errors.ShapelyError as error:
        raise ColumnError(
            Finding("products.not_wkb", "blocked", {"column": column.name, "problem": str(error)})
        ) from None
    coordinates, owners = shapely.get_coordinates(shapes, include_z=False, return_index=True)
    bad = np.unique(owners[~np.isfinite(coordinates).all(axis=1)])
    if len(bad):
        data = {"column": column.name, "count": len(bad), "rows": (bad[:MAX_ROWS_NAMED] + 1).tolist()}
        raise ColumnError(Finding("products.not_finite", "blocked", data))
    places = decimals(column, output.crs) or 0
    return pa.chunked_array([pa.array(canonical_wkb(round_shapes(shapes, places)), pa.binary())])


def round_shapes(shapes: np.ndarray, places: int) -> np.ndarray:
    """Every coordinate rounded, heights too; flat shapes stay flat whatever their neighbours are."""
    rounded = shapes.copy()
    for include_z in (False, True):
        chosen = shapely.has_z(shapes) == include_z
        rounded[chosen] = shapely.transform(
            shapes[chosen], lambda points: round_to(points, places), include_z=include_z
        )
    return rounded


def canonical_wkb(shapes: np.ndarray) -> list[bytes | None]:
    """Little-endian ISO WKB without SRID."""
    return list(shapely.to_wkb(shapes, byte_order=1, flavor="iso", include_srid=False))


def _same_crs(found: str, declared: str | None) -> bool:
    return declared is not None and found == canonical_crs(declared)


def _nulls(array: pa.ChunkedArray, column: Column) -> list[Finding]:
    if column.nullable or array.null_count == 0:
        return []
    rows = np.flatnonzero(np.asarray(array.is_null()))
    data = {"column": column.name, "count": len(rows), "rows": (rows[:MAX_ROWS_NAMED] + 1).tolist()}
    return [Finding("products.column_nulls", "blocked", data)]


def repeated_rows(table: pa.Table, names: list[str]) -> list[int]:
    """Row numbers (from 1) of rows whose values in `names` another row has too. NULL equals NULL here."""
    counts = table.select(names).group_by(names).aggregate([([], "count_all")])
    if counts.num_rows == table.num_rows:
        return []
    numbered = table.select(names).append_column("#row", pa.array(np.arange(1, table.num_rows + 1)))
    rows = numbered.group_by(names).aggregate([("#row", "list"), ([], "count_all")])
    rows = rows.filter(pc.greater(rows["count_all"], 1))
    return sorted(row for group in rows["#row_list"].to_pylist() for row in group)


def _repeated(table: pa.Table, key: list[str]) -> Finding | None:
    rows = repeated_rows(table, key)
    if not rows:
        return None
    example = {name: table[name][rows[0] - 1].as_py() for name in key}
    shown = ", ".join(f"{name}={value}" for name, value in example.items())
    data = {"key": key, "count": len(rows), "rows": rows[:MAX_ROWS_NAMED], "example": shown}
    return Finding("products.key_repeats", "blocked", data)
