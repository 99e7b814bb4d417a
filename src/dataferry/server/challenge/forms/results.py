"""Forms of results, appeals, finals and nominations. They say what fields look like; the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.challenge.actions.appeals import LONGEST
from dataferry.server.challenge.actions.results import LONGEST_REASON
from dataferry.server.challenge.edition_words import ground_word
from dataferry.server.challenge.states import EntryState
from dataferry.server.people.forms import TellingForm


def _words(label: Any, help_text: Any = "", *, most: int = LONGEST_REASON, rows: int = 3, **options: Any) -> Any:
    return forms.CharField(
        label=label, help_text=help_text, max_length=most, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


class ComputeForm(TellingForm):
    reason = _words(
        _("Why it is computed again"),
        _("Everybody may read it: a correction always says why."),
        required=False,
    )


class AppealForm(TellingForm):
    """A team's appeal, on the grounds that the edition allows."""

    grounds = forms.ChoiceField(label=_("What was wrong"), widget=forms.RadioSelect)
    statement = _words(
        _("What happened, and what it should have been"),
        _("The organisers who decide read it. Whether another entry is better is no ground."),
        most=LONGEST,
        rows=8,
    )

    def __init__(self, grounds: list[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["grounds"].choices = [(code, ground_word(code).capitalize()) for code in grounds]  # type: ignore[attr-defined]


BACK_TO = (EntryState.ELIGIBLE, EntryState.SCORED, EntryState.SHORTLISTED, EntryState.PRESENTED)


class DecisionForm(TellingForm):
    """The answer to an appeal; the team reads the reason."""

    reason = _words(_("Reason"), _("The team reads it as you write it."), most=LONGEST, rows=5)
    reinstated_to = forms.ChoiceField(label=_("The entry stands again as"), required=False)

    def __init__(self, state: str, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if state != EntryState.DISQUALIFIED:
            del self.fields["reinstated_to"]
            return
        choices = [("", _("It stays disqualified")), *((each.value, each.label) for each in BACK_TO)]
        self.fields["reinstated_to"].choices = choices  # type: ignore[attr-defined]


class AnswerForm(TellingForm):
    """What the national contest answered."""

    words = _words(_("Its words"), required=False)


class OrderForm(TellingForm):
    """When the presentations begin and how long each part is."""

    starts_at = forms.DateTimeField(
        label=_("The first begins"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "60"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
    )
    present = forms.IntegerField(label=_("Minutes to present"), min_value=1, max_value=120, initial=8)
    questions = forms.IntegerField(label=_("Minutes for questions"), min_value=0, max_value=120, initial=5)
