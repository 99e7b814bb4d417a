"""What a release.json must hold before the server trusts it. The rest of it is shown, always as text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from dataferry.messages import InputError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9][0-9A-Za-z.+-]{0,58}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.+-]+/[a-zA-Z0-9.+-]+(?:; ?[a-z]+=[a-zA-Z0-9-]+)?$")]
State = Literal["clear", "attention", "blocked", "unknown"]
LARGEST_DOCUMENT = 64 * 1024 * 1024

_SAFE_PART = re.compile(r"^[\w][\w .()+-]{0,120}$")


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class Words(_Shape):
    """One text in three languages."""

    en: str
    zh_hant: str = Field(alias="zh-Hant")
    zh_hans: str = Field(alias="zh-Hans")


class ReleaseFile(_Shape):
    """One file of the folder. `name` may hold folders below it, never above."""

    name: str
    media_type: MediaType
    bytes: int = Field(ge=0)
    sha256: Sha256


class Column(_Shape):
    name: str
    type: str
    title: Words
    description: Words


class Output(_Shape):
    rows: int = Field(ge=0)
    key: list[str]
    columns: list[Column]


class Evidence(_Shape):
    """The six chips."""

    source: State
    datum: State
    quality: State
    privacy: State
    licence: State
    border: State


class ReleaseDocument(_Shape):
    """The part of release.json that the server acts on."""

    format: Literal["dataferry-release/1"]
    name: Slug
    version: Version
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    title: Words
    description: Words
    summary: Words
    cities: list[str]
    output: Output
    inputs: list[dict[str, Any]]
    evidence: Evidence
    files: list[ReleaseFile]


def safe_name(name: str) -> bool:
    """Whether a file name stays inside its folder on every system: plain parts, no parents, no absolute path."""
    parts = name.split("/")
    return len(parts) <= 4 and all(_SAFE_PART.match(part) and not part.endswith((".", " ")) for part in parts)


def read_document(folder: Path) -> tuple[ReleaseDocument, dict[str, Any]]:
    """The checked part of the release.json in `folder`, and all of it as it stands.

    Raises:
        InputError: `server.workshop.not_a_release`, with the first thing that is wrong.
    """
    file = folder / "release.json"
    try:
        if file.stat().st_size > LARGEST_DOCUMENT:
            raise InputError("server.workshop.not_a_release", file=file.name, why="too large")
        value = json.loads(file.read_text(encoding="utf-8"))
        document = ReleaseDocument.model_validate(value)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError("server.workshop.not_a_release", file=file.name, why=str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError("server.workshop.not_a_release", file=file.name, why=f"{place}: {first['msg']}") from error
    for each in document.files:
        if not safe_name(each.name):
            raise InputError("server.workshop.not_a_release", file=file.name, why=f"files: {each.name}")
    return document, value
