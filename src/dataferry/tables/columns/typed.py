"""A column while its type is being decided, and the column once it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dataferry.tables.columns.patterns import Bools, narrow


@dataclass
class TypedColumn:
    """One column typed: values, the flag column beside them, counts, and remarks that become findings."""

    type: str
    values: pa.ChunkedArray
    flags: pa.ChunkedArray | None = None
    missing: int = 0
    flagged: int = 0
    censored: int = 0
    unreadable: int = 0
    formats: Mapping[str, int] = field(default_factory=dict)
    remarks: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Distinct:
    """The distinct texts of a column (trimmed and narrowed), how often each stands there, and where."""

    name: str
    raw: pa.Array
    texts: pa.Array
    weights: np.ndarray[Any, np.dtype[np.int64]]
    indices: pa.ChunkedArray
    wide: Bools

    def count(self, mask: Bools) -> int:
        return int(self.weights[mask].sum())

    def examples(self, mask: Bools, most: int = 5) -> list[str]:
        order = np.argsort(-self.weights[mask], kind="stable")[:most]
        return [str(text)[:60] for text in self.raw.filter(pa.array(mask)).take(pa.array(order)).to_pylist()]

    def spread(self, values: pa.Array) -> pa.ChunkedArray:
        """Values of the distinct texts put back where the texts stood."""
        chunks = [values.take(chunk) for chunk in self.indices.chunks]
        return pa.chunked_array(chunks, type=values.type)


def distinct_of(name: str, column: pa.ChunkedArray) -> Distinct:
    encoded = column.dictionary_encode().unify_dictionaries()
    raw = encoded.chunk(0).dictionary
    indices = pa.chunked_array([chunk.indices for chunk in encoded.chunks])
    counts = np.bincount(np.asarray(indices.drop_null()), minlength=len(raw)).astype(np.int64)
    texts, wide = narrow(pc.utf8_trim_whitespace(raw))
    return Distinct(name, raw, texts, counts, indices, wide)
