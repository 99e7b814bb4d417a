"""What a buyer may fetch, the keys that they fetch it with, and the notices that both sides get."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.delivery.states import EntitlementState
from dataferry.server.exchange.models import Agreement
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant

PERSON = settings.AUTH_USER_MODEL


class Entitlement(models.Model):
    """An agreement as delivery sees it. `share` is its name in Delta Sharing; `reason` is a code when not granted."""

    number = models.CharField(max_length=20, unique=True)
    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, related_name="entitlement")
    recipient = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="entitlements")
    share = models.SlugField(max_length=80, unique=True)
    state = models.CharField(max_length=12, choices=EntitlementState, default=EntitlementState.GRANTED)
    reason = models.CharField(max_length=60, blank=True, default="")
    granted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-granted_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"entitlement:{self.number}"


class AccessKey(models.Model):
    """A bearer token of a recipient. Only its sha256 is kept. `scopes`: share, rows, files, answers."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=80, blank=True, default="")
    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    issued_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.prefix}… of {self.entitlement_id}"


class DeliveryNotice(FinalRow):
    """A signed notice to both parties: granted, suspended, resumed, revoked, ended. `document` carries its proof."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=12)
    document = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["entitlement", "pk"]

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.kind}"
