"""The catalogue in the form of the API: what goes out, what comes in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import ConfigDict

from dataferry.server.catalogue.dataset_queries import newest_snapshots
from dataferry.server.catalogue.models import Column, Dataset, Snapshot, Upload
from dataferry.server.catalogue.search import Hit


class TextOut(Schema):
    text: str = Field(description="The text.")
    provenance: str = Field(description="Where it came from: `published`, `human`, `machine` or `converted`.")


Texts = dict[str, TextOut]
_TEXTS = "per language (`en`, `zh-Hant`, `zh-Hans`); only what was written, nothing converted."


class SnapshotBrief(Schema):
    sha256: str = Field(description="Digest of the bytes, the snapshot's name.")
    number: int = Field(description="Its place in its distribution's history, from 1.")
    distribution: str = Field(description="Form of the dataset that it belongs to.")
    dataset: str = Field(description="Name of the dataset.")
    bytes: int = Field(description="Size of the file.")
    file_name: str = Field(description="Name of the file as it was received, cleaned.")
    format: str = Field(description="What the content is, such as `delimited`, `xlsx`, `geojson`.")
    rows: int = Field(description="Rows of the table.")
    has_geometry: bool = Field(description="Whether the table has places.")
    table_sha256: str = Field(description="Digest of the table as GeoParquet.")
    received_at: datetime = Field(description="When it was read.")


class DatasetOut(Schema):
    slug: str = Field(description="Name of the dataset in addresses.")
    title: Texts = Field(description=f"Title {_TEXTS}")
    description: Texts = Field(description=f"Description {_TEXTS}")
    keywords: Texts = Field(description=f"Keywords, with commas between them, {_TEXTS}")
    city: str = Field(description="`hong-kong`, `shanghai` or empty.")
    publisher: str = Field(description="Who published the data.")
    organisation: str = Field(description="Slug of the organisation it belongs to; empty for none.")
    licence: str = Field(description="Id of the licence; `unknown` where nobody stated it.")
    source: str = Field(description="Where the data came from.")
    attribution: str = Field(description="Whom to name when using it.")
    synthetic: bool = Field(description="Whether the data are made up.")
    visibility: str = Field(description="`private` or `public`.")
    withdrawn_at: datetime | None = Field(description="When it was withdrawn; null where it was not.")
    created_at: datetime = Field(description="When it was created.")
    updated_at: datetime = Field(description="When it was last changed.")
    revision: int = Field(description="Counts the changes; its entity tag is `r<revision>`.")
    snapshot: SnapshotBrief | None = Field(description="The newest snapshot; null where there is none yet.")


class CountOut(Schema):
    value: str = Field(description="Value of the facet, as the filter takes it.")
    count: int = Field(description="How many datasets have it.")


class DatasetsOut(Schema):
    items: list[DatasetOut] = Field(description="The datasets of this page, in order.")
    next: str | None = Field(description="Cursor of the next page; null on the last one.")
    near: bool = Field(description="Nothing meets all words; these meet some of them.")
    total: int | None = Field(None, description="How many datasets meet the question; null where not asked for.")
    at_least: bool = Field(False, description="There may be more than `total`, and more of each value.")
    facets: dict[str, list[CountOut]] = Field(
        default_factory=dict, description="Values of each facet with their numbers, where `facets=true` asked for them."
    )


class ColumnOut(Schema):
    position: int = Field(description="Place in the table, from 1.")
    name: str = Field(description="Name in the table.")
    source_name: str = Field(description="Name in the file.")
    type: str = Field(description="Type of its values.")
    title: Texts = Field(description=f"Title {_TEXTS}")
    unit: str = Field(description="Unit of its values; empty where nobody stated it.")
    nulls: int = Field(description="How many values are missing.")
    distinct: int | None = Field(description="How many different values there are; null where not counted.")
    crs: str = Field(description="Datum of its places; empty where it has none, or an unknown one.")


class SnapshotOut(SnapshotBrief):
    media_type: str = Field(description="Media type by the file's name.")
    language: str = Field(description="Language of the content; empty where not stated.")
    previous: str | None = Field(description="Digest of the snapshot before; null for the first.")
    schema_fingerprint: str = Field(description="Digest of names, types and datums of the columns.")
    read_options: dict[str, Any] = Field(description="What was declared about the file.")
    columns: list[ColumnOut] = Field(description="Columns of the table.")
    read_report: dict[str, Any] = Field(description="What was found and done when it was read.")
    profile: dict[str, Any] = Field(description="Figures of each column.")


class UploadOut(Schema):
    id: int = Field(description="Number of the upload.")
    dataset: str = Field(description="Name of the dataset.")
    state: str = Field(description="`waiting`, `done` or `failed`.")
    outcome: str = Field(description="`new` snapshot, or `same` bytes as the newest; empty until done.")
    sha256: str = Field(description="Digest of the bytes.")
    bytes: int = Field(description="Size of the file.")
    file_name: str = Field(description="Name of the file, cleaned.")
    read_options: dict[str, Any] = Field(description="What was declared about the file.")
    snapshot: str | None = Field(description="Digest of the snapshot; null until done.")
    error: dict[str, Any] | None = Field(description="Code and data of the reason, where it failed.")
    job: int | None = Field(description="Number of the job that reads it.")
    share: float | None = Field(description="How far the reading is, 0 to 1.")
    received_at: datetime = Field(description="When it was received.")
    finished_at: datetime | None = Field(description="When it ended; null while it waits.")


class RowsOut(Schema):
    columns: list[str] = Field(description="Names of the columns, in the order of the values.")
    rows: list[list[Any]] = Field(description="Values row by row: dates as ISO 8601, places as WKT, bytes in hex.")
    numbers: list[int] = Field(description="Number of each row in the table, from 1.")
    next: int | None = Field(description="`after` of the next page; null on the last one.")


class ChangesIn(Schema):
    """The fields to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: dict[str, str] | None = Field(None, description="Title per language; replaces all languages.")
    description: dict[str, str] | None = Field(None, description="Description per language.")
    keywords: dict[str, str] | None = Field(None, description="Keywords per language, with commas between them.")
    city: str | None = Field(None, description="`hong-kong`, `shanghai` or empty.")
    publisher: str | None = Field(None, description="Who published the data.")
    organisation: str | None = Field(None, description="Slug of an organisation of yours; empty for none.")
    licence: str | None = Field(None, description="Id of the licence.")
    source: str | None = Field(None, description="Where the data came from.")
    attribution: str | None = Field(None, description="Whom to name when using it.")
    synthetic: bool | None = Field(None, description="Whether the data are made up.")


