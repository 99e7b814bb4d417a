"""Forms about the border. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.border import Outcome
from dataferry.border.facts import is_set, values_of
from dataferry.server.compliance.facts import STATED
from dataferry.server.compliance.models.border import Mechanism
from dataferry.server.compliance.outcome_words import outcome_words
from dataferry.server.merchants.models import Merchant, Place
from dataferry.server.people.forms import TellingForm


class ProposeForm(TellingForm):
    """Where to, and the facts that only the supplier knows. A fact left alone stays unknown."""

    recipient = forms.ChoiceField(label=_("Recipient's place"), choices=Place.choices)

    def __init__(self, exporters: list[Merchant], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.number, each.organisation.slug) for each in exporters]
        self.fields["exporter"] = forms.ChoiceField(label=_("Exporter"), choices=choices)
        self.order_fields(["exporter", "recipient"])
        for name in sorted(STATED):
            self.fields[name] = _fact(name)

    def stated(self) -> dict[str, Any]:
        """The facts that were stated."""
        given = {name: self.cleaned_data.get(name) for name in sorted(STATED)}
        return {name: value for name, value in given.items() if value not in ("", None, [])}


def _fact(name: str) -> forms.Field:
    """A field for a fact: its name is the word of the reference page, so that people find it there."""
    values = values_of(name)
    if values == ("count",):
        return forms.IntegerField(label=name, required=False, min_value=0)
    if is_set(name):
        choices = [(value, value) for value in values]
        return forms.MultipleChoiceField(
            label=name, required=False, choices=choices, widget=forms.CheckboxSelectMultiple
        )
    return forms.ChoiceField(
        label=name, required=False, choices=[("", _("unknown")), *((each, each) for each in values)]
    )


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
    general_most = forms.IntegerField(
        label=_("People at most"), help_text=_("Leave it empty when the paper names none."), required=False, min_value=0
    )
    sensitive_most = forms.IntegerField(label=_("People at most, sensitive information"), required=False, min_value=0)
    valid_from = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}))
    valid_until = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}))
