"""A compliance case: the checklist of one release, the evidence for each item, the finding, and the clearance."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.compliance.states import CaseState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class ItemState(models.TextChoices):
    OPEN = "open", _("Open")
    EVIDENCED = "evidenced", _("Evidence is there")
    SATISFIED = "satisfied", _("Satisfied")
    CONDITION = "condition", _("Satisfied under a condition")
    NOT_SATISFIED = "not_satisfied", _("Not satisfied")
    NOT_APPLICABLE = "not_applicable", _("Does not apply")


class ComplianceCase(models.Model):
    """One release of one supplier, examined by a recognised assessor and decided by the exchange.

    `recipients` are the places (`merchants.Place`) that the product is to be offered to; `checklist` is the version of
    the list of items. `decided_by` is the compliance officer.
    """

    number = models.CharField(max_length=20, unique=True)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="compliance_cases")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="compliance_cases")
    assessor = models.ForeignKey(Merchant, null=True, blank=True, on_delete=models.PROTECT, related_name="assessments")
    recipients = models.JSONField(default=list)
    checklist = models.CharField(max_length=80)
    state = models.CharField(max_length=24, choices=CaseState, default=CaseState.OPENED)
    finding = models.TextField(blank=True, default="")
    conditions = models.JSONField(default=list)
    reason = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    opened_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField()
    assessed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    assessed_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-opened_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["release", "supplier"],
                condition=models.Q(state__in=["opened", "evidence_requested", "submitted", "assessed"]),
                name="one_open_case_per_release",
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"compliance_case:{self.number}"

    @property
    def city(self) -> str:
        return self.supplier.city


class CaseItem(models.Model):
    """One item of the checklist: what the supplier says, and what the assessor found.

    `revision` grows with every statement and finding, so that nobody writes over what they have not read.
    """

    case = models.ForeignKey(ComplianceCase, on_delete=models.CASCADE, related_name="items")
    code = models.SlugField(max_length=60)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=ItemState, default=ItemState.OPEN)
    statement = models.TextField(blank=True, default="")
    finding = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    answered_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    found_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    found_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["case", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "code"], name="one_case_item_per_code")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.code}"


class ItemEvidence(FinalRow):
    """A file that stands for an item. Replaced evidence stays; `replaces` points to what it stands for now."""

    item = models.ForeignKey(CaseItem, on_delete=models.PROTECT, related_name="evidence")
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=200)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    added_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.item_id} {self.sha256[:12]}"


class MachineEvidence(FinalRow):
    """What the machine found: licence, privacy, border, quality, lineage. A later look is a new row."""

    case = models.ForeignKey(ComplianceCase, on_delete=models.PROTECT, related_name="machine_evidence")
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=12)
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["case", "kind", "-pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.state}"


class Clearance(FinalRow):
    """The hand-over to the exchange: this release of this supplier is cleared, under these conditions.

    `document` is canonical JSON of case, findings and digests of all evidence.
    """

    number = models.CharField(max_length=20, unique=True)
    case = models.OneToOneField(ComplianceCase, on_delete=models.PROTECT, related_name="clearance")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="clearances")
    supplier = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="clearances")
    conditions = models.JSONField(default=list)
    recipients = models.JSONField(default=list)
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    issued_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-issued_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"clearance:{self.number}"


class ClearanceEnd(FinalRow):
    """That a clearance no longer holds, and why."""

    clearance = models.OneToOneField(Clearance, on_delete=models.PROTECT, related_name="end")
    reason = models.TextField()
    ended_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.clearance)
