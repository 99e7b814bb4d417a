"""Forms of trade. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from dataferry.server.exchange.actions.disputes import Grounds
from dataferry.server.exchange.models import Currency, Offer, PlanKind
from dataferry.server.exchange.pricing import MOST_MONEY
from dataferry.server.exchange.purposes import Purpose
from dataferry.server.exchange.texts import MOST_REASON
from dataferry.server.exchange.trade_words import purpose_word
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.people.forms import TellingForm

MINOR = 100
_TIER = re.compile(r"(?P<up_to>\d{1,15}|\*)\s*[:=]\s*(?P<amount>\d{1,12}(?:\.\d{1,2})?)", re.ASCII)


class MoneyField(forms.DecimalField):
    """An amount as people write it, 1234.50; as minor units for the actions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=Decimal(0), max_value=Decimal(MOST_MONEY) / MINOR, decimal_places=2, **options)

    def clean(self, value: Any) -> Any:
        amount = super().clean(value)
        return None if amount is None else int(amount * MINOR)


def _text(label: Any, help_text: Any = "", *, rows: int = 4, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, help_text=help_text, max_length=MOST_REASON, widget=widget, **options)


class BuyForm(TellingForm):
    """Who buys, for what."""

    buyer = forms.ChoiceField(label=_("Buyer"))
    purpose = forms.ChoiceField(label=_("What for"), help_text=_("The agreement allows this purpose and no other."))
    scenario = forms.ChoiceField(label=_("Scenario"), help_text=_("No scenario, no trade."))
    periods = forms.IntegerField(label=_("How many periods"), min_value=1, max_value=120, initial=1)

    def __init__(
        self, offer: Offer, buyers: list[tuple[Merchant, str]], scenarios: Any, *args: Any, **more: Any
    ) -> None:
        super().__init__(*args, **more)
        self.fields["buyer"].choices = [(buyer.number, f"{name} · {buyer.number}") for buyer, name in buyers]  # type: ignore[attr-defined]
        self.fields["purpose"].choices = [(code, purpose_word(code)) for code in offer.policy.purposes]  # type: ignore[attr-defined]
        self.fields["scenario"].choices = scenarios  # type: ignore[attr-defined]
        if offer.plan.kind != PlanKind.PERIOD:
            del self.fields["periods"]


