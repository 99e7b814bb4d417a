"""Is this release cleared? Asked by later rooms before they list, certify or deliver."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.compliance.models import Clearance
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release


def standing(on: date | None = None) -> QuerySet[Clearance]:
    """Clearances that nobody has ended and whose day has not passed."""
    on = on or clock.now().astimezone(BOTH_CITIES).date()
    return Clearance.objects.filter(Q(valid_until=None) | Q(valid_until__gte=on), end__isnull=True)


def in_force(release: Release, supplier: Merchant | None = None, on: date | None = None) -> Clearance | None:
    """The newest clearance of this release (of this supplier) that holds on a day; today where none is named."""
    found = standing(on).filter(release=release).select_related("supplier", "case")
    if supplier is not None:
        found = found.filter(supplier=supplier)
    return found.order_by("-issued_at", "-pk").first()


def is_cleared_for(release: Release, supplier: Merchant, place: str) -> bool:
    """Whether a clearance that stands today names this place among the recipients' places."""
    found = standing().filter(release=release, supplier=supplier)
    return any(place in recipients for recipients in found.values_list("recipients", flat=True))


def clearance_of(user: Any, number: str) -> Clearance:
    """A clearance, for those who may see its case.

    Raises:
        MissingError: no such clearance, or not for this person.
    """
    related = ("case__supplier__organisation", "case__assessor", "release__product", "supplier")
    found = Clearance.objects.select_related(*related).filter(number=number).first()
    if found is None or not people.can(user, "compliance.see_case", found.case):
        raise MissingError("server.compliance.no_clearance", number=number[:20])
    return found
