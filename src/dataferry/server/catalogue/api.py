"""The API of the catalogue: datasets, snapshots and their files and rows, uploads."""

from __future__ import annotations

import json
from typing import Annotated, Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from ninja import File, Form, Query, Status, UploadedFile

from dataferry.messages import InputError, RefusedError
from dataferry.server.catalogue import actions, queries
from dataferry.server.catalogue.api_rows import rows_of
from dataferry.server.catalogue.api_shapes import (
    ChangesIn,
    DatasetOut,
    DatasetsOut,
    ProductIn,
    RetryIn,
    RowsOut,
    SnapshotBrief,
    SnapshotOut,
    UploadOut,
    hit_out,
    one_dataset_out,
    snapshot_brief,
    snapshot_out,
    upload_out,
)
from dataferry.server.catalogue.models import Dataset, Snapshot
from dataferry.server.catalogue.receiving import received_file
from dataferry.server.catalogue.store import bytes_of, table_of
from dataferry.server.people.authentication import anyone, member
from dataferry.server.web.api import Cursor, Limit, Page, api_router, downloads, etags, expensive, keyset_page
from dataferry.server.web.files import serve

router = api_router("datasets")

LARGEST_ID = 2**63 - 1
PARQUET = "application/vnd.apache.parquet"
Facet = Annotated[str, Query(max_length=300)]
About = Annotated[
    str,
    Form(
        max_length=200_000,
        description="JSON: title, description, keywords per language; city, publisher, ...; options.",
    ),
]
_OPTIONS = ("options", "distribution", "language", "file_source")
_CREATING = ("slug", "organisation")


