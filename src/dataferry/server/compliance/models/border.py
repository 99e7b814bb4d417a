"""Decisions about the border, signed by a named officer, and approvals that an authority gave an exporter."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.compliance.models.cases import ComplianceCase
from dataferry.server.compliance.states import ApprovalState, DecisionState
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class BorderDecision(models.Model):
    """May this release go from this exporter to a recipient in this place? `document` is `border.decide`'s, whole.

    `outcome` is the machine's; the officer signs it or a stricter one (`signed_outcome`), never a freer one.
    """

    number = models.CharField(max_length=20, unique=True)
    case = models.ForeignKey(ComplianceCase, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="border_decisions")
    exporter = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="border_decisions")
    recipient = models.CharField(max_length=12, choices=Place)
    facts = models.JSONField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    rules_version = models.CharField(max_length=80)
    outcome = models.CharField(max_length=30)
    signed_outcome = models.CharField(max_length=30, blank=True, default="")
    state = models.CharField(max_length=12, choices=DecisionState, default=DecisionState.DRAFTED)
    decided_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    note = models.TextField(blank=True, default="")
    drafted_at = models.DateTimeField()
    signed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-drafted_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"border_decision:{self.number}"

    @property
    def city(self) -> str:
        return self.exporter.city


class Mechanism(models.TextChoices):
    """On what ground personal or important data may leave the Mainland."""

    SECURITY_ASSESSMENT = "security-assessment", _("Security assessment")
    STANDARD_CONTRACT = "standard-contract", _("Standard contract, filed")
    CERTIFICATION = "certification", _("Certification")
    EXEMPTION = "exemption", _("Exemption, reported")


class ExportApproval(models.Model):
    """What an authority approved or took on file for an exporter: how many people at most, for whom, how long.

    An empty maximum allows nobody of that kind. `party` is the one recipient that the paper names, as a standard
    contract does; without one it is good for every recipient in the place. Recorded by one officer, put in force by
    another.
    """

    number = models.CharField(max_length=20, unique=True)
    exporter = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="export_approvals")
    mechanism = models.CharField(max_length=20, choices=Mechanism)
    paper_number = models.CharField(max_length=80)
    recipient = models.CharField(max_length=12, choices=Place)
    party = models.ForeignKey(Merchant, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    general_most = models.PositiveIntegerField(null=True, blank=True)
    sensitive_most = models.PositiveIntegerField(null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField()
    state = models.CharField(max_length=12, choices=ApprovalState, default=ApprovalState.RECORDED)
    reason = models.TextField(blank=True, default="")
    recorded_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["exporter", "-valid_from", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"export_approval:{self.number}"

    @property
    def city(self) -> str:
        return self.exporter.city
