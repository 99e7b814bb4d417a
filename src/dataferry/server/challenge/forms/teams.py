"""Forms of teams. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.messages import DataferryError
from dataferry.server.challenge.models import Edition, Team
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import city_name, spoken
from dataferry.server.people.forms import NO_ADDRESS, TellingForm
from dataferry.server.people.models import Organisation
from dataferry.server.people.queries import own_organisations

KINDS = {"individual": _("Individuals"), "corporate": _("A company or other organisation")}


class TeamForm(TellingForm):
    """Name, kind and organisation of a team."""

    name = forms.CharField(
        label=_("Name of the team"),
        help_text=_("Any script. Names that differ only in characters, capitals or spaces count as the same."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": 100}),
    )
    kind = forms.ChoiceField(label=_("Who takes part"), widget=forms.RadioSelect)
    organisation = forms.ChoiceField(
        label=_("Organisation"),
        required=False,
        help_text=_("For a company or other organisation: the one that the team acts for."),
    )

    def __init__(self, *args: Any, user: Any, edition: Edition, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisations = {row.organisation.slug: row.organisation for row in own_organisations(user)}
        if team is not None and team.organisation is not None:
            self.organisations.setdefault(team.organisation.slug, team.organisation)
        taken: tuple[str, ...] = edition.file.eligibility.participants or tuple(KINDS)
        self._choose("kind", [(kind, KINDS[kind]) for kind in KINDS if kind in taken])
        named = [(slug, spoken(row.name, page_language()).text) for slug, row in self.organisations.items()]
        self._choose("organisation", [("", _("None")), *named])
        if "corporate" not in taken:
            del self.fields["organisation"]
        if team is not None:
            slug = team.organisation.slug if team.organisation else ""
            self.initial = {"name": team.name, "kind": team.kind, "organisation": slug}

    def _choose(self, field: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[field].choices = choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        data = self.cleaned_data
        organisation: Organisation | None = self.organisations.get(data.get("organisation", ""))
        return {"name": data["name"], "kind": data["kind"], "organisation": organisation}

    def tell(self, error: DataferryError) -> None:
        known = {"server.challenge.team_name_taken": "name", "server.challenge.team_name_invisible": "name"}
        field = known.get(error.code, str(error.data.get("field", "")))
        self.add_error(field if field in self.fields else None, error.text())


class RegisterForm(TeamForm):
    division = forms.ChoiceField(label=_("Division"), widget=forms.RadioSelect)
    field_order = ("division", "name", "kind", "organisation")

    def __init__(self, *args: Any, edition: Edition, **kwargs: Any) -> None:
        super().__init__(*args, edition=edition, **kwargs)
        titles = {code: each.title for code, each in edition.file.divisions.items()}
        self._choose("division", [(row.code, _title(titles, row)) for row in edition.divisions.all()])


def _title(titles: dict[str, Any], division: Any) -> str:
    words = titles.get(division.code)
    return spoken(words.to_json(), page_language()).text if words is not None else city_name(division.city)


class TeamInvitationForm(TellingForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        error_messages={"invalid": NO_ADDRESS},
        help_text=_("The address is shown to this team only."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
