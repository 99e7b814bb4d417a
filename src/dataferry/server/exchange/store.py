"""Where papers of registrations and listings lie: below the data home, named by what is in them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    """The folder of all papers."""
    return Path(settings.HOME) / "exchange" / "papers"


def place_of(sha256: str) -> str:
    """Where a file with this digest lies, relative to `folder()`."""
    return f"{sha256[:2]}/{sha256}"


def keep(file: Path, sha256: str) -> str:
    """Move a file in. Returns its place; the same bytes have one place."""
    place = place_of(sha256)
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
