"""Money: invoices, payments, refunds, statements, and what goes back to the owners upstream. Integer minor units."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.exchange.models.agreements import Agreement
from dataferry.server.exchange.models.offers import Currency
from dataferry.server.exchange.states import InvoiceState, PaymentState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant

PERSON = settings.AUTH_USER_MODEL


class Invoice(models.Model):
    """A supplier's bill under an agreement. `number` counts per supplier and year without gaps; lines sum to total."""

    number = models.CharField(max_length=40, unique=True)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="invoices")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="invoices")
    year = models.PositiveIntegerField()
    sequence = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, choices=Currency)
    lines = models.JSONField()
    total = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=InvoiceState, default=InvoiceState.ISSUED)
    period_from = models.DateTimeField(null=True, blank=True)
    period_until = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField()
    due_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["supplier", "year", "sequence"], name="one_invoice_per_sequence")
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"invoice:{self.number}"


class Payment(models.Model):
    """One payment of an invoice through a provider. `provider_reference` is what the payer quotes."""

    number = models.CharField(max_length=20, unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    provider = models.CharField(max_length=30)
    provider_reference = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, choices=Currency)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=16, choices=PaymentState, default=PaymentState.STARTED)
    started_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-started_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["provider", "provider_reference"], name="one_payment_per_reference"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_is_something"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"payment:{self.number}"


class PaymentReceipt(FinalRow):
    """That the money of a payment came in, under the name that the provider (a bank's statement) has for it."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    provider = models.CharField(max_length=30)
    reference = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["payment"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["provider", "reference"], name="one_receipt_per_reference")
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.provider}"


class Refund(FinalRow):
    """Money that went back. The sum of refunds never exceeds the payment."""

    number = models.CharField(max_length=20, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    reason = models.TextField()
    by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["payment", "pk"]

    def __str__(self) -> str:
        return self.number


class ExchangeRate(FinalRow):
    """A rate between the two currencies with its recorded source. `rate` = `numerator` / `denominator`."""

    base = models.CharField(max_length=3, choices=Currency)
    quote = models.CharField(max_length=3, choices=Currency)
    numerator = models.BigIntegerField()
    denominator = models.BigIntegerField()
    day = models.DateField()
    source = models.CharField(max_length=300)
    recorded_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-day", "-pk"]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.day}"


class Statement(FinalRow):
    """What a party earned or owes over a period in one currency: canonical document, digest."""

    number = models.CharField(max_length=20, unique=True)
    party = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="statements")
    currency = models.CharField(max_length=3, choices=Currency)
    period_from = models.DateField()
    period_until = models.DateField()
    total = models.BigIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-period_until", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"statement:{self.number}"


class RevenueShare(FinalRow):
    """A part of a payment or (negative) of a refund that belongs to somebody: the supplier, the exchange, an owner
    upstream by the lineage. The parts of one payment sum to it, to the cent.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="shares")
    refund = models.ForeignKey(Refund, null=True, blank=True, on_delete=models.PROTECT, related_name="shares")
    beneficiary = models.CharField(max_length=200)
    kind = models.CharField(max_length=12)
    weight = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, choices=Currency)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["payment", "pk"]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.beneficiary}"
