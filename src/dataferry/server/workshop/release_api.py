"""Products and their releases over the API."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Query

from dataferry.server.people.authentication import anyone, member
from dataferry.server.web.api import Cursor, Limit, Page, downloads, expensive, keyset_page
from dataferry.server.workshop import actions, api_forms, queries
from dataferry.server.workshop.api_forms import ProductOut, ReleaseEntry, ReleaseOut, SourceOut
from dataferry.server.workshop.api_router import router
from dataferry.server.workshop.compare import compare_releases
from dataferry.server.workshop.compared import ComparisonOut
from dataferry.server.workshop.files import file_answer

Words = Annotated[str, Query(max_length=200, description="Words that its name or texts hold, in any language.")]
MEDIA = ("application/vnd.apache.parquet", "text/csv", "application/geo+json", "application/octet-stream")


@router.get(
    "/products", response=Page[ProductOut], auth=anyone, operation_id="list_products", summary="Find data products"
)
def list_products(request: HttpRequest, q: Words = "", limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Products with a published release, and the caller's own, by name."""
    products = queries.visible_products(request.user, q)
    return keyset_page(products, ("slug",), cursor, limit, scope=q).map(api_forms.product_out)


@router.get(
    "/products/{name}", response=ProductOut, auth=anyone, operation_id="get_product", summary="Read a data product"
)
def get_product(request: HttpRequest, name: str) -> Any:
    """A product with a release that the caller may see."""
    return api_forms.product_out(queries.product_of(request.user, name))


@router.get(
    "/products/{name}/releases",
    response=Page[ReleaseEntry],
    auth=anyone,
    operation_id="list_releases",
    summary="List the releases of a product",
)
def list_releases(request: HttpRequest, name: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """The releases that the caller may see, newest first."""
    queries.product_of(request.user, name)
    rows = keyset_page(queries.versions_of(request.user, name), ("-pk",), cursor, limit, scope=name)
    return rows.map(api_forms.release_entry)


@router.get(
    "/releases/{name}/{version}",
    response=ReleaseOut,
    auth=anyone,
    operation_id="get_release",
    summary="Read a release",
    tags=["releases"],
)
def get_release(request: HttpRequest, name: str, version: str) -> Any:
    """A release with its whole release.json."""
    return api_forms.release_out(queries.release_or_missing(request.user, name, version))


@router.get(
    "/releases/{name}/{version}/files/{path:file}",
    response={200: bytes},
    auth=anyone,
    operation_id="get_release_file",
    summary="Download a file of a release",
    tags=["releases"],
    openapi_extra=downloads(*MEDIA),
)
def get_release_file(request: HttpRequest, name: str, version: str, file: str) -> Any:
    """One of the files that release.json lists, whole or a range of it."""
    return file_answer(request, queries.release_or_missing(request.user, name, version), file)


@router.get(
    "/releases/{name}/{version}/source",
    response=SourceOut,
    auth=anyone,
    operation_id="get_release_source",
    summary="Read what a release was built from",
    tags=["releases"],
)
def get_release_source(request: HttpRequest, name: str, version: str) -> Any:
    """product.yaml, the recipe and the digests of all inputs: enough to build the same release again."""
    return api_forms.source_out(queries.release_or_missing(request.user, name, version))


@router.post(
    "/releases/{name}/{version}/publish",
    response=ReleaseEntry,
    auth=member("publish"),
    operation_id="publish_release",
    summary="Publish a release",
    tags=["releases"],
)
def publish_release(request: HttpRequest, name: str, version: str) -> Any:
    """Open a release to everybody. It stays open: a correction is a new version."""
    release = queries.release_or_missing(request.user, name, version)
    actions.publish_release(request.user, release)
    return api_forms.release_entry(queries.release_or_missing(request.user, name, version))


@router.get(
    "/releases/{name}/{version}/compare/{other}",
    response=ComparisonOut,
    auth=anyone,
    operation_id="compare_releases",
    summary="Compare two releases of a product",
    tags=["releases"],
)
@expensive
def compare(request: HttpRequest, name: str, version: str, other: str) -> Any:
    """What changed from `version` to `other`: rows, columns, figures, inputs, evidence, digest."""
    before = queries.release_or_missing(request.user, name, version)
    after = queries.release_or_missing(request.user, name, other)
    return compare_releases(before, after).to_json()
