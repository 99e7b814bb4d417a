"""What one cell can be: the shapes of numbers, marks for missing values, flags, censored values and formulas.

The patterns are RE2 (pyarrow) and run over the distinct values of a column, trimmed of white space.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Bools = np.ndarray[Any, np.dtype[np.bool_]]

_AMOUNT = r"[-+]?(?:(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
INTEGER = r"^[-+]?(?:0|[1-9]\d{0,14})$"
ZERO_LED = r"^[-+]?0\d+$"
LONG_DIGITS = r"^[-+]?[1-9]\d{15,}$"
DECIMAL = r"^[-+]?(?:(?:0|[1-9]\d*)\.\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$|^[-+]?\d(?:\.\d+)?[eE][-+]\d{1,3}$"
THOUSANDS = r"^[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$"
PERCENT = rf"^{_AMOUNT}\s*[%％]$"
FLAGGED = rf"^(?:{_AMOUNT}\s*[*#^†‡@~!?]{{1,3}}|[*#†‡~]{{1,3}}\s*{_AMOUNT})$"
CENSORED = (
    rf"^(?:{_AMOUNT}\s*(?:\+|以上|及以上|或以上|以下|(?i:(?:and|or) (?:more|above|over|less|below|under)))"
    rf"|(?:[<>≤≥＜＞]=?|(?i:less than|more than|under|over|above|below)"
    rf"|少於|少于|小于|大于|超过|超過|多於|多于)\s*{_AMOUNT})$"
)
FIRST_AMOUNT = r"(?P<v>[-+]?(?:(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?)"
FORMULA = r"^[=@]\s*[A-Za-z('\"|+\-\d]|^[+\-][A-Za-z(]|^\t[=+\-@]"
DESTROYED = r"^[_?\x{FFFD}]{2,}$"
DAMAGED = r"__|\?\?|\x{FFFD}"
MOJIBAKE = r"[ÃÂåäæçèéïð][\x{0080}-\x{00BF}‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]{1,2}"
BOOLEAN = {"true": True, "false": False, "TRUE": True, "FALSE": False, "True": True, "False": False}
_MARKS = """
    * ** *** **** - -- --- — – － -* --* # ## . .. ... … ? / // inf -inf +inf infinity -infinity ∞
    na n/a n.a. n.a nan nil null none missing unavailable
    #n/a #value! #ref! #div/0! #null! #num! \\n
    无 無 暂无 暫無 缺 缺测 缺測 不详 不詳 不適用 不适用 没有数据 沒有數據 无数据 無數據
"""
MISSING = (*_MARKS.split(), "not available", "no data")
_FULL_WIDTH = {0xFF10 + i: 0x30 + i for i in range(10)} | {0xFF0E: 0x2E, 0xFF0D: 0x2D, 0xFF0B: 0x2B, 0xFF0C: 0x2C}


def matches(texts: pa.Array, pattern: str) -> Bools:
    """Which texts match; nulls do not."""
    return np.asarray(pc.fill_null(pc.match_substring_regex(texts, pattern), False))


def is_missing_mark(texts: pa.Array) -> Bools:
    """Which texts are a mark that data of two cities use for 'no value'."""
    return np.asarray(pc.is_in(pc.utf8_lower(texts), value_set=pa.array(MISSING)))


def is_boolean(texts: pa.Array) -> Bools:
    return np.asarray(pc.is_in(texts, value_set=pa.array(list(BOOLEAN))))


def narrow(texts: pa.Array) -> tuple[pa.Array, Bools]:
    """Full-width digits made ASCII where the whole text is a number then, and which texts that were."""
    wide = matches(texts, r"^[０-９．－＋，\d.,+\-]*[０-９][０-９．－＋，\d.,+\-]*$")
    if not wide.any():
        return texts, wide
    values = [text.translate(_FULL_WIDTH) if at else text for text, at in zip(texts.to_pylist(), wide, strict=True)]
    return pa.array(values, pa.string()), wide


def amounts(texts: pa.Array) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The first number inside each text as float64 (thousands commas removed), NaN where there is none."""
    found = pc.extract_regex(texts, FIRST_AMOUNT)
    plain = pc.replace_substring(pc.struct_field(found, "v"), ",", "")
    return np.array(pc.fill_null(plain.cast(pa.float64()), np.nan), dtype=np.float64)


def leading_bytes(column: pa.ChunkedArray) -> np.ndarray[Any, np.dtype[np.uint16]]:
    """First two bytes of every non-empty text (first * 256 + second, 0 for a second that is not there)."""
    parts = [np.empty(0, dtype=np.uint16)]
    for chunk in column.chunks:
        if len(chunk) == 0 or chunk.buffers()[2] is None:
            continue
        offsets = np.frombuffer(chunk.buffers()[1], dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        data = np.frombuffer(chunk.buffers()[2], dtype=np.uint8)
        length = np.diff(offsets)
        start = offsets[:-1][length > 0]
        first = data[start].astype(np.uint16) << np.uint16(8)
        second = np.where(length[length > 0] > 1, data[np.minimum(start + 1, len(data) - 1)], 0)
        parts.append((first | second.astype(np.uint16)).astype(np.uint16))
    return np.concatenate(parts)
