"""The parties of the market. A merchant is an organisation in the classes of the exchange's norm on data merchants."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.states import ClassState, MerchantState
from dataferry.server.people import City

PERSON = settings.AUTH_USER_MODEL


class MerchantClass(models.TextChoices):
    """Classes of the Shanghai Data Exchange's norm on data merchants (published 2022-08-16)."""

    SUPPLIER = "supplier", _("Supplier")
    BUYER = "buyer", _("Buyer")
    DELIVERY = "delivery", _("Delivery service")
    ASSESSOR = "assessor", _("Professional assessment")
    INTERMEDIARY = "intermediary", _("Professional intermediary")
    CONSULTANT = "consultant", _("Professional consulting")
    OTHER = "other", _("Other service")


class Place(models.TextChoices):
    """Where a party is registered, as far as the border rules tell places apart."""

    SHANGHAI = "shanghai", _("Shanghai")
    HONG_KONG = "hong-kong", _("Hong Kong")
    GBA = "gba", _("One of the nine Guangdong cities of the Greater Bay Area")
    MAINLAND = "mainland", _("Elsewhere in the Mainland")
    ABROAD = "abroad", _("Elsewhere")


class Answer(models.TextChoices):
    """Unknown is a value."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNKNOWN = "unknown", _("Unknown")


class Merchant(models.Model):
    """An organisation that trades. `classes` are those applied for; only an active merchant may act in them.

    `revision` grows with every change of the application; what was checked about an older revision no longer counts.

    `critical` says whether it operates critical information infrastructure, `free_trade_zone` whether it is registered
    in a free trade zone, `state_organ` whether it is an organ of the state: facts of border decisions.
    """

    organisation = models.OneToOneField("people.Organisation", on_delete=models.PROTECT, related_name="merchant")
    number = models.CharField(max_length=20, unique=True)
    classes = models.JSONField(default=list)
    place = models.CharField(max_length=12, choices=Place)
    register_number = models.CharField(max_length=40)
    critical = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    free_trade_zone = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    state_organ = models.CharField(max_length=8, choices=Answer, default=Answer.UNKNOWN)
    profile = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=MerchantState, default=MerchantState.APPLIED)
    reason = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    applied_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    applied_at = models.DateTimeField()
    verified_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["number"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"merchant:{self.number}"

    @property
    def city(self) -> str:
        """The city whose exchange operator looks after it: Hong Kong's for Hong Kong and abroad, else Shanghai's."""
        return City.HONG_KONG if self.place in (Place.HONG_KONG, Place.ABROAD) else City.SHANGHAI

    def acts_as(self, merchant_class: str) -> bool:
        """Whether it may act in this class now."""
        return self.state == MerchantState.ACTIVE and merchant_class in self.classes


class ClassApplication(models.Model):
    """What an active merchant asks for besides: further classes. It trades in those it has meanwhile.

    `checks` says, by code of fact, where the operator saw that it holds.
    """

    number = models.CharField(max_length=20, unique=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="class_applications")
    classes = models.JSONField()
    state = models.CharField(max_length=12, choices=ClassState, default=ClassState.ASKED)
    reason = models.TextField(blank=True, default="")
    checks = models.JSONField(default=dict)
    asked_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["merchant"], condition=models.Q(state="asked"), name="one_open_class_application"
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"class_application:{self.number}"


class PaperKind(models.TextChoices):
    """What a paper of an application shows."""

    LICENCE = "licence", _("Business licence or certificate of registration")
    AUTHORISATION = "authorisation", _("Authorisation of the person who signs")
    RECOGNITION = "recognition", _("Recognition as an assessor or intermediary")
    SECURITY = "security", _("Data security management system")
    OTHER = "other", _("Other paper")


class MerchantPaper(models.Model):
    """A paper handed in with an application: licence of business, authorisation, recognition as an assessor."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=30, choices=PaperKind)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=200)
    added_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.kind}"


class Checked(models.TextChoices):
    """What the operator found about one fact."""

    HOLDS = "holds", _("Holds")
    FAILS = "fails", _("Does not hold")


class FactCheck(models.Model):
    """One fact of an application that the operator looked at, in the revision in which it was looked at."""

    merchant = models.ForeignKey(Merchant, on_delete=models.CASCADE, related_name="checks")
    code = models.SlugField(max_length=40)
    revision = models.PositiveIntegerField()
    outcome = models.CharField(max_length=8, choices=Checked)
    note = models.CharField(max_length=500, blank=True, default="")
    checked_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["merchant", "code", "-revision"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["merchant", "code", "revision"], name="one_fact_check_per_revision")
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.code} {self.outcome}"


class RulesSignature(FinalRow):
    """That a manager signed the rules of the market for a merchant: which version, and the digest of its texts."""

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="signatures")
    version = models.CharField(max_length=20)
    digest = models.CharField(max_length=80)
    signed_by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["merchant", "version"], name="one_signature_per_rules")
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.version}"
