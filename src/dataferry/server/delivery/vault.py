"""Served files below the data home, each under its own sha256; one that is not what it was is put aside, not served.

Hashing a file at every request would cost more than sending it. So a file is hashed when a process first opens it, and
again whenever its size, its inode or one of its times is not what it was then: the time of the last change of the
inode cannot be set back by a program.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from dataferry.messages import UnavailableError

FOLDER = "delivery"
MOST_REMEMBERED = 10_000
AGAIN_SECONDS = 5
_BLOCK = 1 << 20
_Marks = tuple[int, int, int, int]
_sound: dict[str, _Marks] = {}

logger = logging.getLogger(__name__)


def folder() -> Path:
    return Path(settings.HOME) / FOLDER


def path_of(sha256: str) -> Path:
    return folder() / "files" / sha256[:2] / sha256


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder for files in the making, on the same disk as the vault; gone afterwards."""
    place = folder() / ".making" / secrets.token_hex(8)
    place.mkdir(parents=True)
    try:
        yield place
    finally:
        for file in place.iterdir():
            file.unlink(missing_ok=True)
        place.rmdir()


def keep(made: Path, name: str, rows: int, **more: Any) -> dict[str, Any]:
    """Take a finished file in. The same content twice is kept once.

    Returns:
        {"name", "sha256", "bytes", "rows"} and what else was said of it.
    """
    with made.open("rb") as opened:
        sha256, size = _hash(opened), os.fstat(opened.fileno()).st_size
        os.fsync(opened.fileno())
    place = path_of(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    made.replace(place)
    place.chmod(0o440)
    return {"name": name, "sha256": sha256, "bytes": size, "rows": rows, **more}


def is_there(file: Mapping[str, Any]) -> bool:
    """Whether the file is there and as long as it was; its bytes are not read."""
    try:
        return path_of(str(file["sha256"])).stat().st_size == int(file["bytes"])
    except OSError:
        return False


def is_sound(file: Mapping[str, Any]) -> bool:
    """Whether the file is there and is what it was."""
    try:
        open_sound(file).close()
    except UnavailableError:
        return False
    return True


def sound_path(file: Mapping[str, Any]) -> Path:
    """Where the file lies, after it was seen to be what was kept.

    Raises:
        UnavailableError: see `open_sound`.
    """
    open_sound(file).close()
    return path_of(str(file["sha256"]))


def being_made_again() -> UnavailableError:
    """A file is gone or was put aside: whoever comes again finds it made again, or is told that it cannot be."""
    return UnavailableError("server.delivery.being_made_again", retry=True, seconds=AGAIN_SECONDS)


def open_sound(file: Mapping[str, Any]) -> BinaryIO:
    """The file, opened, after it was seen to be what was kept. One that is not is put aside.

    Raises:
        UnavailableError: `server.delivery.being_made_again`: it is not there, or not what it was (503).
    """
    sha256 = str(file["sha256"])
    try:
        opened = path_of(sha256).open("rb")
    except OSError as error:
        logger.error("a served file is missing", extra={"sha256": sha256})
        raise being_made_again() from error
    try:
        _check(opened, sha256, int(file["bytes"]))
    except BaseException:
        opened.close()
        raise
    return opened


def _check(opened: BinaryIO, sha256: str, size: int) -> None:
    marks = _marks(opened)
    if _sound.get(sha256) == marks:
        return
    if marks[0] != size or _hash(opened) != sha256 or _marks(opened) != marks:
        _sound.pop(sha256, None)
        logger.error("a served file is not what it was", extra={"sha256": sha256})
        _put_aside(sha256)
        raise being_made_again()
    opened.seek(0)
    if len(_sound) >= MOST_REMEMBERED:
        _sound.clear()
    _sound[sha256] = marks


def _put_aside(sha256: str) -> None:
    """Out of the way of the file that will be made in its place, and there to be looked at."""
    place = folder() / ".damaged"
    place.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path_of(sha256).replace(place / sha256)


def _marks(opened: BinaryIO) -> _Marks:
    found = os.fstat(opened.fileno())
    return (found.st_size, found.st_ino, found.st_mtime_ns, found.st_ctime_ns)


def _hash(opened: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := opened.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()
