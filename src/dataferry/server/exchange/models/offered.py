"""A product that the challenge hands to the exchange, until a supplier takes it up."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.exchange.models.listings import Listing
from dataferry.server.workshop.models import Release


class OfferedDraft(models.Model):
    """`reference` is the journal's name of the offer, `digest` that of its dossier; `listing` the draft made of it."""

    reference = models.CharField(max_length=120, unique=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=80)
    offered_at = models.DateTimeField()
    listing = models.OneToOneField(
        Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="offered_draft"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["-offered_at", "-pk"]

    def __str__(self) -> str:
        return self.reference
