"""The different values of one column, made comparable: full-width forms, capitals, spaces, hyphens and brackets."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

LONGEST_IDENTIFIER: Final = 40
"""Bytes; longer values are prose or addresses, and no identifier after its separators are gone."""
SEPARATORS: Final = r"[\s\-\x{2010}-\x{2015}\x{2212}\x{00b7}\x{2022}\x{30fb}()]"


class Texts:
    """Different values of one column, none of them null.

    Args:
        values: a string array.

    Attributes:
        values: as handed in.
        folded: with compatibility forms (full-width digits and letters, brackets) as plain ones, in capitals.
        compact: `folded` without spaces, hyphens, middle dots and round brackets; prose is left as it is.
    """

    def __init__(self, values: pa.Array) -> None:
        self.values: Any = values.cast(pa.large_string())
        text = self.values
        if not pc.all(pc.string_is_ascii(text)).as_py():
            text = pc.utf8_normalize(text, form="NFKC")
        self.folded: Any = pc.utf8_trim_whitespace(pc.utf8_upper(text))

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def compact(self) -> Any:
        short = pc.less_equal(pc.binary_length(self.folded), LONGEST_IDENTIFIER)
        parted = pc.and_(short, pc.match_substring_regex(self.folded, SEPARATORS))
        if not pc.any(parted).as_py():
            return self.folded
        joined = pc.replace_substring_regex(self.folded.filter(parted), SEPARATORS, "")
        return pc.replace_with_mask(self.folded, parted, joined)

    @cached_property
    def has_chinese(self) -> bool:
        return bool(pc.any(pc.match_substring_regex(self.folded, r"\p{Han}")).as_py())

    @cached_property
    def has_words(self) -> bool:
        """Whether any value has a space between other things, or Chinese."""
        return bool(pc.any(pc.match_substring_regex(self.folded, r"\s|\p{Han}")).as_py())

    @cached_property
    def has_letters(self) -> bool:
        return bool(pc.any(pc.match_substring_regex(self.folded, r"\pL")).as_py())

    @cached_property
    def _buffers(self) -> tuple[NDArray[np.int64], Bytes]:
        offsets = np.frombuffer(self.compact.buffers()[1], np.int64)[self.compact.offset :][: len(self) + 1]
        data = self.compact.buffers()[2]
        return offsets, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        return np.diff(self._buffers[0])

    def of_length(self, length: int) -> tuple[NDArray[np.intp], Bytes]:
        """Which compact values have this many bytes, and their bytes as an array (values, length)."""
        rows = np.flatnonzero(self._lengths == length)
        if not len(rows):
            return rows, np.empty((0, length), np.uint8)
        offsets, data = self._buffers
        return rows, data[offsets[rows][:, None] + np.arange(length)]

    def mask(self, rows: NDArray[np.intp] | None = None) -> Mask:
        """False for every value but those in `rows`."""
        mask = np.zeros(len(self), bool)
        if rows is not None:
            mask[rows] = True
        return mask

    def matches(self, pattern: str, text: Any = None) -> Mask:
        """Which values (folded, or those in `text`) the RE2 pattern matches."""
        found = pc.match_substring_regex(self.folded if text is None else text, pattern)
        return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def are_digits(letters: Bytes) -> Mask:
    """Which rows have digits alone."""
    return np.asarray(((letters - np.uint8(48)) < 10).all(axis=1), dtype=bool)


def are_capitals(letters: Bytes) -> Mask:
    """Which rows have the letters A to Z alone."""
    return np.asarray(((letters - np.uint8(65)) < 26).all(axis=1), dtype=bool)


def number_of(digits: Bytes) -> NDArray[np.int64]:
    """Rows of digits as whole numbers (at most 18 digits)."""
    powers = 10 ** np.arange(digits.shape[1] - 1, -1, -1, dtype=np.int64)
    return np.asarray((digits.astype(np.int64) - 48) @ powers, dtype=np.int64)


def values_of(letters: Bytes, alphabet: str) -> NDArray[np.int64]:
    """The place of every letter in an alphabet of ASCII letters; -1 where it is not in it."""
    table = np.full(256, -1, np.int64)
    table[np.frombuffer(alphabet.encode(), np.uint8)] = np.arange(len(alphabet))
    return table[letters]
