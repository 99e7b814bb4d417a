"""The list of tradable products. It has numbers of its own, and shares no key with the register."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.compliance.models import Clearance
from dataferry.server.exchange.models.registrations import Registration
from dataferry.server.exchange.states import ListingState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class DeliveryLevel(models.TextChoices):
    """How far the data itself goes: from the whole files to answers only."""

    S1 = "S1", _("S1: the files leave the house")
    S2 = "S2", _("S2: the files leave, limited in rows or columns")
    S3 = "S3", _("S3: rows by request, metered")
    S4 = "S4", _("S4: answers only, the data stays")


class Listing(models.Model):
    """One product on the list. `details` are the fields of the sheet that people write, in three languages."""

    number = models.CharField(max_length=20, unique=True)
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="listings")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="listings")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="listings")
    clearance = models.ForeignKey(Clearance, null=True, blank=True, on_delete=models.PROTECT, related_name="listings")
    level = models.CharField(max_length=2, choices=DeliveryLevel)
    board = models.CharField(max_length=40)
    industry = models.CharField(max_length=40)
    details = models.JSONField(default=dict)
    delivery_modes = models.JSONField(default=list)
    shares = models.JSONField(default=list)
    draft_of = models.CharField(max_length=120, blank=True, default="", db_index=True)
    state = models.CharField(max_length=12, choices=ListingState, default=ListingState.DRAFT)
    reason = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    words = models.TextField(blank=True, default="")
    opened_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    listed_at = models.DateTimeField(null=True, blank=True)
    delisted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-listed_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"listing:{self.number}"

    @property
    def city(self) -> str:
        return self.supplier.city


class ListingRelease(FinalRow):
    """A release that the listing stood for from an instant on: the versions that buyers are served, oldest first."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="releases")
    version = models.PositiveIntegerField()
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    clearance = models.ForeignKey(Clearance, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "version"], name="one_listing_release_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} v{self.version}"


class Scenario(models.Model):
    """What the product is for: no scenario, no trade. Texts in three languages."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="scenarios")
    code = models.SlugField(max_length=40)
    words = models.JSONField(default=dict)
    purposes = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "code"], name="one_scenario_per_code")
        ]

    def __str__(self) -> str:
        return self.code


class SpecificationSheet(FinalRow):
    """The specification sheet (说明书) as it was printed: canonical document and its digest."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="sheets")
    edition = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "edition"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "edition"], name="one_sheet_per_edition")
        ]

    def __str__(self) -> str:
        return f"{self.listing_id} e{self.edition}"