class RetryIn(Schema):
    model_config = ConfigDict(extra="forbid")

    options: dict[str, Any] = Field(default_factory=dict, description="What to declare about the file this time.")


class ProductIn(Schema):
    model_config = ConfigDict(extra="forbid")

    snapshots: list[str] = Field(
        description="Digests of snapshots, each an input of the product.", min_length=1, max_length=20
    )


def snapshot_brief(snapshot: Snapshot, dataset: Dataset) -> dict[str, Any]:
    names = ("sha256", "number", "bytes", "file_name", "format", "rows", "has_geometry", "table_sha256", "received_at")
    values = {name: getattr(snapshot, name) for name in names}
    return {**values, "distribution": snapshot.distribution.name, "dataset": dataset.slug}


def dataset_out(dataset: Dataset, snapshot: Snapshot | None) -> dict[str, Any]:
    names = (
        *("slug", "title", "description", "keywords", "city", "publisher", "licence", "source", "attribution"),
        *("synthetic", "visibility", "withdrawn_at", "created_at", "updated_at", "revision"),
    )
    values = {name: getattr(dataset, name) for name in names}
    organisation = dataset.organisation.slug if dataset.organisation_id and dataset.organisation else ""
    newest = snapshot_brief(snapshot, dataset) if snapshot else None
    return {**values, "organisation": organisation, "snapshot": newest}


def one_dataset_out(dataset: Dataset) -> dict[str, Any]:
    return dataset_out(dataset, newest_snapshots([dataset]).get(dataset.pk))


def hit_out(hit: Hit) -> dict[str, Any]:
    return dataset_out(hit.dataset, hit.snapshot)


def column_out(column: Column) -> dict[str, Any]:
    names = ("position", "name", "source_name", "type", "title", "unit", "nulls", "distinct", "crs")
    return {name: getattr(column, name) for name in names}


def snapshot_out(snapshot: Snapshot) -> dict[str, Any]:
    dataset = snapshot.distribution.dataset
    before = Snapshot.objects.filter(next=snapshot).values_list("sha256", flat=True).first()
    return {
        **snapshot_brief(snapshot, dataset),
        "media_type": snapshot.distribution.media_type,
        "language": snapshot.distribution.language,
        "previous": before,
        "schema_fingerprint": snapshot.schema_fingerprint,
        "read_options": snapshot.read_options,
        "columns": [column_out(column) for column in snapshot.columns.all()],
        "read_report": snapshot.read_report,
        "profile": snapshot.profile,
    }


def upload_out(upload: Upload) -> dict[str, Any]:
    names = ("state", "outcome", "sha256", "bytes", "file_name", "read_options", "error", "received_at", "finished_at")
    return {
        "id": upload.pk,
        "dataset": upload.dataset.slug,
        **{name: getattr(upload, name) for name in names},
        "snapshot": upload.snapshot.sha256 if upload.snapshot_id and upload.snapshot else None,
        "job": upload.job_id,
        "share": upload.job.share if upload.job_id and upload.job else None,
    }
