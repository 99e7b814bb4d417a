"""The meter: what was granted to whom, counted once however often a client asks again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.delivery.models.entitlements import Entitlement
from dataferry.server.journal.final_rows import FinalRow


class MeterEvent(FinalRow):
    """One billable act: a query, a download or a page of rows. `key` is unique, so that a retry is the same event."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="meter_events")
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=12)
    release_digest = models.CharField(max_length=80)
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entitlement", "key"], name="one_meter_event_per_key")
        ]

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.kind}"
