"""Forms of judging. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.challenge.models import Edition, Entry, Judge, Round, Team
from dataferry.server.challenge.queries.desk_view import round_title
from dataferry.server.display.languages import page_language
from dataferry.server.people.forms import NO_ADDRESS, TellingForm
from dataferry.server.people.roles import City

READS = [("en", _("English")), ("zh-Hant", _("Traditional Chinese")), ("zh-Hans", _("Simplified Chinese"))]
KINDS = [
    ("family", _("Family or close friend")),
    ("employer", _("Employer, colleague or client")),
    ("other", _("Another relation")),
]
SOURCES = [
    ("organiser", _("The organisers say so")),
    ("family", _("Family")),
    ("organisation", _("Same organisation")),
    ("mentor", _("Mentor of the team")),
    ("self", _("The judge says so")),
    ("team", _("The team says so")),
]
MANY = forms.CheckboxSelectMultiple


def _reason(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=2000, required=required, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(TellingForm):
    """One reason, for an act that needs nothing else."""

    reason = _reason(_("Reason"))


class RecusalForm(TellingForm):
    reason = _reason(
        _("Why you do not judge this entry"),
        _("The organisers read it. Teams never do."),
    )


class LeakForm(TellingForm):
    reason = _reason(
        _("What shows who made it, and where"),
        _("For example: a logo on page 3, a name in the video at 1:20."),
    )


class SignForm(TellingForm):
    revision = forms.IntegerField(widget=forms.HiddenInput)


class RelationForm(TellingForm):
    kind = forms.ChoiceField(label=_("What ties you"), choices=KINDS)
    other = forms.CharField(
        label=_("To whom"),
        max_length=300,
        help_text=_(
            "An e-mail address, or the name of an organisation or a team. You are not told whether it matched."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class _PanelForm(TellingForm):
    languages = forms.MultipleChoiceField(label=_("Reads entries in"), choices=READS, widget=MANY)
    topics = forms.MultipleChoiceField(label=_("Knows these topics well"), required=False, widget=MANY)
    rounds = forms.ModelMultipleChoiceField(
        label=_("Judges in"),
        queryset=Round.objects.none(),
        required=False,
        widget=MANY,
        help_text=_("None chosen: every round of the city, and the joint ones."),
    )
    capacity = forms.IntegerField(
        label=_("Takes at most so many entries"), required=False, min_value=1, max_value=10_000
    )

    def __init__(self, edition: Edition, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        file, language = edition.file, page_language()
        topics = [
            (code, each.title.text(language)) for theme in file.themes.values() for code, each in _of_theme(theme)
        ]
        self.fields["topics"].choices = topics  # type: ignore[attr-defined]
        rounds: Any = self.fields["rounds"]
        rounds.queryset = edition.rounds.all()
        rounds.label_from_instance = round_title

    def chosen(self) -> dict[str, Any]:
        """The fields as the actions take them."""
        data = self.cleaned_data
        return {name: data[name] for name in ("languages", "topics", "capacity")} | {"rounds": list(data["rounds"])}


def _of_theme(theme: Any) -> Iterable[tuple[str, Any]]:
    return [(theme.code, theme), *theme.subcategories.items()]


class AppointForm(_PanelForm):
    email = forms.EmailField(
        label=_("E-mail address of the account"),
        max_length=254,
        error_messages={"invalid": NO_ADDRESS},
        help_text=_("The person has an account here and holds the role of judge."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    city = forms.ChoiceField(label=_("Panel"), choices=City.choices)
    field_order = ("email", "city", "languages", "topics", "rounds", "capacity")


class PanelForm(_PanelForm):
    """What may be corrected of a judge later."""

    @classmethod
    def of(cls, judge: Judge, data: Any = None) -> PanelForm:
        initial = {
            "languages": judge.languages,
            "topics": judge.topics,
            "rounds": list(judge.rounds.all()),
            "capacity": judge.capacity,
        }
        return cls(judge.edition, data, initial=initial)


class ConflictForm(TellingForm):
    judge = forms.ModelChoiceField(label=_("Judge"), queryset=Judge.objects.none())
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none())
    source = forms.ChoiceField(label=_("Why"), choices=SOURCES)
    reason = _reason(_("What is known"))

    def __init__(self, judges: Any, teams: Any, names: dict[int, str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        judge: Any = self.fields["judge"]
        judge.queryset, judge.label_from_instance = judges, lambda each: names.get(each.user_id, str(each.pk))
        team: Any = self.fields["team"]
        team.queryset, team.label_from_instance = teams, lambda each: f"{each.number} · {each.name}"


class EntriesForm(TellingForm):
    """Some of the entries of a round: anchors, or samples for the calibration."""

    entries = forms.ModelMultipleChoiceField(
        label=_("Entries"), queryset=Entry.objects.none(), widget=MANY, required=False
    )

    def __init__(self, entries: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["entries"]
        field.queryset = entries
        field.label_from_instance = lambda each: f"{each.code} · {each.division.code} · {each.subcategory}"


class CloseForm(TellingForm):
    reason = _reason(
        _("Reason, where sheets are left unsigned"),
        _("Unsigned sheets are withdrawn, and this reason is kept with them."),
        required=False,
    )
