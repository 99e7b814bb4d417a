"""Whether files still hold the bytes they should: read now, or read lately and not touched since.

Everybody may ask for a specification sheet, and a release may be gigabytes. So for a sheet a file is hashed when a
process first asks for it, and again
- as soon as its size, its inode or one of its times is another: no program can set the time of an inode's last change
  back, so whoever writes through the file system is found at the very next question;
- in any case when it was last read more than `AGAIN_AFTER` ago: whoever changes bytes beneath the file system (the raw
  disk, a clock set back, a disk that rots) is found within that time.
A file that was changed less than `SETTLED` ago is read each time: a second change within one tick of the file system's
clock would bear the same time.

What binds somebody (a listing, a new release, trade that goes on) is read anew each time.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

AGAIN_AFTER = 600.0
"""Seconds."""
SETTLED = 2.0
MOST_REMEMBERED = 10_000
Marks = tuple[int, int, int, int, int]
Holds = Callable[[Path, str], bool]
"""Asked with a file and its sha256 in hexadecimal."""

_read: dict[tuple[Path, str], tuple[Marks, float]] = {}


def unread(file: Path, _sha256: str) -> bool:
    """Only that the file is there: for pages that are opened often and bind nobody."""
    return file.is_file()


def anew(file: Path, sha256: str) -> bool:
    """Every byte, now."""
    return _hashed(file, sha256) is not None


def lately(file: Path, sha256: str) -> bool:
    """Every byte, now or within `AGAIN_AFTER` and untouched since."""
    key, now = (file, sha256), time.monotonic()
    known = _read.get(key)
    if known is not None and now - known[1] < AGAIN_AFTER and _marks_of(file) == known[0]:
        return True
    _read.pop(key, None)
    marks = _hashed(file, sha256)
    if marks is not None and time.time() - max(marks[3:]) / 1e9 > SETTLED:
        if len(_read) >= MOST_REMEMBERED:
            _read.clear()
        _read[key] = (marks, now)
    return marks is not None


def _hashed(file: Path, sha256: str) -> Marks | None:
    """The marks of the file that was read, where it holds these bytes and nobody wrote meanwhile."""
    try:
        with file.open("rb") as opened:
            before = _marks(os.fstat(opened.fileno()))
            right = hashlib.file_digest(opened, "sha256").hexdigest() == sha256
            after = _marks(os.fstat(opened.fileno()))
    except OSError:
        return None
    return after if right and before == after else None


def _marks_of(file: Path) -> Marks | None:
    try:
        return _marks(file.stat())
    except OSError:
        return None


def _marks(found: os.stat_result) -> Marks:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
