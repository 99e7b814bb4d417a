"""Rows in groups of equal values, and the distinct subjects of each group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dataferry.privacy.coordinates import dense_codes

Ints = NDArray[np.int64]


def group_numbers(table: pa.Table, columns: Sequence[str]) -> Ints:
    """A number from 0 up for each group of rows with equal values in `columns`; missing values equal each other."""
    numbers = np.zeros(table.num_rows, dtype=np.int64)
    for name in columns:
        own = dense_codes(table[name])
        if len(own):
            numbers = dense_codes(numbers * (int(own.max()) + 1) + own)
    return numbers


def present(values: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which rows have a value; text of nothing but spaces is none."""
    found = values.is_valid()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        found = pc.and_(found, pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(values), ""), False))
    return np.asarray(found, dtype=bool)


def subjects_of_groups(groups: Ints, subjects: Ints, counted: NDArray[np.bool_], size: int) -> Ints:
    """Distinct subjects of each of `size` groups, over the rows that are counted."""
    groups, subjects = groups[counted], subjects[counted]
    if not len(groups):
        return np.zeros(size, dtype=np.int64)
    pairs = np.unique(groups * (int(subjects.max()) + 1) + subjects)
    return np.bincount(pairs // (int(subjects.max()) + 1), minlength=size).astype(np.int64)
