"""From a release to the exchange: where it is sold, and for those who could sell it the stations with what is done.

The workshop's page shows whatever template stands under `release_doors`; it knows none of the rooms above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from dataferry.server.compliance.models import BorderDecision, ComplianceCase
from dataferry.server.compliance.states import CaseState
from dataferry.server.exchange.models import Listing, Registration
from dataferry.server.exchange.queries.releases import releases_to_offer
from dataferry.server.exchange.states import ListingState, RegistrationState
from dataferry.server.merchants.models import MerchantClass
from dataferry.server.merchants.queries import merchants_of
from dataferry.server.workshop.models import Release

TEMPLATE = "portal/_release_doors.html"


@dataclass(frozen=True)
class Station:
    """One station on the way to the list: what it is, how it stands, where it is done."""

    name: str
    word: str
    action: str
    address: str


def release_doors(request: HttpRequest) -> dict[str, Any]:
    """For templates: the block that the page of a release shows of the exchange."""
    match = request.resolver_match
    return {"release_doors": TEMPLATE} if match is not None and match.url_name in ("release", "product") else {}


def sold_as(release: Release) -> Listing | None:
    """The listing under which everybody finds this product."""
    return Listing.objects.filter(release__product=release.product_id, state=ListingState.LISTED).first()


def may_become_supplier(user: Any, release: Release) -> bool:
    """The owner of the product, who acts for no supplier yet."""
    return user.is_authenticated and release.product.owner_id == user.pk and not _suppliers(user)


def stations(user: Any, release: Release) -> list[Station]:
    """The way to the list, for people of a supplier that may offer this release; for others none."""
    suppliers = _suppliers(user) if user.is_authenticated else []
    if not suppliers or not releases_to_offer(user, suppliers).filter(pk=release.pk).exists():
        return []
    return [_border(release, suppliers), _case(release, suppliers), _entry(release, suppliers)]


def _suppliers(user: Any) -> list[Any]:
    return [each for each in merchants_of(user) if each.acts_as(MerchantClass.SUPPLIER)]


def _border(release: Release, suppliers: list[Any]) -> Station:
    row = BorderDecision.objects.filter(release=release, exporter__in=suppliers).first()
    ask = reverse("compliance-border-ask", args=[release.product.slug, release.version])
    if row is None:
        return Station(_("Border"), _("not asked yet"), _("Ask whether it may cross"), ask)
    words = f"{row.get_recipient_display()}: {row.get_state_display()}"
    return Station(_("Border"), words, row.number, reverse("compliance-border-decision", args=[row.number]))


def _case(release: Release, suppliers: list[Any]) -> Station:
    row = (
        ComplianceCase.objects.filter(release=release, supplier__in=suppliers)
        .exclude(state=CaseState.WITHDRAWN)
        .order_by("-pk")
        .first()
    )
    opening = reverse("compliance-open", args=[release.product.slug, release.version])
    if row is None:
        return Station(_("Compliance"), _("no case yet"), _("Open a compliance case"), opening)
    return Station(_("Compliance"), row.get_state_display(), row.number, reverse("compliance-case", args=[row.number]))


def _entry(release: Release, suppliers: list[Any]) -> Station:
    mine = {"supplier__in": suppliers}
    listing = Listing.objects.filter(release__product=release.product_id, **mine)
    on_list = listing.exclude(state=ListingState.DELISTED).order_by("-pk").first()
    if on_list is not None:
        address = reverse("exchange-listing", args=[on_list.number])
        return Station(_("Register and list"), on_list.get_state_display(), on_list.number, address)
    gone = (RegistrationState.REFUSED, RegistrationState.CANCELLED)
    entry = Registration.objects.filter(product=release.product_id, **mine).exclude(state__in=gone).first()
    if entry is None:
        new = reverse("exchange-registration-new")
        return Station(_("Register and list"), _("not registered yet"), _("Register the product"), new)
    address = reverse("exchange-registration", args=[entry.number])
    return Station(_("Register and list"), entry.get_state_display(), entry.number, address)
