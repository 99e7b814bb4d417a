"""Bounded summaries of a column that grow batch by batch: distinct count, frequent values, a fair sample.

None depends on chance: the sample and the distinct count take their order from a fixed mixing function, so that equal
columns give equal summaries whatever the batches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Array = np.ndarray[Any, Any]
_EXACT = 100_000
_MINIMA = 4096
_SAMPLE = 100_000
_PRIME = np.uint64(0x100000001B3)


def mixed(values: Array) -> Array:
    """The 64-bit finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that scatters every bit."""
    with np.errstate(over="ignore"):
        x = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        result: Array = x ^ (x >> np.uint64(31))
    return result


def hashed(values: pa.Array) -> Array:
    """A 64-bit hash of every value; distinct fixed-width values up to 64 bits never collide. No nulls may be in it."""
    if pa.types.is_boolean(values.type):
        values = values.cast(pa.int8())
    if pa.types.is_decimal(values.type) or pa.types.is_nested(values.type):
        values = pa.array([str(value) for value in values.to_pylist()], pa.string())
    if not pa.types.is_primitive(values.type):
        return _hashed_bytes(values.cast(pa.large_binary()))
    width = values.type.bit_width
    if pa.types.is_floating(values.type):
        return mixed(values.cast(pa.float64()).to_numpy(zero_copy_only=False).view(np.uint64))
    numbers = values.view(f"int{width}").to_numpy(zero_copy_only=False)
    return mixed(numbers.astype(np.int64).view(np.uint64))


def _hashed_bytes(values: pa.Array) -> Array:
    """Polynomial hash modulo 2^64 of each value, from running sums over the whole buffer; mixed with the length."""
    if len(values) == 0:
        return np.empty(0, np.uint64)
    offsets = np.frombuffer(values.buffers()[1], np.int64)[values.offset : values.offset + len(values) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.frombuffer(values.buffers()[2], np.uint8)[first:last] if last > first else np.empty(0, np.uint8)
    starts, ends = offsets[:-1] - first, offsets[1:] - first
    with np.errstate(over="ignore"):
        inverse = np.uint64(pow(int(_PRIME), -1, 2**64))
        powers = np.cumprod(np.concatenate([[np.uint64(1)], np.full(len(data), _PRIME)]), dtype=np.uint64)
        backward = np.cumprod(np.concatenate([[np.uint64(1)], np.full(len(data), inverse)]), dtype=np.uint64)
        sums = np.concatenate([[np.uint64(0)], np.cumsum(mixed(data) * powers[:-1], dtype=np.uint64)])
        return mixed((sums[ends] - sums[starts]) * backward[starts] + (ends - starts).astype(np.uint64))


@dataclass
class Distinct:
    """How many different values: exact up to 100,000, then estimated from the 4,096 smallest hashes.

    Source: Bar-Yossef et al. 2002, k minimum values; standard error 1 / sqrt(k - 2) = 1.6 %.
    """

    hashes: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    exact: bool = True

    def add(self, hashes: Array) -> None:
        if not self.exact:
            hashes = hashes[hashes < self.hashes[-1]]
        self.hashes = np.union1d(self.hashes, hashes)
        if self.exact and len(self.hashes) > _EXACT:
            self.exact = False
        if not self.exact:
            self.hashes = self.hashes[:_MINIMA]

    def count(self) -> int:
        if self.exact:
            return len(self.hashes)
        return round((_MINIMA - 1) / (float(self.hashes[-1]) / 2.0**64))


@dataclass
class Frequent:
    """The commonest values. Exact while there are at most 100,000 different ones; then counts are lower bounds."""

    table: pa.Table | None = None
    exact: bool = True

    def add(self, values: pa.Array) -> None:
        counts = pc.value_counts(values)
        batch = pa.table({"value": counts.field("values"), "count": counts.field("counts")})
        if not self.exact:
            batch = batch.filter(pc.greater(batch["count"], 1))
        if self.table is None:
            self.table = batch
        elif batch.num_rows:
            merged = pa.concat_tables([self.table, batch]).group_by("value", use_threads=False)
            self.table = merged.aggregate([("count", "sum")]).rename_columns(["value", "count"])
        if self.table.num_rows > _EXACT:
            self.exact = False
            self.table = self._first(_EXACT // 2)

    def _first(self, number: int) -> pa.Table:
        assert self.table is not None  # noqa: S101 - called after `add` alone
        order = pc.sort_indices(self.table, [("count", "descending"), ("value", "ascending")])
        return self.table.take(order[:number])

    def top(self, number: int) -> list[tuple[Any, int]]:
        """(value, count), the commonest first, ties by value."""
        if self.table is None:
            return []
        first = self._first(number)
        return list(zip(first["value"].to_pylist(), first["count"].to_pylist(), strict=True))


@dataclass
class Sample:
    """At most 100,000 of the values, all of them when there are no more; each row has the same chance."""

    values: Array | None = None
    ranks: Array = field(default_factory=lambda: np.empty(0, np.uint64))
    seen: int = 0

    def add(self, values: Array) -> None:
        ranks = mixed(np.arange(self.seen, self.seen + len(values), dtype=np.uint64))
        self.seen += len(values)
        if len(self.ranks) == _SAMPLE:
            fitting = ranks < self.ranks.max()
            values, ranks = values[fitting], ranks[fitting]
        self.values = values if self.values is None else np.concatenate([self.values, values])
        self.ranks = np.concatenate([self.ranks, ranks])
        if len(self.ranks) > _SAMPLE:
            kept = np.argpartition(self.ranks, _SAMPLE)[:_SAMPLE]
            self.values, self.ranks = self.values[kept], self.ranks[kept]

    @property
    def exact(self) -> bool:
        return self.seen == len(self.ranks)
