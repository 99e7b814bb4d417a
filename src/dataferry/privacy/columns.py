"""The columns of a table as texts to be screened: fields inside structs, lists and dictionaries, numbers, samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.privacy.texts import Texts
from dataferry.tables.sketch import mixed

Kind = Literal["text", "number", "other"]

MOST_ROWS: Final = 200_000
"""Rows of a column that are tested; of longer columns one from each of so many equal stretches."""
DEEPEST: Final = 8
_SHORTEST_NUMBER: Final = 10_000_000
_NOTHING: Final = (
    "", "-", "--", "/", "N/A", "N.A.", "NA", "待補", "待补", "NULL", "NONE", "NIL",
    "UNKNOWN", "无", "無", "未知", "不适用", "不適用", "不詳",
)  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """A column, or a field inside one, ready to be screened.

    Args:
        path: name, with `.field` and `[]` for what is inside.
        kind: text, whole numbers, or neither (then `texts` is empty).
        texts: the different values; empty cells and words for "nothing" are left out.
        values: values of the whole column; of a field inside a sampled column, an estimate.
        looked_at: values behind `texts`.
        sampled: whether some of its values were not looked at.
    """

    path: str
    kind: Kind
    texts: Texts
    values: int
    looked_at: int
    sampled: bool


def leaves_of(table: pa.Table) -> Iterator[Leaf]:
    """Every column in the order of the table; structs, lists and maps as their fields and elements."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        rows = sampled_rows(len(column))
        total = len(column) - column.null_count
        taken = column if rows is None else column.take(pa.array(rows))
        for path, values in _inside(name, _whole(taken), 0):
            yield _leaf(path, values, total if path == name else None, len(column) / max(len(taken), 1))


@lru_cache(maxsize=4)
def sampled_rows(count: int) -> NDArray[np.int64] | None:
    """One row of each of 200,000 equal stretches, the same rows for the same count; None when all rows are tested."""
    if count <= MOST_ROWS:
        return None
    edges = np.linspace(0, count, MOST_ROWS + 1).astype(np.int64)
    within = mixed(np.arange(MOST_ROWS, dtype=np.uint64)) % np.diff(edges).astype(np.uint64)
    return edges[:-1] + within.astype(np.int64)


def _whole(column: pa.ChunkedArray) -> Any:
    values = column.combine_chunks()
    return pa.concat_arrays(values.chunks) if isinstance(values, pa.ChunkedArray) else values


def _inside(path: str, values: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(values.type, pa.BaseExtensionType):
        values = values.storage
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    kind = values.type
    if pa.types.is_struct(kind) and depth < DEEPEST:
        for field, part in zip(kind, values.flatten(), strict=True):
            yield from _inside(f"{path}.{field.name}", part, depth + 1)
    elif pa.types.is_map(kind) and depth < DEEPEST:
        yield from _inside(f"{path}[key]", values.keys, depth + 1)
        yield from _inside(f"{path}[]", values.items, depth + 1)
    elif _is_list(kind) and depth < DEEPEST:
        inner = values.flatten()
        rows = sampled_rows(len(inner))
        yield from _inside(f"{path}[]", inner if rows is None else inner.take(pa.array(rows)), depth + 1)
    else:
        yield path, values


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _leaf(path: str, values: Any, total: int | None, factor: float) -> Leaf:
    kind, text = _as_text(values.drop_null())
    counted = pc.value_counts(text)
    different, counts = counted.field("values"), counted.field("counts").to_numpy()
    kept = pc.invert(pc.is_in(pc.utf8_upper(pc.utf8_trim_whitespace(different)), value_set=pa.array(_NOTHING)))
    looked_at = int(counts[kept.to_numpy(zero_copy_only=False)].sum())
    values_known = len(values) - values.null_count
    estimate = round(values_known * factor) if total is None else total
    return Leaf(path, kind, Texts(different.filter(kept)), estimate, looked_at, factor > 1)


def _as_text(values: Any) -> tuple[Kind, Any]:
    """Strings as they are; whole numbers long enough to identify anybody as digits; all else as nothing."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text", values.cast(pa.string() if not pa.types.is_large_string(kind) else kind)
    nothing = pa.array([], pa.string())
    if pa.types.is_floating(kind):
        values = _whole_floats(values)
    elif pa.types.is_decimal(kind):
        values = _whole_decimals(values)
    if len(values) and pa.types.is_integer(values.type) and pc.max(values).as_py() >= _SHORTEST_NUMBER:
        return "number", values.cast(pa.string())
    return "other", nothing


def _whole_floats(values: Any) -> Any:
    """As integers when all that are finite are whole and exact; else none of them."""
    numbers = values.cast(pa.float64())
    numbers = numbers.filter(pc.is_finite(numbers))
    exact = pc.and_(pc.equal(numbers, pc.round(numbers)), pc.less(pc.abs(numbers), float(2**53)))
    if not len(numbers) or not pc.all(exact).as_py():
        return pa.array([], pa.int64())
    return numbers.cast(pa.int64())


def _whole_decimals(values: Any) -> Any:
    within = pc.less_equal(pc.abs(values.cast(pa.float64())), float(2**62))
    if values.type.scale > 0 or not len(values) or not pc.all(within).as_py():
        return pa.array([], pa.int64())
    return values.cast(pa.int64())