class TermsForm(TellingForm):
    """What may be bargained about, as pages offer it; an empty field leaves that term as it is."""

    amount = MoneyField(label=_("Due first, in the currency of the plan"), required=False)
    days = forms.IntegerField(label=_("Runs for so many days"), min_value=1, max_value=36_500, required=False)
    starts = forms.DateField(
        label=_("Begins on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    later_releases = forms.TypedChoiceField(
        label=_("Later releases"),
        required=False,
        coerce=lambda value: value == "yes",
        empty_value=None,
        choices=[("", _("As it is")), ("yes", _("Included")), ("no", _("Not included"))],
    )
    most_rows = forms.IntegerField(label=_("At most rows in all"), min_value=1, max_value=2**53 - 1, required=False)
    rows_a_day = forms.IntegerField(label=_("At most rows a day"), min_value=1, max_value=2**53 - 1, required=False)
    calls_a_day = forms.IntegerField(label=_("At most calls a day"), min_value=1, max_value=2**31 - 1, required=False)
    remark = _text(_("Remark"), _("The other side reads it. It is no part of the terms."), rows=3, required=False)

    def changes(self) -> dict[str, Any]:
        """By the names of `terms.BARGAINED`."""
        given = {name: value for name, value in self.cleaned_data.items() if value is not None}
        for name in ("remark", "buyer", "purpose", "scenario", "periods"):
            given.pop(name, None)
        if "starts" in given:
            given["starts"] = given["starts"].isoformat()
        return given


class RequestForm(TermsForm, BuyForm):
    """A buyer's request under other terms."""

    field_order = ("buyer", "purpose", "scenario", "periods", "amount", "days", "starts", "later_releases")


class PlanForm(TellingForm):
    """A price."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Small letters, digits, hyphens."))
    kind = forms.ChoiceField(label=_("Kind"), choices=PlanKind.choices)
    currency = forms.ChoiceField(label=_("Currency"), choices=Currency.choices)
    amount = MoneyField(
        label=_("Price"), required=False, help_text=_("For the whole, a period, a call, or so many rows as below.")
    )
    per = forms.IntegerField(label=_("Price is for so many calls or rows"), min_value=1, initial=1, required=False)
    period_days = forms.IntegerField(
        label=_("Days of a period or trial"), min_value=1, max_value=36_500, required=False
    )
    tiers = forms.CharField(
        label=_("Tiers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line: up to how many rows, a colon, the price; the last with a star. 1000: 0.50, then *: 0.20"
        ),
    )
    stock = forms.IntegerField(label=_("How many may be sold"), min_value=1, required=False)

    def clean_tiers(self) -> list[dict[str, Any]]:
        lines = [line.strip() for line in self.cleaned_data["tiers"].splitlines() if line.strip()]
        found = [_TIER.fullmatch(line) for line in lines]
        if not all(found):
            raise ValidationError(_("A line of the tiers is not as it must be: 1000: 0.50"))
        return [
            {
                "up_to": None if match["up_to"] == "*" else int(match["up_to"]),
                "amount": int(Decimal(match["amount"]) * MINOR),
            }
            for match in found
            if match is not None
        ]


class PolicyForm(TellingForm):
    """What buyers may do."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=_("Small letters, digits, hyphens."))
    purposes = forms.MultipleChoiceField(
        label=_("Purposes"), choices=Purpose.choices, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.MultipleChoiceField(
        label=_("May be used in"), choices=Place.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=_("Days of use"), min_value=1, max_value=36_500, required=False)
    onward_transfer = forms.BooleanField(label=_("Buyers may hand the data on to others"), required=False)
    columns = forms.CharField(
        label=_("Columns"), required=False, max_length=4000, help_text=_("With commas between them; empty: all.")
    )
    most_rows = forms.IntegerField(label=_("At most rows in all"), min_value=1, max_value=2**53 - 1, required=False)
    calls_a_day = forms.IntegerField(label=_("At most calls a day"), min_value=1, max_value=2**31 - 1, required=False)
    rows_a_day = forms.IntegerField(label=_("At most rows a day"), min_value=1, max_value=2**53 - 1, required=False)

    def clean_columns(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["columns"].split(",") if name.strip()]


class OfferForm(TellingForm):
    """A plan under a policy."""

    plan = forms.ChoiceField(label=_("Plan"))
    policy = forms.ChoiceField(label=_("Policy"))
    to = forms.CharField(
        label=_("Only to the merchant"), max_length=20, required=False, help_text=_("Its number; empty: to everybody.")
    )
    negotiable = forms.BooleanField(label=_("Open to negotiation"), required=False)
    later_releases = forms.BooleanField(label=_("Later releases are included"), required=False)
    valid_until = forms.DateTimeField(
        label=_("Good until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )

    def __init__(self, plans: list[tuple[str, str]], policies: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["plan"].choices = plans  # type: ignore[attr-defined]
        self.fields["policy"].choices = policies  # type: ignore[attr-defined]


class ReasonForm(TellingForm):
    reason = _text(_("Reason"), _("Both parties read it as you write it."))


class AcceptanceForm(TellingForm):
    remark = _text(_("Remark"), _("Needed where something is not as agreed."), rows=3, required=False)


class ConfirmForm(TellingForm):
    """What the bank's statement says of a transfer."""

    provider_reference = forms.CharField(label=_("The bank's reference"), max_length=120)
    amount = MoneyField(label=_("Amount that came in"))


class RefundForm(TellingForm):
    amount = MoneyField(label=_("Amount that went back"))
    reason = _text(_("Reason"), _("Both parties read it as you write it."), rows=3)


class DisputeForm(TellingForm):
    grounds = forms.ChoiceField(label=_("What is wrong"), choices=Grounds.choices)
    statement = _text(_("What happened, and what it should have been"), rows=6)


class AnswerForm(TellingForm):
    answer = _text(_("Your answer"), _("The other side and the exchange read it."), rows=6)


class DecisionForm(TellingForm):
    decision = _text(_("Decision"), _("Both parties read it as you write it."), rows=6)


class RateForm(TellingForm):
    """An exchange rate of a day with its source."""

    base = forms.ChoiceField(label=_("One unit of"), choices=Currency.choices)
    rate = forms.DecimalField(label=_("is worth"), max_digits=15, decimal_places=9, min_value=Decimal("0.000000001"))
    quote = forms.ChoiceField(label=_("units of"), choices=Currency.choices, initial=Currency.CNY)
    day = forms.DateField(label=_("Day of the rate"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(label=_("Source"), max_length=300, help_text=_("Where everybody can look it up."))


class StatementForm(TellingForm):
    """A period of one currency."""

    party = forms.ChoiceField(label=_("Merchant"))
    currency = forms.ChoiceField(label=_("Currency"), choices=Currency.choices)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    convert = forms.BooleanField(label=_("Also what was in the other currency, at the recorded rates"), required=False)

    def __init__(self, parties: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["party"].choices = parties  # type: ignore[attr-defined]


class OwnerStatementForm(TellingForm):
    """A period of one owner upstream."""

    owner = forms.ChoiceField(label=_("Owner of data upstream"))
    city = forms.ChoiceField(label=_("Exchange"))
    currency = forms.ChoiceField(label=_("Currency"), choices=Currency.choices)
    first = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, owners: list[str], cities: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["owner"].choices = [(each, each) for each in owners]  # type: ignore[attr-defined]
        self.fields["city"].choices = cities  # type: ignore[attr-defined]


class TransferForm(TellingForm):
    """What the bank's statement says of money that fits no payment."""

    payment = forms.CharField(
        label=_("Payment that the payer quoted"), max_length=20, required=False, help_text=_("Its number, if any.")
    )
    city = forms.ChoiceField(label=_("Exchange"))
    received_on = forms.DateField(
        label=_("Day on which it came in"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    payer = forms.CharField(label=_("Who sent it"), max_length=200, help_text=_("As the bank names them."))
    currency = forms.ChoiceField(label=_("Currency"), choices=Currency.choices)
    amount = MoneyField(label=_("Amount that came in"))
    reference = forms.CharField(label=_("The bank's reference"), max_length=120)
    remark = _text(_("Remark"), rows=3, required=False)

    def __init__(self, cities: list[tuple[str, str]], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["city"].choices = cities  # type: ignore[attr-defined]


class RepayForm(TellingForm):
    """What the bank's statement says of the way back."""

    reference = forms.CharField(label=_("The bank's reference of the transfer back"), max_length=120)
    remark = _text(_("Remark"), rows=3, required=False)
