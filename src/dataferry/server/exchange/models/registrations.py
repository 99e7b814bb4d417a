"""The register of data products: who holds what, after a public notice. It has numbers of its own."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.exchange.states import ObjectionState, RegistrationState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Product, Release

PERSON = settings.AUTH_USER_MODEL


class SourceKind(models.TextChoices):
    """How the supplier came to hold the data: the four kinds of the exchange's specification sheet."""

    PRODUCED = "produced", _("Produced")
    PUBLIC = "public", _("Acquired from public sources")
    AUTHORISED = "authorised", _("Authorised operation")
    BOUGHT = "bought", _("Bought as a product")


class Registration(models.Model):
    """A data product in the register. `release` is the one it was registered with (or changed to) last."""

    number = models.CharField(max_length=20, unique=True)
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="registrations")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="registrations")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="registrations")
    source_kind = models.CharField(max_length=12, choices=SourceKind)
    rights = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=RegistrationState, default=RegistrationState.DRAFT)
    reason = models.TextField(blank=True, default="")
    notice_from = models.DateTimeField(null=True, blank=True)
    notice_until = models.DateTimeField(null=True, blank=True)
    certified_at = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    opened_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"registration:{self.number}"

    @property
    def city(self) -> str:
        return self.supplier.city


class RegistrationVersion(FinalRow):
    """What the register said from an instant on: the first entry, a change, a transfer, a renewal, a cancellation."""

    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=12)
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["registration", "version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["registration", "version"], name="one_registration_version")
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} v{self.version}"


class Objection(models.Model):
    """Somebody says that a product should not be registered. Filed while the notice runs, decided by the registrar."""

    number = models.CharField(max_length=20, unique=True)
    registration = models.ForeignKey(Registration, on_delete=models.PROTECT, related_name="objections")
    filed_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    filed_at = models.DateTimeField()
    grounds = models.CharField(max_length=40)
    statement = models.TextField()
    state = models.CharField(max_length=12, choices=ObjectionState, default=ObjectionState.FILED)
    decision = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["filed_at", "pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"objection:{self.number}"
