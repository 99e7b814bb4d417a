"""How many different people: a salted sketch of a set of ids, for an exporter, a year and a kind of data.

Thresholds count people once in a year, however many transfers name them. The sketch keeps no id: only the smallest
values of a keyed 64-bit BLAKE2b hash, useless without the salt. Up to `limit` people the count is exact (two ids share
a hash with a chance of n * n / 2**65: under 1e-11 for 16,384). Beyond, the k-th smallest of n uniform values tells n
(Bar-Yossef et al. 2002, "Counting distinct elements in a data stream"; Beyer et al. 2007, "On synopses for
distinct-value estimation": the unbiased (k - 1) / u).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from dataferry.messages import InputError, UsageError

LIMIT = 16_384
"""Hashes kept. More than 10,000, so that the threshold of sensitive people is always counted exactly."""
LARGEST_LIMIT = 1 << 20
Z = 3.2905
"""Normal quantile of 0.9995: `low` and `high` each fail once in 2,000 counts. With 16,384 hashes they lie 2.6 % apart
from the best estimate."""
SALT_BYTES = (16, 64)

_MAGIC = b"dataferry-heads/1\n"
_HEAD = len(_MAGIC) + 4 + 1 + 16 + 4
_CHECK = 8
_AT_ONCE = 65_536
Hashes = NDArray[np.uint64]


class HeadCount(NamedTuple):
    """Different people: certain or bounded. Rules are to be asked with `high`."""

    low: int
    best: int
    high: int
    exact: bool


class HeadSketch:
    """A set of people without their ids.

    Args:
        salt: 16 to 64 secret bytes; one for each exporter, so that sketches of two exporters cannot be compared.
        limit: hashes kept; sketches of different limits merge to the smaller.

    Raises:
        UsageError: a salt or limit of another length.
    """

    def __init__(self, salt: bytes, limit: int = LIMIT) -> None:
        if not isinstance(salt, bytes) or not SALT_BYTES[0] <= len(salt) <= SALT_BYTES[1]:
            raise UsageError("border.heads_salt", least=SALT_BYTES[0], most=SALT_BYTES[1])
        if not 16 <= limit <= LARGEST_LIMIT:
            raise UsageError("border.heads_limit", most=LARGEST_LIMIT)
        self.limit = limit
        self._salt = salt
        self._hashes: Hashes = np.empty(0, np.uint64)
        self._dropped = False

    def add(self, values: Iterable[str | bytes]) -> None:
        """Add ids, in any order, as often as they come. Text is taken as UTF-8: write an id in one way.

        Raises:
            InputError: an id is empty or neither text nor bytes: one head would stand for many. Nothing of the ids from
                its block of 65,536 on is added.
        """
        ids = iter(values)
        while block := list(islice(ids, _AT_ONCE)):
            self._take(np.frombuffer(b"".join(self._hashed(block)), "<u8").astype(np.uint64, copy=False))

    def merge(self, other: HeadSketch) -> Self:
        """Take in another sketch of the same salt, as if its ids had been added here; returns this one.

        Raises:
            InputError: the other was made with another salt.
        """
        if other._fingerprint() != self._fingerprint():
            raise InputError("border.heads_other_salt")
        self.limit = min(self.limit, other.limit)
        self._dropped |= other._dropped
        self._take(other._hashes)
        return self

    def count(self) -> HeadCount:
        """How many different ids were added."""
        kept = len(self._hashes)
        if not self._dropped:
            return HeadCount(kept, kept, kept, exact=True)
        share = (int(self._hashes[-1]) + 1) / 2**64
        least = kept + 1
        low, high = (_gamma_quantile(kept, z) / share for z in (-Z, Z))
        best = max(least, round((kept - 1) / share))
        return HeadCount(max(least, math.floor(low)), best, max(best, math.ceil(high)), exact=False)

    def to_bytes(self) -> bytes:
        """The sketch for keeping: the same set gives the same bytes, in whatever order it came."""
        body = b"".join(
            (
                _MAGIC,
                self.limit.to_bytes(4, "little"),
                bytes([self._dropped]),
                self._fingerprint(),
                len(self._hashes).to_bytes(4, "little"),
                self._hashes.astype("<u8").tobytes(),
            )
        )
        return body + blake2b(body, digest_size=_CHECK).digest()

    @classmethod
    def from_bytes(cls, kept: bytes, salt: bytes) -> Self:
        """A kept sketch, to go on with.

        Raises:
            InputError: these are not the bytes of a sketch, they were changed, or the salt is another.
        """
        body, check = kept[:-_CHECK], kept[-_CHECK:]
        sound = len(kept) >= _HEAD + _CHECK and body.startswith(_MAGIC)
        if not sound or blake2b(body, digest_size=_CHECK).digest() != check:
            raise InputError("border.heads_damaged")
        at = len(_MAGIC)
        limit, dropped, number = int.from_bytes(body[at : at + 4], "little"), body[at + 4], body[_HEAD - 4 : _HEAD]
        hashes = np.frombuffer(body, "<u8", offset=_HEAD) if (len(body) - _HEAD) % 8 == 0 else np.empty(0, "<u8")
        if len(hashes) != int.from_bytes(number, "little") or not 16 <= limit <= LARGEST_LIMIT:
            raise InputError("border.heads_damaged")
        made = cls(salt, limit)
        if body[at + 5 : at + 21] != made._fingerprint():
            raise InputError("border.heads_other_salt")
        made._hashes, made._dropped = hashes.astype(np.uint64), bool(dropped)
        return made

    def _hashed(self, block: list[str | bytes]) -> Iterator[bytes]:
        salt = self._salt
        for value in block:
            if not value or not isinstance(value, str | bytes):
                raise InputError("border.heads_no_id")
            text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            yield blake2b(text, digest_size=8, key=salt).digest()

    def _take(self, hashes: Hashes) -> None:
        if len(self._hashes) == self.limit:
            below = hashes[hashes <= self._hashes[-1]]
            self._dropped |= len(below) < len(hashes)
            hashes = below
        both = np.union1d(self._hashes, hashes)
        self._dropped |= len(both) > self.limit
        self._hashes = both[: self.limit]

    def _fingerprint(self) -> bytes:
        """Tells one salt from another, and nothing of it."""
        return blake2b(b"fingerprint", digest_size=16, key=self._salt).digest()


def _gamma_quantile(shape: int, z: float) -> float:
    """Quantile of Gamma(shape, 1) at the normal quantile `z` (Wilson and Hilferty 1931; shape is large here)."""
    return float(shape * (1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3)