@router.get("/datasets", response=DatasetsOut, auth=anyone, operation_id="list_datasets", summary="Search datasets")
def list_datasets(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=500, description="Words, in any of the languages and scripts.")] = "",
    city: Annotated[str, Query(max_length=20, description="`hong-kong` or `shanghai`.")] = "",
    format: Annotated[str, Query(max_length=20, description="What the content is.")] = "",  # noqa: A002
    licence: Annotated[str, Query(max_length=64, description="Id of the licence.")] = "",
    geometry: Annotated[str, Query(max_length=3, description="`yes`: has places; `no`: has none.")] = "",
    publisher: Annotated[str, Query(max_length=300, description="Who published the data.")] = "",
    organisation: Annotated[str, Query(max_length=18, description="Number of an organisation.")] = "",
    language: Annotated[str, Query(max_length=10, description="Language of the content.")] = "",
    updated: Annotated[str, Query(max_length=5, description="Changed in the last `week`, `month` or `year`.")] = "",
    facets: Annotated[bool, Query(description="Also count the values of each facet.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Datasets that meet all words and filters, the best match first, without words the newest change first."""
    chosen = {
        "city": city,
        "format": format,
        "licence": licence,
        "geometry": geometry,
        "publisher": publisher,
        "organisation": organisation,
        "language": language,
    }
    after = queries.position_of(cursor or "")
    found = queries.search(request.user, q, chosen, updated=updated, after=after, limit=limit)
    answer: dict[str, Any] = {
        "items": [hit_out(hit) for hit in found.hits],
        "next": queries.cursor_of(found.after) if found.after else None,
        "near": found.near,
    }
    if facets:
        counts = queries.facet_counts(request.user, q, chosen, updated=updated)
        answer["total"], answer["at_least"] = counts.total, counts.at_least
        answer["facets"] = {
            name: [{"value": value, "count": count} for value, count in values]
            for name, values in counts.facets.items()
        }
    return answer


def _about(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InputError("server.catalogue.bad_json", field="about")
    return value


def _received(request: HttpRequest, dataset: Dataset | None, text: str) -> Any:
    """The upload that a multipart request brings, with what its `about` says."""
    file, about = received_file(request), _about(text)
    given = {name: about.pop(name) for name in (*_OPTIONS, *_CREATING) if name in about}
    texts = {name: given[name] for name in given if name != "options"}
    if not all(isinstance(value, str) for value in texts.values()) or (dataset is not None and about):
        raise InputError("server.catalogue.bad_field", field=next(iter(about), "about"))
    options = given.get("options")
    if options is not None and not isinstance(options, dict):
        raise InputError("server.catalogue.bad_option", field="options")
    return actions.receive_upload(
        request.user,
        dataset,
        file,
        file.name or "file",
        options=options,
        metadata=about,
        organisation=str(given.get("organisation", "")),
        slug=str(given.get("slug", "")),
        distribution=str(given.get("distribution", "")),
        language=str(given.get("language", "")),
        source=str(given.get("file_source", "")),
    )


UploadedPart = Annotated[UploadedFile | None, File(description="The file.")]


@router.post(
    "/datasets",
    response={202: UploadOut},
    auth=member("write"),
    operation_id="create_dataset",
    summary="Create a dataset from a file",
)
@expensive
def create_dataset(request: HttpRequest, file: UploadedPart = None, about: About = "{}") -> Any:
    """A new private dataset with this file as its first snapshot, which is read in the background."""
    return Status(202, upload_out(_received(request, None, about)))


@router.post(
    "/datasets/{slug}/uploads",
    response={202: UploadOut},
    auth=member("write"),
    operation_id="upload_file",
    summary="Upload the next file of a dataset",
)
@expensive
def upload_file(request: HttpRequest, slug: str, file: UploadedPart = None, about: About = "{}") -> Any:
    """The file becomes the next snapshot, unless it is the same as the newest. It is read in the background."""
    dataset = queries.dataset_of(request.user, slug)
    return Status(202, upload_out(_received(request, dataset, about)))


@router.get(
    "/uploads/{number}", response=UploadOut, auth=member("read"), operation_id="get_upload", summary="An upload"
)
def get_upload(request: HttpRequest, number: int) -> Any:
    """How far an upload is, and why it failed where it did."""
    return upload_out(queries.upload_of(request.user, _row_number(number)))


@router.post(
    "/uploads/{number}/retry",
    response={202: UploadOut},
    auth=member("write"),
    operation_id="retry_upload",
    summary="Read a failed upload again",
)
@expensive
def retry_upload(request: HttpRequest, number: int, body: RetryIn) -> Any:
    """Read the same bytes again with what is declared now."""
    upload = queries.upload_of(request.user, _row_number(number))
    return Status(202, upload_out(actions.retry_upload(request.user, upload, body.options)))


def _row_number(number: int) -> int:
    return number if 0 < number <= LARGEST_ID else 0


@router.get("/datasets/{slug}", response=DatasetOut, auth=anyone, operation_id="get_dataset", summary="A dataset")
def get_dataset(request: HttpRequest, response: HttpResponse, slug: str) -> Any:
    """What is known of a dataset, with its newest snapshot."""
    dataset = queries.dataset_of(request.user, slug)
    etags.stamp(response, dataset.revision)
    return one_dataset_out(dataset)


@router.patch(
    "/datasets/{slug}",
    response=DatasetOut,
    auth=member("write"),
    operation_id="change_dataset",
    summary="Change a dataset",
)
def change_dataset(request: HttpRequest, response: HttpResponse, slug: str, body: ChangesIn) -> Any:
    """Change what is said about a dataset. `If-Match` names the revision you saw."""
    dataset = queries.dataset_of(request.user, slug)
    etags.require_match(request, dataset.revision)
    changes = {name: value for name, value in body.dict(exclude_unset=True).items() if value is not None}
    organisation = changes.pop("organisation", None)
    dataset = actions.change_dataset(
        request.user, dataset, changes, revision=dataset.revision, organisation=organisation
    )
    etags.stamp(response, dataset.revision)
    return one_dataset_out(dataset)


@router.post(
    "/datasets/{slug}/publish",
    response=DatasetOut,
    auth=member("publish"),
    operation_id="publish_dataset",
    summary="Publish a dataset",
)
def publish_dataset(request: HttpRequest, slug: str) -> Any:
    """Show it to everybody. The same again changes nothing."""
    return one_dataset_out(actions.publish_dataset(request.user, queries.dataset_of(request.user, slug)))


@router.post(
    "/datasets/{slug}/withdraw",
    response=DatasetOut,
    auth=member("publish"),
    operation_id="withdraw_dataset",
    summary="Withdraw a dataset",
)
def withdraw_dataset(request: HttpRequest, slug: str) -> Any:
    """Offer it no longer. Its page and history stay; its files are no longer handed out."""
    return one_dataset_out(actions.withdraw_dataset(request.user, queries.dataset_of(request.user, slug)))


@router.get(
    "/datasets/{slug}/snapshots",
    response=Page[SnapshotBrief],
    auth=anyone,
    operation_id="list_snapshots",
    summary="Snapshots of a dataset",
)
def list_snapshots(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """The history of a dataset, the newest first."""
    dataset = queries.dataset_of(request.user, slug)
    rows = keyset_page(queries.snapshots_of(dataset), ("-pk",), cursor, limit, scope=slug)
    return rows.map(lambda snapshot: snapshot_brief(snapshot, dataset))


@router.get(
    "/datasets/{slug}/snapshots/{sha256}",
    response=SnapshotOut,
    auth=anyone,
    operation_id="get_snapshot_of_dataset",
    summary="A snapshot of a dataset",
)
def get_snapshot_of_dataset(request: HttpRequest, slug: str, sha256: str) -> Any:
    """Columns, profile and read report. `sha256` is the digest or its first 8 or more digits."""
    return snapshot_out(queries.snapshot_of(request.user, slug, sha256))


@router.get(
    "/datasets/{slug}/snapshots/{sha256}/file",
    response={200: bytes},
    auth=anyone,
    operation_id="get_snapshot_file",
    summary="The file as it was received",
    openapi_extra=downloads("application/octet-stream"),
)
def get_snapshot_file(request: HttpRequest, slug: str, sha256: str) -> HttpResponseBase:
    """The bytes of the snapshot, whole or in a range."""
    snapshot = _downloadable(request, queries.snapshot_of(request.user, slug, sha256))
    with bytes_of(snapshot) as path:
        response = serve(request, path, snapshot.sha256, snapshot.received_at.timestamp())
    return _as_file(response, snapshot, snapshot.file_name, "application/octet-stream")


@router.get(
    "/datasets/{slug}/snapshots/{sha256}/table",
    response={200: bytes},
    auth=anyone,
    operation_id="get_snapshot_table",
    summary="The table as GeoParquet",
    openapi_extra=downloads(PARQUET),
)
def get_snapshot_table(request: HttpRequest, slug: str, sha256: str) -> HttpResponseBase:
    """The table that the snapshot was read into, whole or in a range."""
    snapshot = _downloadable(request, queries.snapshot_of(request.user, slug, sha256))
    with table_of(snapshot) as path:
        response = serve(request, path, snapshot.table_sha256, snapshot.received_at.timestamp())
    return _as_file(response, snapshot, f"{slug}-{snapshot.short}.parquet", PARQUET)


@router.get(
    "/snapshots/{sha256}",
    response=SnapshotOut,
    auth=anyone,
    operation_id="get_snapshot",
    summary="A snapshot by digest",
)
def get_snapshot(request: HttpRequest, sha256: str) -> Any:
    """A snapshot of these bytes that you may see, in whichever dataset."""
    return snapshot_out(queries.snapshot_by_digest(request.user, sha256))


@router.get(
    "/snapshots/{sha256}/rows", response=RowsOut, auth=anyone, operation_id="list_rows", summary="Rows of a snapshot"
)
@expensive
def list_rows(
    request: HttpRequest,
    sha256: str,
    limit: Limit = 50,
    after: Annotated[int, Query(ge=0, lt=2**40, description="Number of the last row of the page before.")] = 0,
) -> Any:
    """Rows of the table; filters and order are asked for as in the address of the dataset's page."""
    snapshot = _downloadable(request, queries.snapshot_by_digest(request.user, sha256))
    return rows_of(request, snapshot, limit)


@router.post(
    "/product-folders",
    response={200: bytes},
    auth=member("read"),
    operation_id="start_product",
    summary="Start a product from snapshots",
    openapi_extra={"responses": {200: {"description": "A ZIP file.", "content": {"application/zip": {}}}}},
)
@expensive
def start_product(request: HttpRequest, body: ProductIn) -> HttpResponseBase:
    """A folder that builds at once, as a ZIP file: product.yaml, recipe.sql and the data."""
    snapshots = [queries.snapshot_by_digest(request.user, sha256) for sha256 in body.snapshots]
    folder = actions.product_folder(request.user, snapshots)
    return FileResponse(folder.file, as_attachment=True, filename=f"{folder.name}.zip", content_type="application/zip")


def _downloadable(request: HttpRequest, snapshot: Snapshot) -> Snapshot:
    dataset = snapshot.distribution.dataset
    if not queries.may_download(request.user, dataset):
        raise RefusedError("server.catalogue.no_download", dataset=dataset.slug)
    return snapshot


def _as_file(response: HttpResponseBase, snapshot: Snapshot, name: str, media_type: str) -> HttpResponseBase:
    """What was received may be anything: it is handed over to be saved, never shown in place."""
    if response.status_code in (200, 206):
        response["Content-Type"] = media_type
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    if not snapshot.distribution.dataset.is_public:
        response["Cache-Control"] = "private, no-store"
    return response
