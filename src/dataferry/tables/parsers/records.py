"""Nested records (JSON objects, XML elements) to flat columns: dotted names for objects, JSON text for lists."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dataferry.messages import LimitError
from dataferry.tables.options import ReadLimits

_AT_ONCE = 20_000
_DEEPEST_NAME = 6
_MOST_KEYS = 40
_KEYED_SHARE = 0.25


def flatten(
    record: Mapping[str, Any], keyed: frozenset[str] = frozenset(), prefix: str = "", depth: int = 0
) -> dict[str, Any]:
    """One level of columns from nested objects; lists and what lies deeper than six names stay JSON text.

    Args:
        keyed: dotted names of objects whose keys are data, such as `{"0600": ..., "0715": ...}`; they stay JSON text.
    """
    flat: dict[str, Any] = {}
    for key, value in record.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping) and value and depth < _DEEPEST_NAME and name not in keyed:
            for inner, leaf in flatten(value, keyed, name, depth + 1).items():
                flat[_free(inner, flat)] = leaf
        elif isinstance(value, Mapping | list):
            flat[_free(name, flat)] = _Nested(as_json(value)) if value else None
        else:
            flat[_free(name, flat)] = value
    return flat


def keyed_objects(records: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Dotted names of inner objects that have many different keys over the records but few in each."""
    keys: dict[str, Counter[str]] = {}
    seen: Counter[str] = Counter()
    for record in records:
        level = [("", record, 0)]
        while level:
            prefix, node, depth = level.pop()
            for key, value in node.items():
                if isinstance(value, Mapping) and value and depth < _DEEPEST_NAME:
                    name = f"{prefix}.{key}" if prefix else str(key)
                    seen[name] += 1
                    keys.setdefault(name, Counter()).update(map(str, value))
                    if len(keys[name]) <= _MOST_KEYS * 4:
                        level.append((name, value, depth + 1))
    return frozenset(
        name
        for name, counts in keys.items()
        if len(counts) > _MOST_KEYS and counts.total() / seen[name] < _KEYED_SHARE * len(counts)
    )


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """A name that no other key already has: `{"a.b": 1, "a": {"b": 2}}` has two columns."""
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


class _Nested(str):
    """JSON text of a list, marked so that its column can be reported."""

    __slots__ = ()


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Records:
    """Flattens records chunk by chunk into Arrow columns, so that no Python object of a past chunk is kept.

    Which inner objects are keyed by data is decided on the first chunk.
    """

    def __init__(self, file: str, limits: ReadLimits) -> None:
        self.file, self.limits = file, limits
        self.nested: set[str] = set()
        self._keyed: frozenset[str] | None = None
        self.rows = 0
        self._parts: dict[str, list[pa.Array]] = {}
        self._chunk: list[dict[str, Any]] = []

    def add(self, record: dict[str, Any]) -> None:
        self._chunk.append(record)
        if len(self._chunk) >= _AT_ONCE:
            self._flush()

    def extend(self, records: Iterable[dict[str, Any]]) -> None:
        for record in records:
            self.add(record)

    def _flush(self) -> None:
        if self._keyed is None:
            self._keyed = keyed_objects(self._chunk)
        self._chunk = [flatten(record, self._keyed) for record in self._chunk]
        names = dict.fromkeys(name for record in self._chunk for name in record)
        for name in names:
            if name not in self._parts:
                self._parts[name] = [pa.nulls(self.rows)] if self.rows else []
        if len(self._parts) > self.limits.columns:
            limit = self.limits.columns
            raise LimitError("tables.too_many_columns", file=self.file, columns=len(self._parts), limit=limit)
        for name, arrays in self._parts.items():
            values = [record.get(name) for record in self._chunk]
            if any(isinstance(value, _Nested) for value in values):
                self.nested.add(name)
            arrays.append(_array(values))
        self.rows += len(self._chunk)
        if self.rows > self.limits.rows:
            raise LimitError("tables.too_many_rows", file=self.file, limit=self.limits.rows)
        self._chunk = []

    def columns(self) -> dict[str, pa.ChunkedArray]:
        """All columns in order of first appearance; a column of several kinds becomes text."""
        self._flush()
        return {name: _joined(arrays) for name, arrays in self._parts.items()}


def _array(values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return pa.array(values, pa.bool_()) if kinds else pa.nulls(len(values))
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pa.array(values, pa.int64())
    if kinds <= {int, float} and all(value is None or abs(value) < 2**53 or math.isinf(value) for value in values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _joined(arrays: list[pa.Array]) -> pa.ChunkedArray:
    kinds = {array.type for array in arrays if not pa.types.is_null(array.type)}
    if not kinds:
        kind = pa.string()
    elif len(kinds) == 1:
        kind = kinds.pop()
    else:
        kind = pa.float64() if kinds == {pa.int64(), pa.float64()} and _exact(arrays) else pa.string()
    return pa.chunked_array([array.cast(kind) for array in arrays], type=kind)


def _exact(arrays: list[pa.Array]) -> bool:
    """Whole numbers among these arrays are small enough for float64."""
    for array in arrays:
        if pa.types.is_integer(array.type) and array.null_count < len(array):
            bounds = pc.min_max(array)
            if max(abs(bounds["min"].as_py()), abs(bounds["max"].as_py())) >= 2**53:
                return False
    return True
