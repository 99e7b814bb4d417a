"""Forms of entries: texts in three languages, files, data."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.challenge.actions.entries import MOST_SUMMARY, MOST_TITLE
from dataferry.server.challenge.models import Edition, Entry
from dataferry.server.display.languages import page_language
from dataferry.server.people.forms import TellingForm
from dataferry.server.workshop.models import Release

TONGUES = (
    ("en", "en", _("English")),
    ("zh-Hant", "hant", _("Traditional Chinese")),
    ("zh-Hans", "hans", _("Simplified Chinese")),
)
WRITTEN = [("", _("Not stated")), *((code, name) for code, _key, name in TONGUES)]


def subcategories_of(edition: Edition) -> list[tuple[str, list[tuple[str, str]]]]:
    """The sub-categories under their themes, for a select."""
    language = page_language()
    return [
        (theme.title.text(language), [(each.code, each.title.text(language)) for each in theme.subcategories.values()])
        for theme in edition.file.themes.values()
    ]


class StartForm(TellingForm):
    """In which sub-category a team enters."""

    def __init__(self, *args: Any, edition: Edition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["subcategory"] = forms.ChoiceField(label=_("Sub-category"), choices=subcategories_of(edition))


class TextsForm(StartForm):
    """Title and summary in each language, the sub-category, and the language that the entry is written in."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        kwargs.setdefault("initial", self._initial(entry))
        super().__init__(*args, edition=entry.edition, **kwargs)
        for code, key, name in TONGUES:
            self.fields[f"title_{key}"] = forms.CharField(
                label=_("Title (%(language)s)") % {"language": name},
                required=False,
                max_length=MOST_TITLE,
                widget=forms.TextInput(attrs={"lang": code}),
            )
            self.fields[f"summary_{key}"] = forms.CharField(
                label=_("Summary (%(language)s)") % {"language": name},
                required=False,
                max_length=MOST_SUMMARY,
                widget=forms.Textarea(attrs={"rows": 5, "lang": code}),
            )
        self.fields["language"] = forms.ChoiceField(
            label=_("Judges need to read"),
            choices=WRITTEN,
            required=False,
            help_text=_("The language of the proposal. Judges who read it are asked."),
        )

    @staticmethod
    def _initial(entry: Entry) -> dict[str, Any]:
        found = {"revision": entry.revision, "subcategory": entry.subcategory, "language": entry.language}
        for code, key, _name in TONGUES:
            found[f"title_{key}"] = entry.title.get(code, "")
            found[f"summary_{key}"] = entry.summary.get(code, "")
        return found

    def values(self) -> dict[str, Any]:
        """What `change_entry` takes."""
        data = self.cleaned_data
        return {
            "title": {code: data[f"title_{key}"] for code, key, _name in TONGUES},
            "summary": {code: data[f"summary_{key}"] for code, key, _name in TONGUES},
            "subcategory": data["subcategory"],
            "language": data["language"],
        }


class FileForm(TellingForm):
    """Which part of the entry a file is, and its language; the file itself comes by `uploads`."""

    def __init__(self, *args: Any, edition: Edition, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = page_language()
        roles = [
            (code, asked.title.text(language) if asked.title else code)
            for code, asked in edition.file.deliverables.items()
        ]
        self.fields["role"] = forms.ChoiceField(label=_("Part of the entry"), choices=roles)
        self.fields["tongue"] = forms.ChoiceField(
            label=_("Language of the file"),
            required=False,
            choices=[*WRITTEN, ("cmn", _("Spoken Putonghua")), ("yue", _("Spoken Cantonese"))],
        )


class DataForm(TellingForm):
    """A dataset of the catalogue, by its short name."""

    dataset = forms.CharField(
        label=_("Short name of the dataset"),
        max_length=80,
        help_text=_("The last part of its address, such as hk-bus-stops. Search the catalogue first."),
    )
    purpose = forms.CharField(label=_("What it is used for"), max_length=2000, required=False)


class OutsideForm(TellingForm):
    """Data from elsewhere, which nobody has verified."""

    title = forms.CharField(label=_("What the data is called"), max_length=500)
    publisher = forms.CharField(label=_("Who publishes it"), max_length=500)
    address = forms.CharField(label=_("Address"), max_length=500, required=False)
    licence = forms.CharField(label=_("Its terms"), max_length=500, required=False)
    purpose = forms.CharField(label=_("What it is used for"), max_length=2000, required=False)


class ReleaseForm(TellingForm):
    """A release of a product of somebody in the team."""

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = entry.team.members.filter(left_at=None).values("user")
        self.fields["release"] = forms.ModelChoiceField(
            label=_("Release"),
            queryset=Release.objects.filter(product__owner__in=owners).select_related("product"),
            help_text=_("Its lineage fills the list of data."),
        )


class DecisionForm(TellingForm):
    """What an organiser decides on an entry."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            ("eligible", _("Eligible")),
            ("queried", _("Ask the team")),
            ("ineligible", _("Not eligible")),
            ("disqualified", _("Disqualify")),
        ],
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The team reads it. Needed for everything but “eligible”."),
    )
