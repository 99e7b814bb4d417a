"""Forms of the account pages. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from dataferry.messages import DataferryError
from dataferry.server.people.actions.accounts import time_zones
from dataferry.server.people.models import Profile
from dataferry.server.people.roles import City, Role, Scope

FIRST_ZONES = ("Asia/Hong_Kong", "Asia/Shanghai", "UTC")
NO_ADDRESS = _("This is not an e-mail address. Write it as name@example.org.")
CITIES = [("", _("Both cities, or none"))]


class TellingForm(forms.Form):
    """A form that shows an error of an action beside the field it is about."""

    def tell(self, error: DataferryError) -> None:
        field = str(error.data.get("field", ""))
        self.add_error(field if field in self.fields else None, error.text())


def _zones() -> list[tuple[str, str]]:
    others = sorted(zone for zone in time_zones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/")))
    return [("", str(_("As the site has it"))), *((zone, zone) for zone in (*FIRST_ZONES, *others))]


def _languages() -> list[tuple[str, Any]]:
    return [("", _("As the address says")), *settings.LANGUAGES]


class ManyOptions(forms.Select):
    """A select of hundreds of options: Django would load one template for each."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = "" if value is None else str(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, _CHOSEN if key == chosen else "", told) for key, told in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt(self.build_attrs({"name": name}, attrs)), options)


_CHOSEN = mark_safe(" selected")


class ProfileForm(TellingForm):
    display_name = forms.CharField(
        label=_("Display name"),
        max_length=80,
        required=False,
        help_text=_("What others see of you. It need not be your real name."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=_languages,
        help_text=_("For e-mail and where an address has no language of its own."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False, choices=_zones, widget=ManyOptions)
    city = forms.ChoiceField(label=_("City"), required=False, choices=[*CITIES, *City.choices])

    @classmethod
    def of(cls, profile: Profile) -> ProfileForm:
        fields = ("display_name", "language", "time_zone", "city")
        return cls(initial={field: getattr(profile, field) for field in fields})


class OrganisationNameForm(TellingForm):
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    name_zh_hant = forms.CharField(
        label=_("Name in Traditional Chinese"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "zh-Hant-HK"}),
    )
    name_zh_hans = forms.CharField(
        label=_("Name in Simplified Chinese"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"lang": "zh-Hans-CN"}),
    )
    city = forms.ChoiceField(label=_("City"), required=False, choices=[*CITIES, *City.choices])

    def name(self) -> dict[str, str]:
        data = self.cleaned_data
        return {"en": data["name_en"], "zh-Hant": data["name_zh_hant"], "zh-Hans": data["name_zh_hans"]}

    def tell(self, error: DataferryError) -> None:
        known = {"name": "name_en"}
        field = str(error.data.get("field", ""))
        field = known.get(field, field)
        self.add_error(field if field in self.fields else None, error.text())


class OrganisationForm(OrganisationNameForm):
    slug = forms.CharField(
        label=_("Short name"),
        max_length=60,
        help_text=_("For addresses: small letters, digits and hyphens. It cannot be changed later."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ("name_en", "name_zh_hant", "name_zh_hans", "slug", "city")

    def tell(self, error: DataferryError) -> None:
        if error.code in {"server.people.slug_taken", "server.people.bad_slug"}:
            self.add_error("slug", error.text())
        else:
            super().tell(error)


class InvitationForm(TellingForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"invalid": NO_ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    is_manager = forms.BooleanField(label=_("May manage the organisation"), required=False)


class TokenForm(TellingForm):
    name = forms.CharField(label=_("What it is for"), max_length=80, help_text=_("Such as: my laptop, nightly upload."))
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Write includes reading; publish includes both."),
    )
    days = forms.IntegerField(label=_("Good for how many days"), min_value=1, max_value=366, initial=90)


class GrantForm(TellingForm):
    email = forms.EmailField(
        label=_("E-mail address of the member"),
        max_length=254,
        error_messages={"invalid": NO_ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    city = forms.ChoiceField(label=_("City"), required=False, choices=[("", _("Both cities")), *City.choices])
    until = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Leave empty for a role without end."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
    )

    def end(self) -> datetime | None:
        """The last instant of the last day, in the time zone of who gives the role."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        try:
            return datetime.combine(day, time(23, 59, 59), timezone.get_current_timezone()).astimezone(UTC)
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)
