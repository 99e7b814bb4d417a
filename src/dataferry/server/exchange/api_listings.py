"""The two registers over the API: what is for sale with its evidence, and what is registered. Public reading."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Schema

from dataferry.server.exchange.models import Listing, Registration
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.queries import registrations as register
from dataferry.server.exchange.states import ListingState
from dataferry.server.people.authentication import anyone
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("exchange")

Number = Annotated[str, Path(description="Its number in the register or list, such as `L-2026-0001`.")]


class PriceOut(Schema):
    code: str = Field(description="Name of the plan in its listing.")
    kind: str = Field(description="free, one_off, period, per_call, per_row, tiers, trial or negotiated.")
    currency: str = Field(description="HKD or CNY.")
    amount: int = Field(description="In minor units (cents, fen), for `per` units or for one period.")
    per: int = Field(description="How many rows or calls the amount is for.")
    period_days: int | None = Field(description="Length of a period in days; null where there is none.")
    tiers: list[dict[str, Any]] = Field(description="Tiers: `up_to` rows (null: above) and `amount`.")


class ListingEntry(Schema):
    number: str = Field(description="Number on the list of tradable products.")
    registration: str = Field(description="Number in the register of products.")
    title: dict[str, str] = Field(description="Name of the product by language.")
    supplier: str = Field(description="Number of the supplier as a merchant.")
    supplier_name: dict[str, str] = Field(description="Name of the supplier by language.")
    state: str = Field(description="listed, suspended or delisted.")
    level: str = Field(description="Delivery level, S1 to S4.")
    board: str = Field(description="Sector board.")
    kind: str = Field(description="dataset or api.")
    release: str = Field(description="Product and version that is listed now, as `name@version`.")
    digest: str = Field(description="Digest of that release.")
    listed_at: datetime | None = Field(description="When it was listed first.")


class ServedRelease(Schema):
    version: int = Field(description="How many releases had been listed with this one.")
    release: str = Field(description="Product and version, as `name@version`.")
    digest: str = Field(description="Digest of the release.")
    since: datetime = Field(description="From when on the listing stood for it.")


class ListingOut(ListingEntry):
    details: dict[str, Any] = Field(description="The written part of the specification sheet.")
    delivery_modes: list[str] = Field(description="Ways of delivery: files, share, rows, api.")
    evidence: dict[str, str] = Field(description="State of each of the six parts of the evidence strip.")
    clearance: str | None = Field(description="Number of the compliance clearance that it is listed under.")
    scenarios: list[dict[str, Any]] = Field(description="What it is for: code, words, purposes.")
    prices: list[PriceOut] = Field(description="Prices asked now.")
    releases: list[ServedRelease] = Field(description="Releases that it stood for, the newest first.")
    certificate: str | None = Field(description="Serial of its certificate.")


class RegistrationOut(Schema):
    number: str = Field(description="Number in the register of products.")
    state: str = Field(description="notice, objected, certified, expired or cancelled.")
    product: str = Field(description="Name of the product.")
    release: str = Field(description="Product and version that the register names, as `name@version`.")
    digest: str = Field(description="Digest of that release.")
    supplier: str = Field(description="Number of the supplier as a merchant.")
    supplier_name: dict[str, str] = Field(description="Name of the supplier by language.")
    source: str = Field(description="How the supplier came to hold the data: produced, public, authorised, bought.")
    rights: list[str] = Field(description="Rights registered: holding, use, operation.")
    notice_from: datetime | None = Field(description="When its public notice began.")
    notice_until: datetime | None = Field(description="Until when anybody may object.")
    certified_at: datetime | None = Field(description="When it was entered in the register.")
    valid_until: date | None = Field(description="Until which day the entry stands.")
    certificate: str | None = Field(description="Serial of its certificate.")


Words = Annotated[str, Query(max_length=200, description="Words that all must be met, in any of the languages.")]
City = Annotated[str, Query(max_length=40, description="Only data of this city: hong-kong or shanghai.")]
Board = Annotated[str, Query(max_length=40, description="Only this sector board.")]
Licence = Annotated[
    str, Query(max_length=40, description="Only this class of terms: open, share-alike, conditional, unknown.")
]
Price = Annotated[str, Query(max_length=40, description="Only products with a plan of this kind.")]
Level = Annotated[str, Query(max_length=40, description="Only this delivery level.")]


@router.get(
    "/listings", response=Page[ListingEntry], auth=anyone, operation_id="list_listings", summary="Products for sale"
)
def list_listings(
    request: HttpRequest,
    q: Words = "",
    city: City = "",
    board: Board = "",
    licence: Licence = "",
    price: Price = "",
    level: Level = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Products on the list now, the newest first, narrowed by words and facets."""
    given = {"city": city, "board": board, "licence": licence, "price": price, "level": level}
    chosen = {name: value for name, value in given.items() if value}
    scope = f"{q}|{sorted(chosen.items())}"
    return keyset_page(queries.listed(q, chosen), ("-listed_at", "-pk"), cursor, limit, scope=scope).map(_entry)


