"""What a server answers, as typed records. A field that this version does not know stays in `raw`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from dataferry.messages import LANGUAGES, UnavailableError, current_language, say

R = TypeVar("R", bound="Record")


@dataclass(frozen=True, kw_only=True)
class Record:
    """One JSON object of the API."""

    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def of(cls: type[R], value: Any) -> R:
        """The record in `value`.

        Raises:
            UnavailableError: `client.strange_answer`, the server answered another form than its document says.
        """
        if not isinstance(value, Mapping):
            raise UnavailableError("client.strange_answer", what=cls.__name__)
        given: dict[str, Any] = {"raw": value}
        for each in fields(cls):
            if each.name == "raw":
                continue
            if each.name in value:
                given[each.name] = value[each.name]
            elif each.default is MISSING and each.default_factory is MISSING:
                raise UnavailableError("client.strange_answer", what=f"{cls.__name__}.{each.name}")
        return cls(**given)


def words(value: Any) -> str:
    """A text in the language of the caller, from `{language: text}`, `{language: {"text": ...}}` or plain text."""
    if not isinstance(value, Mapping):
        return str(value or "")
    for language in (current_language(), *LANGUAGES):
        said = value.get(language)
        text = said.get("text") if isinstance(said, Mapping) else said
        if isinstance(text, str) and text.strip():
            return text
    return ""


@dataclass(frozen=True, kw_only=True)
class Person(Record):
    """Who the token belongs to."""

    id: int
    display_name: str = ""
    email: str = ""
    language: str = ""
    scopes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Dataset(Record):
    """A dataset of the catalogue. `title` and `description` are texts by language, with their provenance."""

    slug: str
    title: Any = None
    description: Any = None
    city: str = ""
    publisher: str = ""
    licence: str = "unknown"
    visibility: str = ""


@dataclass(frozen=True, kw_only=True)
class Column(Record):
    """A column of a snapshot's table."""

    name: str
    type: str = ""
    unit: str = ""
    nulls: int | None = None
    distinct: int | None = None


@dataclass(frozen=True, kw_only=True)
class SnapshotRecord(Record):
    """One state of a dataset: bytes by their sha256."""

    sha256: str
    dataset: str
    bytes: int
    file_name: str = ""
    rows: int | None = None
    received_at: str = ""


@dataclass(frozen=True, kw_only=True)
class Upload(Record):
    """Bytes that were received, and how far their reading is."""

    id: int
    state: str
    dataset: str
    outcome: str = ""
    sha256: str = ""
    file_name: str = ""
    error: Any = None


@dataclass(frozen=True, kw_only=True)
class Job(Record):
    """Work in the background."""

    id: int
    state: str
    kind: str = ""
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Product(Record):
    """A data product: a name under which releases appear."""

    name: str
    title: Any = None
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReleaseRecord(Record):
    """An immutable release. `document` is its release.json where the server gave it."""

    name: str
    version: str
    digest: str
    published: bool = False
    document: Any = None


@dataclass(frozen=True, kw_only=True)
class Source(Record):
    """What a release was built from. `inputs` are objects with name, dataset, snapshot, bytes, file_name, product."""

    name: str
    version: str
    digest: str
    manifest: str
    recipe: str
    inputs: list[Any]


@dataclass(frozen=True, kw_only=True)
class Draft(Record):
    """A product being written. `etag` names its revision; a change needs it."""

    slug: str
    revision: int
    manifest: str = ""
    recipe: str = ""
    inputs: list[Any] = field(default_factory=list)
    etag: str = ""


@dataclass(frozen=True, kw_only=True)
class Build(Record):
    """A build: queued, running, done, failed or cancelled."""

    id: int
    state: str
    name: str = ""
    version: str = ""
    step: Any = None
    share: float | None = None
    error: Any = None
    digest: str | None = None

    @property
    def is_open(self) -> bool:
        return self.state in {"queued", "running"}


def failure_words(error: Any) -> str:
    """Why something failed, as the server says it."""
    if not isinstance(error, Mapping):
        return str(error or "")[:1000]
    for key in ("message", "detail", "text"):
        if isinstance(error.get(key), str) and error[key]:
            return str(error[key])[:2000]
    code, data = str(error.get("code", "")), error.get("data")
    try:
        return say(code, data if isinstance(data, Mapping) else {})
    except (KeyError, ValueError, OSError, ModuleNotFoundError):
        return code
