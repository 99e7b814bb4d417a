"""Files that a room keeps for good: below the data home, named by what is in them, readable by the house alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from django.conf import settings


class KeptFiles:
    """The kept files of one room.

    The same bytes have one place, which is never written twice: a file that is there may be relied on by other rows.
    """

    def __init__(self, room: str) -> None:
        self.room = room

    def folder(self) -> Path:
        """The folder of all files of the room."""
        return Path(settings.HOME) / self.room / "files"

    def keep(self, file: Path, sha256: str) -> str:
        """Move a file in. Returns its place, relative to `folder()`."""
        place = f"{sha256[:2]}/{sha256}"
        target = self.path_of(place)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if target.exists():
            file.unlink()
        else:
            shutil.move(file, target)
            os.chmod(target, 0o600)  # noqa: PTH101 - the same call on every platform
        return place

    def path_of(self, place: str) -> Path:
        """The file at this place."""
        return self.folder() / place
