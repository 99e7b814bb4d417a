"""What a supplier hands in or signs beside the data itself, and what they ask of the register later."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.exchange.models.listings import Listing
from dataferry.server.exchange.models.registrations import Registration
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class PaperKind(models.TextChoices):
    """Papers of a registration (`source`) and of a listing. Only those a product has are handed in."""

    SOURCE = "source", _("Proof of source")
    QUALITY = "quality", _("Quality certificate")
    VALUATION = "valuation", _("Asset valuation")
    TECHNICAL = "technical", _("Technical document")


class Paper(FinalRow):
    """A file of a registration or of a listing. The newest of its kind counts; older ones stay."""

    registration = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.PROTECT, related_name="papers"
    )
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=12, choices=PaperKind)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=200)
    added_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(registration__isnull=True) ^ models.Q(listing__isnull=True),
                name="paper_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:12]}"


class Undertaking(FinalRow):
    """The legal undertaking for one release of a listing, as a manager of the supplier signed it.

    `document` is canonical JSON of the text in three languages and of what it is about; `digest` is its digest.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="undertakings")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    signed_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "pk"]

    def __str__(self) -> str:
        return f"{self.listing_id} {self.digest[:19]}"


class ChangeKind(models.TextChoices):
    CHANGE = "change", _("Change to another release")
    RENEWAL = "renewal", _("Renewal")


class ChangeOutcome(models.TextChoices):
    OPEN = "", _("Waits for the registrar")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class RegistrationChange(models.Model):
    """What the holder of a certified registration asks of the registrar. The certificate stands meanwhile."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=12, choices=ChangeKind)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=ChangeOutcome, blank=True, default=ChangeOutcome.OPEN)
    reason = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["registration", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["registration"], condition=models.Q(outcome=""), name="one_open_change_per_registration"
            )
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} {self.kind} {self.outcome}"
