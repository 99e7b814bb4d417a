"""What is delivered to and by one's organisations, over the API. The data itself leaves by the doors for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Schema

from dataferry.server.delivery import gate, versions
from dataferry.server.delivery.models import Entitlement
from dataferry.server.delivery.queries import entitlements as queries
from dataferry.server.delivery.queries.usage import Line, usage_of
from dataferry.server.people.authentication import member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("delivery")

Number = Annotated[str, Path(max_length=20, description="Number of the delivery, such as `E-2026-0001`.")]
Side = Annotated[
    str, Query(pattern="^(buyer|supplier)$", description="`buyer`: what is delivered to you; `supplier`: by you.")
]


class DeliveryEntry(Schema):
    number: str = Field(description="Number of the delivery.")
    agreement: str = Field(description="Number of the agreement it rests on.")
    product: str = Field(description="Name of the product.")
    supplier: str = Field(description="Number of the supplier as a merchant.")
    buyer: str = Field(description="Number of the buyer as a merchant.")
    state: str = Field(description="granted, suspended, revoked or ended.")
    cause: str = Field(description="Why it is not granted, as a code; empty while it is.")
    share: str = Field(description="Name of its share, for Delta Sharing and the doors of files, rows and answers.")
    granted_at: datetime = Field(description="When delivery began.")
    ends_at: datetime | None = Field(description="When the agreement ends; null where no end was agreed.")


class DeliveryVersion(Schema):
    number: int = Field(description="Number of the version of the shared table.")
    release: str = Field(description="Version of the product.")
    digest: str = Field(description="Digest of the release.")
    since: datetime = Field(description="From when on the listing stood for it.")


class DeliveryOut(DeliveryEntry):
    table: str = Field(description="Name of the table in its share, with share and schema.")
    doors: list[str] = Field(description="Ways that the data leaves: share, files, rows, answers.")
    versions: list[DeliveryVersion] = Field(description="Versions that the agreement includes, the oldest first.")


class UsageLine(Schema):
    day: date = Field(description="First day of the month, in Hong Kong and Shanghai.")
    calls: int = Field(description="Queries, downloads, pages of rows and answers.")
    rows: int = Field(description="Rows that were handed out; of answers their cells.")
    bytes: int = Field(description="Bytes of the files that were handed out.")


class UsageOut(Schema):
    calls: int = Field(description="Calls in all.")
    rows: int = Field(description="Rows in all.")
    bytes: int = Field(description="Bytes in all.")
    calls_today: int = Field(description="Calls since midnight in Hong Kong and Shanghai.")
    rows_today: int = Field(description="Rows since midnight in Hong Kong and Shanghai.")
    months: list[UsageLine] = Field(description="By month, the newest first.")


@router.get(
    "/deliveries",
    response=Page[DeliveryEntry],
    auth=member("read"),
    operation_id="list_deliveries",
    summary="Your deliveries",
)
def list_deliveries(request: HttpRequest, side: Side = "buyer", limit: Limit = 50, cursor: Cursor = None) -> Any:
    """What your organisations may fetch, or what others may fetch from them, the newest first."""
    user = signed_in_person(request)
    rows = queries.received_by(user) if side == "buyer" else queries.supplied_by(user)
    return keyset_page(rows, ("-granted_at", "-pk"), cursor, limit, scope=side).map(_entry)


@router.get(
    "/deliveries/{number}",
    response=DeliveryOut,
    auth=member("read"),
    operation_id="get_delivery",
    summary="A delivery",
)
def get_delivery(request: HttpRequest, number: Number) -> Any:
    """One delivery of your organisations: its share, its versions, the ways its data leaves."""
    found = queries.entitlement_of(signed_in_person(request), number)
    return {
        **_entry(found),
        "table": f"{found.share}.{versions.SCHEMA}.{versions.table_of(found)}",
        "doors": [str(door) for door in gate.doors_of(found.agreement.listing)],
        "versions": [
            {
                "number": each.number,
                "release": each.release.version,
                "digest": each.release.digest,
                "since": each.since,
            }
            for each in versions.versions_of(found)
        ],
    }


@router.get(
    "/deliveries/{number}/usage",
    response=UsageOut,
    auth=member("read"),
    operation_id="get_delivery_usage",
    summary="What was used of a delivery",
)
def get_delivery_usage(request: HttpRequest, number: Number) -> Any:
    """What was fetched, as supplier and buyer both see it."""
    usage = usage_of(queries.entitlement_of(signed_in_person(request), number))
    return {
        **_counts(usage.total),
        "calls_today": usage.today["calls"],
        "rows_today": usage.today["rows"],
        "months": [{"day": line.what, **_counts(line)} for line in usage.months],
    }


def _entry(row: Entitlement) -> dict[str, Any]:
    agreement = row.agreement
    return {
        "number": row.number,
        "agreement": agreement.number,
        "product": agreement.release.product.slug,
        "supplier": agreement.supplier.number,
        "buyer": row.recipient.number,
        "state": row.state,
        "cause": row.reason,
        "share": row.share,
        "granted_at": row.granted_at,
        "ends_at": agreement.ends_at,
    }


def _counts(line: Line) -> dict[str, int]:
    return {"calls": line.calls, "rows": line.rows, "bytes": line.bytes}
