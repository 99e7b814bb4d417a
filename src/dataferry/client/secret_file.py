"""Files that a server's answer is written to: nothing of the person's is overwritten, and a secret is theirs alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dataferry.messages import RefusedError


def free_place(path: Path, *, replace: bool) -> Path:
    """The path, if a file may be written there.

    Raises:
        RefusedError: `client.file_there`.
    """
    if path.is_dir() or (not replace and (path.exists() or path.is_symlink())):
        raise RefusedError("client.file_there", file=str(path))
    return path


def write_secret(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file that only its owner may read, from its first byte on; whole or not at all.

    Raises:
        RefusedError: `client.file_there`, somebody was faster; `client.file_unwritable`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if replace:
            replace_secret(path, text)
        else:
            _fill(_opened_new(path), path, path, text)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise RefusedError("client.file_unwritable", file=str(path), problem=problem) from error


def replace_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read beside the wanted one, and move it into its place.

    mkstemp gives it mode 600, whatever the old one has.

    Raises:
        OSError: it cannot be written; the old one is as it was.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    _fill(handle, Path(name), path, text)


def _fill(handle: int, part: Path, path: Path, text: str) -> None:
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _opened_new(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise RefusedError("client.file_there", file=str(path)) from error
