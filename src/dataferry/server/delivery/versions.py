"""The versions of a shared table: the releases of the listing that an agreement includes, numbered from 0."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dataferry.messages import MissingError
from dataferry.server.delivery.limits import includes_later_releases
from dataferry.server.delivery.models import Entitlement
from dataferry.server.exchange.models import ListingRelease
from dataferry.server.workshop.models import Release

SCHEMA = "data"
"""Every share has one schema with one table."""


@dataclass(frozen=True)
class Version:
    """One version of a shared table. `number` is the listing's own minus one, so all its buyers speak of the same."""

    number: int
    release: Release
    since: datetime


def table_of(entitlement: Entitlement) -> str:
    """The table's name in its share: the product's, in letters that every engine takes without quoting."""
    return entitlement.agreement.release.product.slug.replace("-", "_")


def versions_of(entitlement: Entitlement) -> list[Version]:
    """Oldest first: the release that was bought and, where the terms say so, those listed after it. Never empty."""
    agreement = entitlement.agreement
    rows = ListingRelease.objects.filter(listing=agreement.listing_id).select_related("release__product")
    listed = [Version(row.version - 1, row.release, row.since) for row in rows.order_by("version")]
    bought = next((each for each in listed if each.release.pk == agreement.release_id), None)
    if bought is None:
        # Drawn up before the listing kept its releases: what was bought is what there is.
        return [Version(0, agreement.release, entitlement.granted_at)]
    if not includes_later_releases(agreement):
        return [bought]
    return [each for each in listed if each.number >= bought.number]


def newest(entitlement: Entitlement) -> Version:
    return versions_of(entitlement)[-1]


def version(entitlement: Entitlement, number: int | None) -> Version:
    """One version by its number, the newest for None.

    Raises:
        MissingError: `server.delivery.no_such_version`.
    """
    found = versions_of(entitlement)
    if number is None:
        return found[-1]
    for each in found:
        if each.number == number:
            return each
    raise MissingError("server.delivery.no_such_version", version=number, newest=found[-1].number)


def version_of(entitlement: Entitlement, release: Release) -> Version:
    """The version that a release is.

    Raises:
        MissingError: `server.delivery.release_not_included`.
    """
    for each in versions_of(entitlement):
        if each.release.pk == release.pk:
            return each
    raise MissingError("server.delivery.release_not_included", release=str(release))
