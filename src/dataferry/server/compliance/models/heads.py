"""The head-count ledger: how many people's data an exporter has sent out of the Mainland in a calendar year."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant


class HeadLedger(models.Model):
    """People (not rows) of one exporter and calendar year, general or sensitive, as a salted sketch (`border.heads`).

    `low`, `best` and `high` are what the sketch counts; decisions use `high`. The salt never leaves the house.
    """

    exporter = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="head_ledgers")
    year = models.PositiveIntegerField()
    sensitive = models.BooleanField()
    salt = models.BinaryField()
    sketch = models.BinaryField(default=b"")
    low = models.PositiveBigIntegerField(default=0)
    best = models.PositiveBigIntegerField(default=0)
    high = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["exporter", "-year", "sensitive"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["exporter", "year", "sensitive"], name="one_head_ledger_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.exporter_id} {self.year} {'sensitive' if self.sensitive else 'general'}"


class HeadEntry(FinalRow):
    """One addition to a ledger: for what (`cause`, a reference such as `agreement:A-2026-0001`), and the count then.

    A cause counts once per release: the same delivery asked for again adds nothing.
    """

    ledger = models.ForeignKey(HeadLedger, on_delete=models.PROTECT, related_name="entries")
    cause = models.CharField(max_length=120)
    release_digest = models.CharField(max_length=80)
    people = models.PositiveBigIntegerField()
    high_after = models.PositiveBigIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["ledger", "cause", "release_digest"], name="one_head_entry_per_cause")
        ]

    def __str__(self) -> str:
        return f"{self.ledger_id} {self.cause}"
