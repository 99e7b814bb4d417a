"""Forms of the organisers' desk. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.messages import DataferryError
from dataferry.server.challenge.actions.sessions import LANGUAGES, LONGEST_LOCATION, LONGEST_TITLE, MOST_PLACES, Plan
from dataferry.server.challenge.models import Division, Edition, MailCampaign, Team, TrainingSession
from dataferry.server.challenge.queries.sessions import zone_of
from dataferry.server.display.words import city_name
from dataferry.server.people.forms import NO_ADDRESS, TellingForm

TONGUES = {"en": _("English"), "zh-Hant": _("Traditional Chinese"), "zh-Hans": _("Simplified Chinese")}
SESSION_KINDS = {"training": _("Training"), "mentoring": _("A mentor's hour"), "rehearsal": _("Rehearsal")}
AUDIENCES = {
    "leaders": _("Leaders of all teams"),
    "members": _("Everybody in a team"),
    "without_entry": _("Teams that have not handed in"),
    "incomplete": _("People who still owe an answer about eligibility"),
    "finalists": _("Finalists"),
    "reserves": _("Reserves"),
    "not_chosen": _("Teams that were not chosen"),
    "judges": _("Judges"),
    "judges_overdue": _("Judges with sheets to sign"),
    "mentors": _("Mentors"),
}
MOMENT = "%Y-%m-%dT%H:%M"
NO_MOMENT = _("Write a day and a time, such as 2026-08-01T14:00.")


class MomentField(forms.CharField):
    """A day and time without a zone, as they stand on the wall where something happens."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT))
        super().__init__(max_length=30, **options)

    def clean(self, value: Any) -> datetime | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError as error:
            raise forms.ValidationError(NO_MOMENT) from error
        return found.replace(tzinfo=None)


def _divisions(edition: Edition, divisions: list[Division], everybody: Any) -> list[tuple[str, Any]]:
    """What an organiser may choose: their divisions, and all of the edition where they run all."""
    own = [(each.code, city_name(each.city)) for each in divisions]
    return ([("", everybody)] if len(divisions) == edition.divisions.count() else []) + own


class _DivisionForm(TellingForm):
    def __init__(self, *args: Any, edition: Edition, divisions: list[Division], **options: Any) -> None:
        super().__init__(*args, **options)
        self.edition, self.divisions = edition, {each.code: each for each in divisions}
        field: Any = self.fields["division"]
        field.choices = _divisions(edition, divisions, self.everybody)

    everybody: Any = _("Both cities")

    def chosen_division(self) -> Division | None:
        return self.divisions.get(self.cleaned_data["division"])


