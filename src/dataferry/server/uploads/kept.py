"""Files that a room keeps for good: below the data home, named by what is in them, readable by the house alone."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from dataferry.server.uploads.media_types import ENDINGS
from dataferry.server.web.files import PRIVATE, serve


class Kept(Protocol):
    """The row of a kept file."""

    @property
    def place(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def added_at(self) -> datetime: ...


class KeptFiles:
    """The kept files of one room.

    The same bytes have one place, which is never written twice: a file that is there may be relied on by other rows.
    """

    def __init__(self, room: str, folder: str = "files") -> None:
        self.room, self.name = room, folder

    def folder(self) -> Path:
        """The folder of all files of the room."""
        return Path(settings.HOME) / self.room / self.name

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

    def download(self, request: HttpRequest, row: Kept, name: str) -> HttpResponseBase:
        """A kept file as a download that nobody keeps, and that no browser shows, whatever is in it.

        Args:
            name: of ours, without its ending.
        """
        answer = serve(request, self.path_of(row.place), row.sha256, row.added_at.timestamp(), cache_control=PRIVATE)
        ending = ENDINGS.get(row.media_type, "bin")
        answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
        answer["Content-Type"] = "application/octet-stream"
        return answer
