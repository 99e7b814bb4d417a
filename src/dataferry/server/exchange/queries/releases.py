"""Releases that a supplier may offer: its people's own, published or not, and the published ones of the house."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from dataferry.server.merchants.models import Merchant
from dataferry.server.people.predicates import organisations_of
from dataferry.server.workshop.models import Product, Release


def releases_to_offer(user: Any, suppliers: Iterable[Merchant]) -> QuerySet[Release]:
    """For a member of these suppliers' organisations; of suppliers that are not the person's own, nothing."""
    mine = {each.organisation_id for each in suppliers} & organisations_of(user)
    if not mine:
        return Release.objects.none()
    own = Product.objects.filter(owner__memberships__organisation__in=mine)
    house = Q(product__owner=None, publication__isnull=False)
    return Release.objects.filter(Q(product__in=own) | house).select_related("product", "publication")


def versions_to_offer(user: Any, product: Product, supplier: Merchant) -> QuerySet[Release]:
    """Releases of one product, the newest first."""
    return releases_to_offer(user, [supplier]).filter(product=product)
