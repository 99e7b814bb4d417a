"""release.json as it goes over the wire: what a release says of itself, typed once for library and server."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from dataferry.messages import InputError, MissingError, State
from dataferry.products.manifest import City, ColumnType, Sha256, Slug, Version

FORMAT = "dataferry-release/1"
RELEASE = "release.json"
_MAX_RELEASE_BYTES = 64 * 1024 * 1024
_SAFE_PART = re.compile(r"[\w][\w .()+-]{0,120}")
_DEEPEST = 4


def _inside(name: str) -> str:
    """A file name that stays inside its folder on every system: plain parts, no parents, no absolute path."""
    parts = name.split("/")
    plain = all(_SAFE_PART.fullmatch(part) and not part.endswith((".", " ")) for part in parts)
    if len(parts) > _DEEPEST or not plain:
        raise PydanticCustomError("file_name", "not a plain file name")
    return name


FileName = Annotated[str, AfterValidator(_inside)]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.+-]+/[a-zA-Z0-9.+-]+(?:; ?[a-z]+=[a-zA-Z0-9-]+)?$")]


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
    """One file of the folder; `name` may lie in folders below it."""

    name: FileName
    media_type: MediaType
    bytes: int = Field(ge=0, strict=True)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Evidence(Wire):
    """The six chips of the evidence strip."""

    source: State
    datum: State
    quality: State
    privacy: State
    licence: State
    border: State


class ReleaseDocument(Wire):
    """release.json, typed. Nested evidence that only pages and people read stays plain JSON."""

    format: Literal["dataferry-release/1"]
    name: Slug
    version: Version
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


Document = TypeVar("Document", bound=ReleaseDocument)


def read_release_json(folder: Path, shape: type[Document]) -> tuple[Document, Any]:
    """The release.json of a folder, typed and as the plain JSON that it is.

    Raises:
        MissingError: `products.no_release`.
        InputError: `products.not_a_release`, with the first thing that is wrong.
    """
    path = folder / RELEASE
    if not path.is_file():
        raise MissingError("products.no_release", folder=str(folder))
    if path.stat().st_size > _MAX_RELEASE_BYTES:
        raise InputError("products.not_a_release", folder=str(folder), problem="size")
    try:
        value = json.loads(path.read_bytes())
        return shape.model_validate(value), value
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError("products.not_a_release", folder=str(folder), problem=f"{place}: {first['type']}") from None
    except (ValueError, RecursionError) as error:
        raise InputError("products.not_a_release", folder=str(folder), problem=str(error)[:200]) from None
