"""Where the files of entries lie: below the data home, named by what is in them, readable by the house alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """The folder of all files of entries."""
    return Path(settings.HOME) / "challenge" / "files"


def keep(file: Path, sha256: str) -> str:
    """Move a file in. Returns its place, relative to `folder()`; the same bytes have one place."""
    place = f"{sha256[:2]}/{sha256}"
    target = folder() / place
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        file.unlink()
    else:
        shutil.move(file, target)
        os.chmod(target, 0o600)  # noqa: PTH101 - the same call on every platform
    return place


def path_of(place: str) -> Path:
    """The file at this place."""
    return folder() / place
