"""A release as it is handed on: release.json in a folder with its files, every file with its sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from dataferry.messages import Finding, InputError, MissingError, State
from dataferry.products.digest import table_digest
from dataferry.products.manifest import City, Column, ColumnType, Sha256
from dataferry.tables import read_geoparquet

FORMAT = "dataferry-release/1"
RELEASE = "release.json"
_MAX_RELEASE_BYTES = 64 * 1024 * 1024
_BLOCK_BYTES = 1024 * 1024


class Wire(BaseModel):
    """Parts of release.json. Unknown keys are kept, so that a later version can be read."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Words(Wire):
    """A text in the three languages; empty where there is none."""

    en: str
    zh_hant: str = Field(alias="zh-Hant")
    zh_hans: str = Field(alias="zh-Hans")


class OutputColumn(Wire):
    name: str
    type: ColumnType
    unit: str | None
    precision: int | None
    nullable: bool
    title: Words
    description: Words


class OutputTable(Wire):
    rows: int
    key: list[str]
    crs: str | None
    geometry: str | None
    bbox: list[float] | None
    columns: list[OutputColumn]


class InputEvidence(Wire):
    name: str
    title: Words
    publisher: str
    city: City | None
    licence: str
    source: str
    attribution: str
    synthetic: bool
    crs: str | None
    snapshot: Sha256
    bytes: int
    rows: int
    file: str
    read_report: dict[str, Any]


class FileEntry(Wire):
    name: str
    media_type: str
    bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Evidence(Wire):
    """The six chips of the evidence strip."""

    source: State
    datum: State
    quality: State
    privacy: State
    licence: State
    border: State


class Release(Wire):
    """release.json, typed. Nested evidence that only pages and people read stays plain JSON."""

    format: Literal["dataferry-release/1"]
    name: str
    version: str
    digest: Sha256
    built_for: datetime
    title: Words
    description: Words
    summary: Words
    cities: list[City]
    licence: str
    synthetic: bool
    output: OutputTable
    map: dict[str, str] | None
    chart: dict[str, str | None] | None
    figures: dict[str, Any] = {}
    inputs: list[InputEvidence]
    lineage: dict[str, Any]
    profile: dict[str, Any]
    quality: dict[str, Any]
    licence_verdict: dict[str, Any]
    privacy: dict[str, Any]
    border: dict[str, Any]
    datum: dict[str, Any]
    evidence: Evidence
    findings: list[dict[str, Any]]
    files: list[FileEntry]
    run: dict[str, Any]
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
        release = cls.model_validate(_read_json(folder))
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


def _read_json(folder: Path) -> Any:
    path = folder / RELEASE
    if not path.is_file():
        raise MissingError("products.no_release", folder=str(folder))
    if path.stat().st_size > _MAX_RELEASE_BYTES:
        raise InputError("products.not_a_release", folder=str(folder), problem="size")
    try:
        value = json.loads(path.read_bytes())
        Release.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError("products.not_a_release", folder=str(folder), problem=f"{place}: {first['type']}") from None
    except (ValueError, RecursionError) as error:
        raise InputError("products.not_a_release", folder=str(folder), problem=str(error)[:200]) from None
    return value


def confined(folder: Path, name: str) -> Path | None:
    """The path of a file of the release, or `None` when its name leads elsewhere."""
    try:
        path = (folder / name).resolve()
    except (OSError, ValueError):
        return None
    return path if path.is_relative_to(folder.resolve()) else None


def file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def findings_of(release: Release) -> list[Finding]:
    """Every finding of a release, as findings."""
    return [Finding.from_json(value) for value in release.findings]
