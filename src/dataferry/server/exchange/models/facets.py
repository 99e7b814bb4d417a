"""What the marketplace is filtered by: one row for each value of each facet of a listed product."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.exchange.models.listings import Listing


class ListingFacet(models.Model):
    """`facet`: city, board, licence, level, kind. Written anew whenever the listed release changes."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="facets")
    facet = models.CharField(max_length=12)
    value = models.CharField(max_length=40)

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "facet", "value"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "facet", "value"], name="one_value_of_a_listing_facet")
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["facet", "value"], name="listing_facet_value")]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.facet}={self.value}"
