"""Forms of cases: opening, answering, evidence, findings, the decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.compliance.actions.case_guards import MOST_TEXT
from dataferry.server.compliance.models import CaseItem
from dataferry.server.compliance.models.cases import ItemState
from dataferry.server.compliance.states import CaseState
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.people.forms import TellingForm


def merchant_choices(merchants: Any) -> list[tuple[str, str]]:
    """Merchants for a select, by number and name."""
    return [
        (each.number, f"{spoken(each.organisation.name, page_language()).text} ({each.number})") for each in merchants
    ]


class OpenForm(TellingForm):
    """For whom and for which places a case is opened."""

    def __init__(self, *args: Any, suppliers: list[Merchant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"] = forms.ChoiceField(label=_("Supplier"), choices=merchant_choices(suppliers))
        self.fields["recipients"] = forms.MultipleChoiceField(
            label=_("Where the buyers are"),
            choices=Place.choices,
            widget=forms.CheckboxSelectMultiple,
            help_text=_(
                "The clearance counts for these places only. Where a border lies between, a decision is needed."
            ),
        )


class StatementForm(TellingForm):
    """What the supplier says to an item, and for which file a new one stands."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    statement = forms.CharField(
        label=_("Your statement"), required=False, max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )

    def __init__(self, *args: Any, files: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if files:
            choices = [("", _("None: it is new")), *((str(each.pk), each.file_name) for each in files)]
            self.fields["replaces"] = forms.ChoiceField(
                label=_("A new file replaces"),
                required=False,
                choices=choices,
                help_text=_("What is replaced stays in the case."),
            )


class FindingForm(TellingForm):
    """The assessor's finding on an item."""

    FINDINGS = (ItemState.SATISFIED, ItemState.CONDITION, ItemState.NOT_SATISFIED, ItemState.NOT_APPLICABLE)
    revision = forms.IntegerField(widget=forms.HiddenInput)
    finding = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("May be left out only where the item is satisfied."),
    )

    def __init__(self, *args: Any, gate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = self.FINDINGS if not gate else (ItemState.SATISFIED, ItemState.NOT_SATISFIED)
        self.fields["state"] = forms.ChoiceField(
            label=_("Finding"), choices=[(each.value, each.label) for each in offered], widget=forms.RadioSelect
        )
        self.order_fields(["state", "finding"])


class SubmitForm(TellingForm):
    """To which assessor a case goes; asked once."""

    def __init__(self, *args: Any, assessors: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assessor"] = forms.ChoiceField(
            label=_("Assessor"),
            choices=merchant_choices(assessors),
            help_text=_("Only assessors that share no member with you. The case stays with the one you choose."),
        )


class RequestForm(TellingForm):
    """For which items more evidence is asked, and why."""

    def __init__(self, *args: Any, items: list[tuple[CaseItem, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"] = forms.MultipleChoiceField(
            label=_("Items"),
            choices=[(row.code, title) for row, title in items],
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["reason"] = forms.CharField(
            label=_("What is missing"), max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
        )


class AssessForm(TellingForm):
    """The assessor's finding on the whole."""

    finding = forms.CharField(
        label=_("Finding on the whole"), max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 6})
    )
    conditions = forms.CharField(
        label=_("Conditions, one on each line"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def named(self) -> list[str]:
        """The conditions, as `assess` takes them."""
        return [line for line in self.cleaned_data["conditions"].splitlines() if line.strip()]


class DecideForm(TellingForm):
    """The officer's decision."""

    OUTCOMES = (CaseState.PASSED, CaseState.PASSED_WITH_CONDITIONS, CaseState.FAILED)
    outcome = forms.ChoiceField(
        label=_("Decision"), choices=[(each.value, each.label) for each in OUTCOMES], widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The supplier reads it. Where evidence is unknown, say why it may stand."),
    )


class EndForm(TellingForm):
    """Why a clearance no longer holds."""

    reason = forms.CharField(label=_("Reason"), max_length=MOST_TEXT, widget=forms.Textarea(attrs={"rows": 4}))
