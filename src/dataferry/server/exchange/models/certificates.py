"""Certificates of the exchange: verifiable credentials with a place in a public status list."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.exchange.models.agreements import Agreement
from dataferry.server.exchange.models.listings import Listing
from dataferry.server.exchange.models.registrations import Registration


class CertificateKind(models.TextChoices):
    REGISTRATION = "registration", _("Registration of a product")
    LISTING = "listing", _("Listing")
    TRADE = "trade", _("Trade")


class Certificate(models.Model):
    """One certificate. Only `revoked_at` and `revoked_because` ever change."""

    serial = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=12, choices=CertificateKind)
    registration = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.PROTECT, related_name="certificates"
    )
    listing = models.ForeignKey(Listing, null=True, blank=True, on_delete=models.PROTECT, related_name="certificates")
    agreement = models.ForeignKey(
        Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="certificates"
    )
    status_index = models.PositiveIntegerField(unique=True)
    credential = models.JSONField()
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.serial

    @property
    def reference(self) -> str:
        return f"certificate:{self.serial}"
