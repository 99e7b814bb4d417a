"""The bytes of uploads: one private file each, written so that nothing is counted before it is safe.

Working files end in `.part`, so that a backup passes them by.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings

FOLDER = "uploads"
HANDED_OVER = "taken"
SUFFIX = ".part"
PIECE = 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def folder(name: str = "") -> Path:
    """The folder of files that come in (or `HANDED_OVER`), readable by its owner only."""
    place = Path(settings.HOME) / FOLDER
    for each in (place, place / name):
        if not each.is_dir():
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
            each.chmod(0o700)
    return place / name


def incoming(upload_id: Any) -> Path:
    """Where the bytes of an upload are while it is not handed over."""
    return folder() / f"{upload_id}{SUFFIX}"


def handed_over(upload_id: Any) -> Path:
    """Where they are once a room has taken them."""
    return folder(HANDED_OVER) / f"{upload_id}{SUFFIX}"


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """The file for reading and writing, made where there is none."""
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if is_new:
            sync_folder(path.parent)
        yield handle
    finally:
        os.close(handle)


@contextmanager
def locked(handle: int) -> Iterator[None]:
    """Nobody else in this block, for as long as one step takes; the kernel lets go when the process dies."""
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


def size(handle: int) -> int:
    """Bytes on disk."""
    return os.fstat(handle).st_size


def cut(handle: int, length: int) -> None:
    """Drop what lies behind `length`: bytes that were written and never counted."""
    if size(handle) > length:
        os.ftruncate(handle, length)


def append(handle: int, offset: int, data: bytes | bytearray) -> None:
    """Write at `offset` and wait until the disk has it; on failure the file is as before.

    Raises:
        OSError: among others `ENOSPC`.
    """
    view = memoryview(data)
    at = offset
    try:
        while view:
            written = os.pwrite(handle, view, at)
            view, at = view[written:], at + written
        os.fdatasync(handle)
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(handle, offset)
        raise


def digest(path: Path, alive: Callable[[], None] = lambda: None, every: float = 2.0) -> tuple[str, int]:
    """sha256 and size of a file, read piece by piece; `alive` is called now and then."""
    total, told, sha256 = 0, time.monotonic(), hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            sha256.update(piece)
            total += len(piece)
            if time.monotonic() - told > every:
                alive()
                told = time.monotonic()
    return sha256.hexdigest(), total


def sync_folder(place: Path) -> None:
    """Wait until the disk knows the names in a folder."""
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Rename, and wait until the disk knows."""
    source.replace(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def remove(upload_id: Any) -> None:
    """Delete the bytes of an upload, wherever they are."""
    for path in (incoming(upload_id), handed_over(upload_id)):
        path.unlink(missing_ok=True)


def free_bytes() -> int:
    """Bytes that the disk of the uploads has free."""
    return shutil.disk_usage(folder()).free