class SessionForm(_DivisionForm):
    """A session as organisers plan it."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=list(SESSION_KINDS.items()))
    division = forms.ChoiceField(label=_("For"), required=False)
    title_en = forms.CharField(label=_("Title in English"), max_length=LONGEST_TITLE)
    title_hant = forms.CharField(
        label=_("Title in Traditional Chinese"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs={"lang": "zh-Hant-HK"}),
    )
    title_hans = forms.CharField(
        label=_("Title in Simplified Chinese"),
        max_length=LONGEST_TITLE,
        widget=forms.TextInput(attrs={"lang": "zh-Hans-CN"}),
    )
    starts_at = MomentField(
        label=_("Begins"), help_text=_("Times are those of the division; for both cities, those of the edition.")
    )
    ends_at = MomentField(label=_("Ends"))
    location = forms.CharField(
        label=_("Where"), max_length=LONGEST_LOCATION, required=False, help_text=_("A room, or the address of a call.")
    )
    capacity = forms.IntegerField(
        label=_("Places"),
        required=False,
        min_value=1,
        max_value=MOST_PLACES,
        help_text=_("One for each team. Empty: no limit."),
    )
    finalists_only = forms.BooleanField(label=_("For finalists only"), required=False)

    def __init__(self, *args: Any, session: TrainingSession | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if session is not None:
            zone = ZoneInfo(zone_of(session))
            self.initial = {
                "revision": session.revision,
                "kind": session.kind,
                "division": session.division.code if session.division else "",
                **{f"title_{_suffix(each)}": session.title.get(each, "") for each in LANGUAGES},
                "starts_at": session.starts_at.astimezone(zone).strftime(MOMENT),
                "ends_at": session.ends_at.astimezone(zone).strftime(MOMENT),
                "location": session.location,
                "capacity": session.capacity,
                "finalists_only": session.finalists_only,
            }

    def plan(self) -> Plan:
        data, division = self.cleaned_data, self.chosen_division()
        zone = ZoneInfo(zone_of(TrainingSession(edition=self.edition, division=division)))
        return Plan(
            kind=data["kind"],
            title={each: data[f"title_{_suffix(each)}"] for each in LANGUAGES},
            starts_at=data["starts_at"].replace(tzinfo=zone),
            ends_at=data["ends_at"].replace(tzinfo=zone),
            location=data["location"],
            capacity=data["capacity"],
            finalists_only=data["finalists_only"],
            division=division,
        )

    def tell(self, error: DataferryError) -> None:
        field = _field_of(error)
        self.add_error(field if field in self.fields else None, error.text())


def _suffix(language: str) -> str:
    return language.removeprefix("zh-").lower()


def _field_of(error: DataferryError) -> str:
    """A field with a language, as the form calls it: `title_zh-Hant` is `title_hant`."""
    return str(error.data.get("field", "")).replace("zh-", "").lower()


class MentorForm(TellingForm):
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none())
    email = forms.EmailField(
        label=_("E-mail address of the account"),
        max_length=254,
        error_messages={"invalid": NO_ADDRESS},
        help_text=_("The mentor has an account here and has confirmed this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    until = MomentField(
        label=_("Until"), required=False, help_text=_("In the team's division. Empty: until somebody ends it.")
    )

    def __init__(self, teams: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        team: Any = self.fields["team"]
        team.queryset, team.label_from_instance = teams, lambda each: f"{each.number} · {each.name}"

    def last_instant(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["until"]
        return at and at.replace(tzinfo=ZoneInfo(self.cleaned_data["team"].division.time_zone))


class CampaignForm(_DivisionForm):
    """A letter to many, as it is written."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    audience = forms.ChoiceField(label=_("To whom"), choices=list(AUDIENCES.items()))
    division = forms.ChoiceField(label=_("Of which city"), required=False)
    subject_en = forms.CharField(label=_("Subject in English"), max_length=1000, required=False)
    body_en = forms.CharField(
        label=_("Letter in English"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 8})
    )
    subject_hant = forms.CharField(
        label=_("Subject in Traditional Chinese"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"lang": "zh-Hant-HK"}),
    )
    body_hant = forms.CharField(
        label=_("Letter in Traditional Chinese"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "lang": "zh-Hant-HK"}),
    )
    subject_hans = forms.CharField(
        label=_("Subject in Simplified Chinese"),
        max_length=1000,
        required=False,
        widget=forms.TextInput(attrs={"lang": "zh-Hans-CN"}),
    )
    body_hans = forms.CharField(
        label=_("Letter in Simplified Chinese"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "lang": "zh-Hans-CN"}),
    )

    def __init__(self, *args: Any, campaign: MailCampaign | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if campaign is not None:
            texts = {
                f"{part}_{_suffix(each)}": getattr(campaign, part).get(each, "")
                for part in ("subject", "body")
                for each in LANGUAGES
            }
            division = campaign.division.code if campaign.division else ""
            self.initial = {
                "revision": campaign.revision,
                "audience": campaign.audience,
                "division": division,
                **texts,
            }

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        data = self.cleaned_data
        texts = {part: {each: data[f"{part}_{_suffix(each)}"] for each in LANGUAGES} for part in ("subject", "body")}
        return {"audience": data["audience"], "division": self.chosen_division(), **texts}

    def tell(self, error: DataferryError) -> None:
        field = _field_of(error)
        self.add_error(field if field in self.fields else None, error.text())


class RehearsalForm(TellingForm):
    """How large a rehearsal is."""

    teams = forms.IntegerField(label=_("Teams in each division"), min_value=1, max_value=60, initial=12)
    judges = forms.IntegerField(label=_("Judges of each city"), min_value=1, max_value=20, initial=4)
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**31 - 1,
        initial=1,
        help_text=_("The same seed plays the same play."),
    )


class GrantForm(TellingForm):
    """Conditional-open data for a team."""

    rule = forms.ChoiceField(label=_("Data"))
    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none())

    def __init__(self, rules: list[tuple[str, str]], teams: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rule: Any = self.fields["rule"]
        rule.choices = rules
        team: Any = self.fields["team"]
        team.queryset, team.label_from_instance = teams, lambda each: f"{each.number} · {each.name}"
