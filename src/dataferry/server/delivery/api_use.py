"""A buyer's use of a delivery over the API: its access keys, and its file for a person's own program."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Schema, Status

from dataferry.server import people
from dataferry.server.delivery import gate, metering
from dataferry.server.delivery.actions import downloads, keys
from dataferry.server.delivery.models import AccessKey, Entitlement
from dataferry.server.delivery.queries import entitlements as queries
from dataferry.server.people.authentication import member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("delivery")

LARGEST_ID = 2**63 - 1
Number = Annotated[str, Path(max_length=20, description="Number of the delivery, such as `E-2026-0001`.")]
KeyNumber = Annotated[int, Path(description="Number of the key.")]
Scope = Literal["share", "files", "rows", "answers"]


class AccessKeyOut(Schema):
    id: int = Field(description="Number of the key.")
    label: str = Field(description="What it is for, as its maker wrote.")
    prefix: str = Field(description="How the key begins.")
    scopes: list[str] = Field(description="What it opens: `share`, `files`, `rows`, `answers`.")
    created_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="Until when it is good.")
    last_used_at: datetime | None = Field(description="When it was last used, to the minute; null for never.")
    revoked_at: datetime | None = Field(description="When it was revoked; null where it was not.")


class AccessKeyMade(AccessKeyOut):
    token: str = Field(description="The key itself. It is in this answer only.")


class AccessKeyIn(Schema):
    scopes: list[Scope] = Field(description="What it opens.", min_length=1, max_length=4)
    days: int = Field(90, description="For how many days it is good.", ge=1, le=keys.MOST_DAYS)
    label: str = Field("", description="What it is for.", max_length=keys.LONGEST_LABEL)


class DownloadIn(Schema):
    format: Literal["parquet", "csv", "geojson", "fgb"] = Field(description="Which kind of file.")


class DownloadOut(Schema):
    name: str = Field(description="What the file is called.")
    address: str = Field(
        description="Path of the file on this site, with its own signature. It takes `Range`; keep it as a secret."
    )
    expires_at: datetime = Field(description="Until when the address is good.")
    sha256: str = Field(description="Digest of the file, 64 hexadecimal digits.")
    bytes: int = Field(description="Size of the file.")
    rows: int = Field(description="Rows in it.")


@router.get(
    "/deliveries/{number}/keys",
    response=Page[AccessKeyOut],
    auth=member("read"),
    operation_id="list_delivery_keys",
    summary="Access keys of a delivery",
)
def list_delivery_keys(request: HttpRequest, number: Number, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Keys that the buyer's people made, the newest first, also those that are revoked or expired."""
    found = _used(request, number)
    return keyset_page(found.keys.all(), ("-created_at", "-pk"), cursor, limit, scope=number).map(_key_out)


@router.post(
    "/deliveries/{number}/keys",
    response={201: AccessKeyMade},
    auth=member("write"),
    operation_id="make_delivery_key",
    summary="Make an access key",
)
def make_delivery_key(request: HttpRequest, number: Number, body: AccessKeyIn, response: HttpResponse) -> Any:
    """A key for the doors of this delivery: Delta Sharing, files, rows, answers. The house keeps only its digest."""
    found = _used(request, number)
    made, token = keys.issue_key(signed_in_person(request), found, body.scopes, body.days, body.label)
    response["Cache-Control"] = "private, no-store"
    return Status(201, {**_key_out(made), "token": token})


@router.delete(
    "/deliveries/{number}/keys/{key}",
    response=AccessKeyOut,
    auth=member("write"),
    operation_id="revoke_delivery_key",
    summary="Revoke an access key",
)
def revoke_delivery_key(request: HttpRequest, number: Number, key: KeyNumber) -> Any:
    """The key, and every address of a file that was given to it, is of no use from now on."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    row = queries.key_of(user, found, key if 0 < key <= LARGEST_ID else 0)
    return _key_out(keys.revoke_key(user, row))


@router.post(
    "/deliveries/{number}/downloads",
    response={201: DownloadOut},
    auth=member("read"),
    operation_id="download_delivery",
    summary="Download a delivery",
)
def download_delivery(request: HttpRequest, number: Number, body: DownloadIn, response: HttpResponse) -> Any:
    """The newest version as one file, cut to the contract: where it lies for some hours. It is counted as a download.

    503 with `Retry-After` while a large table is prepared.
    """
    admission = gate.admit(_used(request, number), gate.Door.FILES)
    made = downloads.download(admission, body.format, request.headers.get(metering.HEADER, ""))
    response["Cache-Control"] = "private, no-store"
    file = made.made.file
    return Status(
        201,
        {
            "name": made.name,
            "address": made.address.path,
            "expires_at": made.address.expires,
            "sha256": file["sha256"],
            "bytes": file["bytes"],
            "rows": made.rows,
        },
    )


def _used(request: HttpRequest, number: str) -> Entitlement:
    """A delivery that the caller's organisation bought.

    Raises:
        MissingError: there is none that they see. RefusedError: it is another's to use.
    """
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    people.require(user, "delivery.use", found)
    return found


def _key_out(key: AccessKey) -> dict[str, Any]:
    names = ("label", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    return {"id": key.pk, **{name: getattr(key, name) for name in names}}
