"""The bytes of a file: its digest, and what would make a parser stumble or lie in silence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dataferry.messages import InputError, LimitError, MissingError

_READ = 4 * 1024 * 1024
_IN_CACHE = 128 * 1024


@dataclass(frozen=True)
class ByteScan:
    """Facts about the bytes.

    `zero_led` counts cells that begin with a zero and another digit, quoted or not (`,0101`): a parser that reads them
    as numbers loses the zero. `longest_line` is in bytes.
    """

    bytes: int
    nuls: int
    zero_led: int
    longest_line: int


def digest(path: Path) -> str:
    """SHA-256 of a file, or of a folder's files (their names and digests in order)."""
    if path.is_dir():
        whole = hashlib.sha256()
        for member in sorted(p for p in path.rglob("*") if p.is_file()):
            whole.update(f"{member.relative_to(path).as_posix()}\0{digest(member)}\n".encode())
        return whole.hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def digest_beside(path: Path) -> Iterator[Future[str]]:
    """The digest, computed in a thread beside the block (hashing releases the interpreter lock)."""
    with ThreadPoolExecutor(1, "dataferry-digest") as pool:
        yield pool.submit(digest, path)


def size_of(path: Path) -> int:
    """Bytes of a file or of all files in a folder.

    Raises:
        MissingError: there is nothing at this path.
        InputError: it cannot be opened.
    """
    try:
        if path.is_dir():
            return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
        return path.stat().st_size
    except FileNotFoundError:
        raise MissingError("tables.no_such_file", file=path.name) from None
    except OSError as error:
        raise InputError("tables.cannot_open", file=path.name, reason=error.strerror or str(error)) from None


def scan_bytes(path: Path, delimiter: str, line_limit: int) -> ByteScan:
    """Read the file once and count (see `ByteScan`).

    Raises:
        LimitError: a line is longer than `line_limit` bytes; found without holding the line in memory.
    """
    total, nuls, zero_led = 0, 0, 0
    longest, open_line = 0, 0
    before = b"\n"
    with path.open("rb") as file:
        while chunk := file.read(_READ):
            values = np.frombuffer(chunk, dtype=np.uint8)
            nuls += len(values) - int(np.count_nonzero(values))
            zero_led += _zero_led(np.frombuffer(before + chunk, dtype=np.uint8), ord(delimiter))
            longest, open_line = _lines(values, longest, open_line)
            if max(longest, open_line) > line_limit:
                raise LimitError("tables.line_too_long", file=path.name, limit=line_limit)
            before = chunk[-2:]
            total += len(chunk)
    return ByteScan(total, nuls, zero_led, max(longest, open_line))


def _zero_led(values: np.ndarray, delimiter: int) -> int:
    count = 0
    for start in range(0, len(values) - 2, _IN_CACHE):
        block = values[start : start + _IN_CACHE + 2]
        hit = block[1:-1] == ord("0")
        hit &= block[2:] >= ord("0")
        hit &= block[2:] <= ord("9")
        lead = block[:-2]
        hit &= (lead == delimiter) | (lead == ord("\n")) | (lead == ord('"'))
        count += int(np.count_nonzero(hit))
    return count


def _lines(values: np.ndarray, longest: int, open_line: int) -> tuple[int, int]:
    breaks = np.flatnonzero(values == ord("\n"))
    if not len(breaks):
        return longest, open_line + len(values)
    first = open_line + int(breaks[0])
    inside = int(np.diff(breaks).max()) - 1 if len(breaks) > 1 else 0
    return max(longest, first, inside), len(values) - int(breaks[-1]) - 1
