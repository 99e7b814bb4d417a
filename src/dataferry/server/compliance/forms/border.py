"""Forms about the border. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.border import Outcome
from dataferry.border.facts import is_set, values_of
from dataferry.server.compliance.fact_words import fact_help, fact_word, value_word
from dataferry.server.compliance.facts import STATED
from dataferry.server.compliance.forms.cases import merchant_choices
from dataferry.server.compliance.models.border import Mechanism
from dataferry.server.compliance.outcome_words import outcome_words
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.people.forms import TellingForm

FIRST = (
    "important_data",
    "guarded_sites_removed",
    "domains",
    "activity",
    "origin",
    "anonymised",
    "contents",
    "people_general",
    "people_sensitive",
    "basis",
    "source_terms",
    "mainland_residents_targeted",
)
"""The order of the questions: those that decide most first; the special ones follow by name."""


class ProposeForm(TellingForm):
    """Where to, and the facts that only the supplier knows. A fact left alone stays unknown."""

    recipient = forms.ChoiceField(label=_("Where the recipient is"), choices=Place.choices)

    def __init__(self, exporters: list[Merchant], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["exporter"] = forms.ChoiceField(label=_("Exporter"), choices=merchant_choices(exporters))
        self.order_fields(["exporter", "recipient"])
        for name in (*FIRST, *sorted(STATED - set(FIRST))):
            self.fields[name] = _fact(name)

    def stated(self) -> dict[str, Any]:
        """The facts that were stated."""
        given = {name: self.cleaned_data.get(name) for name in sorted(STATED)}
        return {name: value for name, value in given.items() if value not in ("", None, [])}


def _fact(name: str) -> forms.Field:
    """A field for a fact, in words; its values are the words of the reference page."""
    values, label, told = values_of(name), fact_word(name), fact_help(name)
    if values == ("count",):
        return forms.IntegerField(label=label, help_text=told, required=False, min_value=0)
    choices = [(value, value_word(value)) for value in values]
    if is_set(name):
        return forms.MultipleChoiceField(
            label=label, help_text=told, required=False, choices=choices, widget=forms.CheckboxSelectMultiple
        )
    unknown = ("", value_word("unknown"))
    return forms.ChoiceField(label=label, help_text=told, required=False, choices=[unknown, *choices])


class SignForm(TellingForm):
    """The officer's word on a decision."""

    def __init__(self, outcomes: list[Outcome], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = outcome_words()
        self.fields["outcome"] = forms.ChoiceField(
            label=_("Outcome that you sign"), choices=[(str(each), words[each]) for each in outcomes]
        )
        self.fields["note"] = forms.CharField(
            label=_("Why"),
            help_text=_("Kept with the decision. Needed where the rules leave it to a person."),
            max_length=4000,
            required=False,
            widget=forms.Textarea(attrs={"rows": 4}),
        )


class ReasonForm(TellingForm):
    """One reason, for an act that needs nothing else."""

    reason = forms.CharField(label=_("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ApprovalForm(TellingForm):
    """A paper of an authority, as it reads."""

    exporter = forms.CharField(label=_("Exporter's number"), max_length=20)
    mechanism = forms.ChoiceField(label=_("Mechanism"), choices=Mechanism.choices)
    paper_number = forms.CharField(label=_("Number of the paper"), max_length=80)
    recipient = forms.ChoiceField(label=_("Recipient's place"), choices=Place.choices)
    party = forms.CharField(
        label=_("Recipient's number"),
        help_text=_("The one recipient that the paper names. Empty when it is good for every recipient in the place."),
        max_length=20,
        required=False,
    )
    general_most = forms.IntegerField(
        label=_("People at most"), help_text=_("Empty allows nobody of this kind."), required=False, min_value=0
    )
    sensitive_most = forms.IntegerField(
        label=_("People at most, sensitive information"),
        help_text=_("Empty allows nobody of this kind."),
        required=False,
        min_value=0,
    )
    valid_from = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
