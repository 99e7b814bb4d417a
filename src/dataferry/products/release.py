"""A release as it is handed on: release.json in a folder with its files, every file with its sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr

from dataferry.messages import InputError, MissingError
from dataferry.products.digest import table_digest
from dataferry.products.manifest import Column
from dataferry.products.release_document import ReleaseDocument, read_release_json
from dataferry.tables import read_geoparquet


class Release(ReleaseDocument):
    """A release: what release.json says, and the folder it was loaded from."""

    _folder: Path | None = PrivateAttr(default=None)

    @property
    def folder(self) -> Path:
        """The folder it was loaded from.

        Raises:
            MissingError: it was not loaded from a folder.
        """
        if self._folder is None:
            raise MissingError("products.no_release", folder="?")
        return self._folder

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)

    @classmethod
    def load(cls, folder: Path | str, check: bool = True) -> Release:
        """Read a release folder; with `check`, compare the size and sha256 of every file.

        Raises:
            MissingError: no release.json, or a file is gone.
            InputError: not a release, or a file is not the one that was built (all are named).
        """
        folder = Path(folder)
        release, _ = read_release_json(folder, cls)
        release._folder = folder  # noqa: SLF001 - this class's own
        if check:
            wrong = [name for name, right in release.check_files() if not right]
            if wrong:
                raise InputError("products.release_altered", folder=str(folder), files=wrong)
        return release

    def check_files(self) -> Iterator[tuple[str, bool]]:
        """Every file that release.json lists, and whether it is the one that was built."""
        for entry in self.files:
            path = confined(self.folder, entry.name)
            right = path is not None and path.is_file() and path.stat().st_size == entry.bytes
            yield entry.name, bool(right and path is not None and file_sha256(path) == entry.sha256)

    def declared_columns(self) -> list[Column]:
        """The columns as product.yaml declared them, for the digest."""
        data = [column.model_dump(by_alias=True, include=set(Column.model_fields)) for column in self.output.columns]
        return [Column.model_construct(**column) for column in data]

    def recompute_digest(self) -> str:
        """The digest of data.parquet as it lies there now."""
        table = read_geoparquet(self.folder / "data.parquet")
        return table_digest(table, self.declared_columns(), self.output.key, self.output.crs)


def confined(folder: Path, name: str) -> Path | None:
    """The path of a file of the release, or `None` when its name leads elsewhere."""
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError):
        return None
    return path if path.is_relative_to(folder.resolve()) else None


def file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
