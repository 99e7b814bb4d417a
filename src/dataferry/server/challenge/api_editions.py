"""Editions over the API: what is public of them, their file, and their amendments with the site's signature."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Schema

from dataferry.server.challenge.amendment_document import amendment_document
from dataferry.server.challenge.models import Edition, EditionVersion
from dataferry.server.challenge.queries import editions as queries
from dataferry.server.people.authentication import anyone
from dataferry.server.web.api import Cursor, Limit, Page, api_router, downloads, keyset_page

router = api_router("editions")


class EditionEntry(Schema):
    slug: str = Field(description="Name of the edition in addresses.")
    title: dict[str, str] = Field(description="Title in `en`, `zh-Hant` and `zh-Hans`.")
    state: str = Field(description="Where it stands in its life, such as `announced`, `open` or `final`.")
    synthetic: bool = Field(description="Whether it is a rehearsal with made-up people.")
    version: int = Field(description="Number of the newest version of its file.")
    digest: str = Field(description="SHA-256 of the meaning of its file.")
    announced_at: datetime | None = Field(description="When it was announced; null for a draft.")


class EditionOut(EditionEntry):
    document: dict[str, Any] = Field(description="The file as plain values; items stand in lists under their `code`.")


class AmendmentEntry(Schema):
    number: int = Field(description="Version of the file that the amendment made.")
    made_at: datetime = Field(description="When.")
    reason: str = Field(description="Why, in the organisers' words.")
    digest: str = Field(description="SHA-256 of the meaning of the file from then on.")
    changes: int = Field(description="How many values it changed.")


class AmendmentOut(AmendmentEntry):
    signed: dict[str, Any] = Field(description="What the signature is of, as canonical JSON: sorted keys, no spaces.")
    key: str = Field(description="Id of the site's Ed25519 key.")
    signature: str = Field(description="The signature in hexadecimal.")


@router.get(
    "/editions", response=Page[EditionEntry], auth=anyone, operation_id="list_editions", summary="List editions"
)
def list_editions(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Editions of the challenge that the caller may see, newest first."""
    rows = keyset_page(queries.visible_editions(request.user), ("-created_at", "-pk"), cursor, limit)
    return rows.map(_entry)


@router.get("/editions/{slug}", response=EditionOut, auth=anyone, operation_id="get_edition", summary="Read an edition")
def get_edition(request: HttpRequest, slug: str) -> Any:
    """An edition with its whole file as JSON."""
    edition = queries.edition_of(request.user, slug)
    return {**_entry(edition), "document": edition.document}


@router.get(
    "/editions/{slug}/file",
    response={200: bytes},
    auth=anyone,
    operation_id="get_edition_file",
    summary="Read the file of an edition",
    openapi_extra=downloads("text/plain"),
)
def get_edition_file(request: HttpRequest, slug: str) -> Any:
    """The newest version of its file, as its organisers wrote it: YAML in UTF-8."""
    version = queries.newest_version(queries.edition_of(request.user, slug))
    return HttpResponse(version.source, content_type="text/plain; charset=utf-8")


@router.get(
    "/editions/{slug}/amendments",
    response=Page[AmendmentEntry],
    auth=anyone,
    operation_id="list_amendments",
    summary="List the amendments of an edition",
)
def list_amendments(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Its public amendments, newest first."""
    edition = queries.edition_of(request.user, slug)
    return keyset_page(queries.amendments_of(edition), ("-number",), cursor, limit, scope=slug).map(_amendment)


@router.get(
    "/editions/{slug}/amendments/{number}",
    response=AmendmentOut,
    auth=anyone,
    operation_id="get_amendment",
    summary="Read an amendment",
)
def get_amendment(request: HttpRequest, slug: str, number: int) -> Any:
    """One amendment with every change and the site's signature."""
    version = queries.amendment_of(queries.edition_of(request.user, slug), number)
    signature = queries.signature_of(version)
    return {
        **_amendment(version),
        "signed": amendment_document(version, queries.previous_digest(version)),
        "key": signature.key if signature else "",
        "signature": signature.value if signature else "",
    }


def _entry(edition: Edition) -> dict[str, Any]:
    return {
        "slug": edition.slug,
        "title": edition.document["title"],
        "state": str(edition.state),
        "synthetic": edition.synthetic,
        "version": edition.version,
        "digest": edition.digest,
        "announced_at": edition.announced_at,
    }


def _amendment(version: EditionVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "made_at": version.made_at,
        "reason": version.reason,
        "digest": version.digest,
        "changes": len(version.changes),
    }
