"""Statements for owners upstream who are no merchants: what their data earned over a period, for the one who pays."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.exchange.models.offers import Currency
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.people import City

PERSON = settings.AUTH_USER_MODEL


class OwnerStatement(FinalRow):
    """What one owner upstream earned at one city's exchange over a period in one currency: document and digest.

    Numbers are a series of their own. Statements of the same owner, city and currency never overlap, so what they tell
    is told once.
    """

    number = models.CharField(max_length=20, unique=True)
    city = models.CharField(max_length=20, choices=City)
    owner = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, choices=Currency)
    period_from = models.DateField()
    period_until = models.DateField()
    total = models.BigIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    made_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["city", "owner", "currency", "period_from"], name="one_owner_statement_per_beginning"
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"owner_statement:{self.number}"
