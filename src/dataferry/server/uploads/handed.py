"""A file that somebody handed in, as the actions of rooms take it."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Handed(Protocol):
    """A file that is now ours: what `uploads.take` and `uploads.from_form` answer."""

    @property
    def path(self) -> Path: ...
    @property
    def name(self) -> str: ...
    @property
    def bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...
