"""What is asked for a product: plans (price), policies (use), offers (plan and policy together), negotiations."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dataferry.server.exchange.models.listings import Listing
from dataferry.server.exchange.states import NegotiationState, OfferState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.merchants.models import Merchant
from dataferry.server.workshop.models import Release

PERSON = settings.AUTH_USER_MODEL


class Currency(models.TextChoices):
    """Amounts are integers in the minor unit: cents and fen, a hundredth of each."""

    HKD = "HKD", _("Hong Kong dollar")
    CNY = "CNY", _("Renminbi")


class PlanKind(models.TextChoices):
    FREE = "free", _("Free")
    ONE_OFF = "one_off", _("One-off")
    PERIOD = "period", _("Per period")
    PER_CALL = "per_call", _("Per call")
    PER_ROW = "per_row", _("Per row")
    TIERS = "tiers", _("In tiers")
    TRIAL = "trial", _("Trial")
    NEGOTIATED = "negotiated", _("By negotiation")


class Plan(models.Model):
    """A price. A plan that somebody has bought is never changed: it is closed and another one opened.

    `amount` is per whole (one-off), period, call or `per` rows; `tiers` are [{"up_to": rows or null, "amount": n}].
    `stock` is how many may be sold (null: without limit) and `sold` how many were.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="plans")
    code = models.SlugField(max_length=40)
    kind = models.CharField(max_length=12, choices=PlanKind)
    words = models.JSONField(default=dict)
    currency = models.CharField(max_length=3, choices=Currency)
    amount = models.BigIntegerField(default=0)
    per = models.PositiveIntegerField(default=1)
    period_days = models.PositiveIntegerField(null=True, blank=True)
    tiers = models.JSONField(default=list)
    stock = models.PositiveIntegerField(null=True, blank=True)
    sold = models.PositiveIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "code"], name="one_plan_per_code"),
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="plan_amount_not_negative"),
            models.CheckConstraint(
                condition=models.Q(stock__isnull=True) | models.Q(sold__lte=models.F("stock")),
                name="plan_never_oversold",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Policy(models.Model):
    """What the buyer may do, and what of the product they get. Never changed once an agreement names it.

    `purposes` and `regions` (`merchants.Place`) are allow-lists; `columns` (empty: all) and `rows` ({column: [values]},
    empty: all) limit the files served; `most_rows` caps them; `calls_a_day` and `rows_a_day` cap the metered doors.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="policies")
    code = models.SlugField(max_length=40)
    words = models.JSONField(default=dict)
    purposes = models.JSONField(default=list)
    regions = models.JSONField(default=list)
    days = models.PositiveIntegerField(null=True, blank=True)
    onward_transfer = models.BooleanField(default=False)
    columns = models.JSONField(default=list)
    rows = models.JSONField(default=dict)
    most_rows = models.PositiveBigIntegerField(null=True, blank=True)
    calls_a_day = models.PositiveIntegerField(null=True, blank=True)
    rows_a_day = models.PositiveBigIntegerField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["listing", "code"], name="one_policy_per_code")
        ]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.code


class Offer(models.Model):
    """A plan under a policy: to everybody, or (`to`) to one buyer alone.

    `later_releases` says whether a buyer also gets the releases that the listing stands for later on.
    """

    number = models.CharField(max_length=20, unique=True)
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="offers")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="offers")
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="offers")
    to = models.ForeignKey(Merchant, null=True, blank=True, on_delete=models.PROTECT, related_name="private_offers")
    negotiable = models.BooleanField(default=False)
    later_releases = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=OfferState, default=OfferState.OPEN)
    valid_until = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["listing", "-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"offer:{self.number}"


class Negotiation(models.Model):
    """Buyer and supplier about one offer, until both say yes to the same terms. `terms` are those on the table now."""

    number = models.CharField(max_length=20, unique=True)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="negotiations")
    buyer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="negotiations")
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    terms = models.JSONField()
    digest = models.CharField(max_length=80)
    state = models.CharField(max_length=12, choices=NegotiationState, default=NegotiationState.REQUESTED)
    revision = models.PositiveIntegerField(default=1)
    begun_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-begun_at", "-pk"]

    def __str__(self) -> str:
        return self.number

    @property
    def reference(self) -> str:
        return f"negotiation:{self.number}"


class NegotiationMove(FinalRow):
    """One word in a negotiation: who (`buyer` or `supplier`), what, with which terms."""

    negotiation = models.ForeignKey(Negotiation, on_delete=models.PROTECT, related_name="moves")
    number = models.PositiveIntegerField()
    side = models.CharField(max_length=10)
    act = models.CharField(max_length=10)
    terms = models.JSONField()
    digest = models.CharField(max_length=80)
    remark = models.TextField(blank=True, default="")
    by = models.ForeignKey(PERSON, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["negotiation", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["negotiation", "number"], name="one_negotiation_move_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.negotiation_id} {self.number}"
