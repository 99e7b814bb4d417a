"""Forms of drafts: the commonest parts of product.yaml, and sharing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.messages import LANGUAGES
from dataferry.server.display.words import TAGS, city_name
from dataferry.server.workshop.manifest_text import CITIES

LONGEST_TEXT = 4000
_NAMES = {"en": _("in English"), "zh-Hant": _("in Traditional Chinese"), "zh-Hans": _("in Simplified Chinese")}


@dataclass(frozen=True)
class FieldSet:
    """Fields under one heading."""

    title: str
    fields: list[Any]


class WordsForm(forms.Form):
    """Title, description, version, cities and terms, as product.yaml has them."""

    version = forms.RegexField(
        label=_("Version"),
        regex=r"^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,40})?$",
        max_length=60,
        error_messages={"invalid": _("Three numbers with dots between them, such as 1.0.0.")},
    )
    licence = forms.ChoiceField(label=_("Licence"))
    cities = forms.MultipleChoiceField(label=_("Cities"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, parts: Mapping[str, Any] | None = None, licences: list[str]) -> None:
        super().__init__(data, initial=_initial(parts or {}))
        for key, label in (("title", _("Title")), ("description", _("Description"))):
            for language in LANGUAGES:
                attributes = {"lang": TAGS[language]} | ({"rows": 3} if key == "description" else {})
                widget = forms.Textarea if key == "description" else forms.TextInput
                self.fields[f"{key}_{language}"] = forms.CharField(
                    label=_("%(what)s %(language)s") % {"what": label, "language": _NAMES[language]},
                    max_length=LONGEST_TEXT,
                    widget=widget(attrs=attributes),
                )
        known = list(dict.fromkeys([*licences, str((parts or {}).get("licence") or "")]))
        for field, choices in (("licence", [(each, each) for each in known if each]), ("cities", _cities())):
            choosing = self.fields[field]
            assert isinstance(choosing, forms.ChoiceField)  # noqa: S101 - as declared above
            choosing.choices = choices

    @property
    def sets(self) -> list[FieldSet]:
        """The fields in the order of the page."""
        worded = [
            FieldSet(str(title), [self[f"{key}_{language}"] for language in LANGUAGES])
            for key, title in (("title", _("Title")), ("description", _("Description")))
        ]
        return [*worded, FieldSet(str(_("Version and terms")), [self["version"], self["licence"], self["cities"]])]

    def parts(self) -> dict[str, Any]:
        """What was written, as `manifest_text.with_parts` takes it."""
        found = self.cleaned_data
        return {
            "version": found["version"],
            "licence": found["licence"],
            "cities": found["cities"],
            **{
                key: {language: " ".join(found[f"{key}_{language}"].split()) for language in LANGUAGES}
                for key in ("title", "description")
            },
        }


def _cities() -> list[tuple[str, str]]:
    return [(each, city_name(each)) for each in CITIES]


def _initial(parts: Mapping[str, Any]) -> dict[str, Any]:
    initial = {key: parts.get(key) for key in ("version", "licence", "cities")}
    for key in ("title", "description"):
        for language in LANGUAGES:
            initial[f"{key}_{language}"] = (parts.get(key) or {}).get(language, "")
    return initial


class ShareForm(forms.Form):
    """One more person for a draft."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"aria-describedby": "email-help"}))
    right = forms.ChoiceField(
        label=_("What the person may do"),
        choices=(("view", _("View and try it")), ("edit", _("Edit and build it"))),
        initial="view",
        widget=forms.RadioSelect,
    )
