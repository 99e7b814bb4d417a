"""Byte ranges of RFC 9110, section 14: which part of a file a request asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SINGLE = re.compile(r"^bytes=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*$", re.IGNORECASE)


@dataclass(frozen=True)
class Part:
    """Bytes `first` to `last`, both counted."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class UnsatisfiableError(ValueError):
    """The range lies outside the file: the answer is 416."""


def asked_part(header: str | None, size: int) -> Part | None:
    """The part that a `Range` header asks for, in a file of `size` bytes.

    Returns:
        The part, cut to the file; None where the whole file is the right answer: no header, another unit, several
        ranges, or a header that means nothing (RFC 9110: then it is ignored).

    Raises:
        UnsatisfiableError: the range starts past the end, or is empty.
    """
    match = _SINGLE.match(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        wanted = int(match[2])
        if wanted == 0 or size == 0:
            raise UnsatisfiableError
        return Part(max(0, size - wanted), size - 1)
    first = int(match[1])
    last = int(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise UnsatisfiableError
    return Part(first, min(last, size - 1))