@router.get(
    "/listings/{number}",
    response=ListingOut,
    auth=anyone,
    operation_id="get_listing",
    summary="Read a product for sale",
)
def get_listing(request: HttpRequest, number: Number) -> Any:
    """One product with its sheet, evidence, prices and releases. Drafts are seen by their supplier and operator."""
    found = queries.listing_of(request.user, number)
    certificate = found.certificates.order_by("-pk").first()
    return {
        **_entry(found),
        "details": found.details,
        "delivery_modes": found.delivery_modes,
        "evidence": found.release.document.get("evidence") or {},
        "clearance": found.clearance.number if found.clearance is not None else None,
        "scenarios": [
            {"code": each.code, "words": each.words, "purposes": each.purposes} for each in found.scenarios.all()
        ],
        "prices": queries.open_plans(found) if found.state == ListingState.LISTED else [],
        "releases": [
            {
                "version": each.version,
                "release": f"{each.release.product.slug}@{each.release.version}",
                "digest": each.release.digest,
                "since": each.since,
            }
            for each in found.releases.select_related("release__product").order_by("-version")
        ],
        "certificate": certificate.serial if certificate is not None else None,
    }


@router.get(
    "/registrations/{number}",
    response=RegistrationOut,
    auth=anyone,
    operation_id="get_registration",
    summary="Read an entry of the register",
)
def get_registration(request: HttpRequest, number: Number) -> Any:
    """One registration, public from its notice on."""
    return _registration(register.registration_of(request.user, number))


def _entry(found: Listing) -> dict[str, Any]:
    return {
        "number": found.number,
        "registration": found.registration.number,
        "title": found.details.get("title") or {},
        "supplier": found.supplier.number,
        "supplier_name": found.supplier.organisation.name,
        "state": str(found.state),
        "level": found.level,
        "board": found.board,
        "kind": str(found.details.get("kind") or "dataset"),
        "release": f"{found.release.product.slug}@{found.release.version}",
        "digest": found.release.digest,
        "listed_at": found.listed_at,
    }


def _registration(found: Registration) -> dict[str, Any]:
    certificate = found.certificates.order_by("-pk").first()
    return {
        "number": found.number,
        "state": str(found.state),
        "product": found.product.slug,
        "release": f"{found.release.product.slug}@{found.release.version}",
        "digest": found.release.digest,
        "supplier": found.supplier.number,
        "supplier_name": found.supplier.organisation.name,
        "source": found.source_kind,
        "rights": found.rights.get("kinds") or [],
        "notice_from": found.notice_from,
        "notice_until": found.notice_until,
        "certified_at": found.certified_at,
        "valid_until": found.valid_until,
        "certificate": certificate.serial if certificate is not None else None,
    }
