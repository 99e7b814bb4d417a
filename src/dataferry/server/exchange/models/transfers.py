"""Transfers that fit no payment: money that came in after its order lapsed, twice, or for nothing that is known."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.exchange.models.money import Payment
from dataferry.server.exchange.models.offers import Currency
from dataferry.server.exchange.states import TransferState
from dataferry.server.people import City

PERSON = settings.AUTH_USER_MODEL


class UnmatchedTransfer(models.Model):
    """Money on the account that belongs to whoever sent it. It is repaid, and never becomes a payment.

    `bank_reference` is the bank's for what came in, `repaid_reference` the bank's for what went back; `payment` the one
    that the payer quoted, where they quoted one.
    """

    number = models.CharField(max_length=20, unique=True)
    city = models.CharField(max_length=20, choices=City)
    provider = models.CharField(max_length=30)
    bank_reference = models.CharField(max_length=120)
    payer = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, choices=Currency)
    amount = models.BigIntegerField()
    received_on = models.DateField()
    payment = models.ForeignKey(Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")
    remark = models.TextField(blank=True, default="")
    state = models.CharField(max_length=12, choices=TransferState, default=TransferState.RECEIVED)
    recorded_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    recorded_at = models.DateTimeField()
    repaid_reference = models.CharField(max_length=120, blank=True, default="")
    repaid_remark = models.TextField(blank=True, default="")
    repaid_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    repaid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-recorded_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["provider", "bank_reference"], name="one_transfer_per_reference"),
            models.UniqueConstraint(
                fields=["provider", "repaid_reference"],
                condition=~models.Q(repaid_reference=""),
                name="one_repayment_per_reference",
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="transfer_is_something"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"transfer:{self.number}"
