"""Forms of the delivery pages. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.delivery.actions.entitlements import LONGEST_REASON
from dataferry.server.delivery.actions.keys import LONGEST_LABEL, MOST_DAYS
from dataferry.server.delivery.gate import Door
from dataferry.server.people.forms import TellingForm

SCOPES = (
    (str(Door.SHARE), _("The share, with Delta Sharing clients")),
    (str(Door.FILES), _("Downloads as one file")),
    (str(Door.ROWS), _("Rows by request")),
    (str(Door.ANSWERS), _("Answers to questions")),
)


class KeyForm(TellingForm):
    """A new access key."""

    label = forms.CharField(
        label=_("Name of the key"),
        required=False,
        max_length=LONGEST_LABEL,
        help_text=_("For you alone, such as the program that will use it."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it opens"),
        choices=SCOPES,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        initial=90,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=_("Rotate it before then: the old key works on for a day beside the new one."),
    )

    def __init__(self, *args: Any, doors: Sequence[Door] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"].initial = [str(door) for door in doors]


class ReasonForm(TellingForm):
    """Why delivery is stopped: both parties read it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Both parties get it in the signed notice."),
    )
