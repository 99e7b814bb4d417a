"""The meter: what was granted to whom, counted once however often a client asks again."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.delivery.models.entitlements import Entitlement
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.workshop.models import Release


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


class FirstDelivery(FinalRow):
    """That a release first left under an entitlement: its people are in the border ledger (or none had to be)."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="first_deliveries")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    people = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["entitlement", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entitlement", "release"], name="one_first_delivery_per_release")
        ]

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.release_id}"


class BilledUsage(FinalRow):
    """Usage that was handed to billing: units counted from `period_from` until (not on) `period_until`."""

    entitlement = models.ForeignKey(Entitlement, on_delete=models.PROTECT, related_name="billed_usage")
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    units = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["entitlement", "period_from"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entitlement", "period_from"], name="one_bill_per_period")
        ]

    def __str__(self) -> str:
        return f"{self.entitlement_id} {self.period_from}"
