"""Agreements: the terms both sides signed, what became of them, and what they quarrel about."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.exchange.models.listings import Listing
from dataferry.server.exchange.models.offers import Negotiation, Offer
from dataferry.server.exchange.states import AgreementState, DisputeState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class Agreement(models.Model):
    """A contract. Its terms (canonical JSON in `terms`, `digest`, and `odrl`) are final; its state has a life.

    `starts_at` and `ends_at` (null: open) bound delivery; `release` is the version bought, later releases of the
    listing are included when the terms say so.
    """

    number = models.CharField(max_length=20, unique=True)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="agreements")
    negotiation = models.OneToOneField(
        Negotiation, null=True, blank=True, on_delete=models.PROTECT, related_name="agreement"
    )
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="agreements")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="agreements")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="sales")
    buyer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="purchases")
    terms = models.JSONField()
    digest = models.CharField(max_length=80)
    odrl = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=AgreementState, default=AgreementState.DRAWN_UP)
    reason = models.TextField(blank=True, default="")
    drawn_up_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True, blank=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-drawn_up_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"agreement:{self.number}"

    @property
    def city(self) -> str:
        return self.supplier.city


class AgreementSignature(FinalRow):
    """One side's word under the digest of the terms."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(max_length=10)
    person = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=80)
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["agreement", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["agreement", "side"], name="one_signature_per_side")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.side}"


class Acceptance(FinalRow):
    """The buyer says that what was delivered is what was agreed, or that it is not."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="acceptances")
    accepted = models.BooleanField()
    release_digest = models.CharField(max_length=80)
    remark = models.TextField(blank=True, default="")
    person = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["agreement", "pk"]

    def __str__(self) -> str:
        return f"{self.agreement_id} {'accepted' if self.accepted else 'not accepted'}"


class Dispute(models.Model):
    """A complaint of one side about an agreement, decided by the exchange or settled between the two."""

    number = models.CharField(max_length=20, unique=True)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="disputes")
    side = models.CharField(max_length=10)
    grounds = models.CharField(max_length=40)
    statement = models.TextField()
    answer = models.TextField(blank=True, default="")
    decision = models.TextField(blank=True, default="")
    state = models.CharField(max_length=12, choices=DisputeState, default=DisputeState.OPENED)
    opened_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"dispute:{self.number}"

    @property
    def city(self) -> str:
        return self.agreement.city
