"""Forms of the catalogue: what is uploaded, how it is to be read, what is said about it. Actions check it all again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dataferry.messages import LANGUAGES, DataferryError
from dataferry.products.licence import licence_ids, terms_of
from dataferry.server.catalogue.models import CITIES, Dataset
from dataferry.server.catalogue.words import provenance_in, text_in
from dataferry.server.display.languages import TONGUES, page_language
from dataferry.server.display.words import city_name, spoken
from dataferry.server.people.models import Organisation
from dataferry.server.people.predicates import organisations_of

ENCODINGS = ("utf-8", "big5hkscs", "gb18030", "utf-16", "cp1252")
DATUMS = (
    ("EPSG:4326", "WGS 84"),
    ("EPSG:2326", "Hong Kong 1980 Grid"),
    ("EPSG:4490", "CGCS2000"),
    ("DATAFERRY:GCJ02", "GCJ-02"),
    ("DATAFERRY:BD09", "BD-09"),
)
_SEPARATORS = ",，、;；"


def field_name(part: str, language: str) -> str:
    """Name of the form field of one text in one language."""
    return f"{part}_{language.replace('-', '_').lower()}"


class ReadingForm(forms.Form):
    """What a person may say about a file; everything left empty is detected, with evidence."""

    encoding = forms.CharField(
        label=gettext_lazy("Encoding"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "If texts come out wrong. Files of Hong Kong are often big5hkscs, of the Mainland gb18030."
        ),
        widget=forms.TextInput(attrs={"list": "encodings", "autocapitalize": "none", "spellcheck": "false"}),
    )
    crs = forms.CharField(
        label=gettext_lazy("Datum of its coordinates"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Only what the publisher states. AMap and Tencent use DATAFERRY:GCJ02, Baidu DATAFERRY:BD09."
        ),
        widget=forms.TextInput(attrs={"list": "datums", "autocapitalize": "none", "spellcheck": "false"}),
    )
    x = forms.CharField(label=gettext_lazy("Column of the longitude or easting"), required=False, max_length=300)
    y = forms.CharField(label=gettext_lazy("Column of the latitude or northing"), required=False, max_length=300)
    layer = forms.CharField(
        label=gettext_lazy("Layer, sheet or member"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("If the file holds several, such as a workbook or an archive."),
    )
    path = forms.CharField(
        label=gettext_lazy("Path to the records"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("In JSON or XML, such as data.list."),
    )
    missing = forms.CharField(
        label=gettext_lazy("Marks of missing values"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Separated by commas, such as -1, n/a. They hold for all columns."),
    )
    day_first = forms.ChoiceField(
        label=gettext_lazy("Order of dates such as 3.4.16"),
        required=False,
        choices=[
            ("", gettext_lazy("find out")),
            ("yes", gettext_lazy("day first")),
            ("no", gettext_lazy("month first")),
        ],
    )
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone of its times"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Such as Asia/Hong_Kong, if the file does not state it."),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if bool(found.get("x")) != bool(found.get("y")):
            self.add_error("y" if found.get("x") else "x", _("Name both columns, or neither."))
        return found

    def options(self) -> dict[str, Any]:
        """The declared options as the actions take them."""
        given = self.cleaned_data
        found: dict[str, Any] = {
            name: given[name] for name in ("encoding", "layer", "path", "crs", "time_zone") if given.get(name)
        }
        if given.get("x"):
            found["geometry"] = [given["x"], given["y"]]
        if given.get("day_first"):
            found["day_first"] = given["day_first"] == "yes"
        marks = given.get("missing", "").translate(str.maketrans(dict.fromkeys(_SEPARATORS, ",")))
        if marks := [mark.strip() for mark in marks.split(",") if mark.strip()]:
            found["missing"] = {"*": marks}
        return found

    @staticmethod
    def initial_of(options: Mapping[str, Any]) -> dict[str, Any]:
        """What the form shows for options that were declared before."""
        found = {name: options[name] for name in ("encoding", "layer", "path", "crs", "time_zone") if name in options}
        if "geometry" in options:
            found["x"], found["y"] = options["geometry"]
        if "day_first" in options:
            found["day_first"] = "yes" if options["day_first"] else "no"
        if marks := (options.get("missing") or {}).get("*"):
            found["missing"] = ", ".join(marks)
        return found


class FileForm(ReadingForm):
    """A file from the person's own machine or from an address, and how to read it."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        required=False,
        help_text=gettext_lazy("CSV, Excel, JSON, GeoJSON, XML, KML, Shapefile or GeoPackage, also in a ZIP."),
    )
    address = forms.URLField(
        label=gettext_lazy("Or its address on the web"), required=False, max_length=2000, assume_scheme="https"
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if "file" not in self.errors and "address" not in self.errors:
            if not found.get("file") and not found.get("address"):
                self.add_error("file", _("Choose a file, or give its address on the web."))
            elif found.get("file") and found.get("address"):
                self.add_error("address", _("Choose either a file or an address, not both."))
        return found


class AboutForm(forms.Form):
    """What is said about a dataset beside its texts."""

    city = forms.ChoiceField(label=gettext_lazy("City"), required=False)
    publisher = forms.CharField(label=gettext_lazy("Publisher"), required=False, max_length=300)
    licence = forms.ChoiceField(
        label=gettext_lazy("Terms of use"),
        required=False,
        help_text=gettext_lazy(
            "Leave it unknown if you are not sure. Unknown terms permit nothing, but stop no upload."
        ),
    )
    source = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("The page of the publisher's portal, or how it was made."),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cities = [("", _("both cities, or neither")), *((city, city_name(city)) for city, _name in CITIES)]
        for name, choices in (("city", cities), ("licence", licence_choices())):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = choices
        self.fields |= _organisation_field(user)


def licence_choices() -> list[tuple[str, str]]:
    """Every licence of the table by its title, the unknown first."""
    language = page_language()
    named = [(identifier, spoken(terms_of(identifier).title, language).text) for identifier in licence_ids()]
    return sorted(((key, title or key) for key, title in named), key=lambda each: (each[0] != "unknown", each[1]))


def _organisation_field(user: Any) -> dict[str, forms.Field]:
    """A choice among the person's organisations; none for a person who has none."""
    known = Organisation.objects.filter(pk__in=organisations_of(user)).values_list("slug", "name")
    if not known:
        return {}
    choices = [("", _("only mine")), *((slug, spoken(name, page_language()).text or slug) for slug, name in known)]
    return {"organisation": forms.ChoiceField(label=_("Belongs to"), required=False, choices=choices)}


def _text_fields(part: str, label: str, limit: int, *, long: bool = False) -> dict[str, forms.Field]:
    """One field for each language, the page's own first; each is marked with the language it is written in."""
    first = page_language()
    found: dict[str, forms.Field] = {}
    for tongue in sorted(TONGUES, key=lambda each: each.library != first):
        attributes = {"lang": tongue.tag} | ({"rows": "4"} if long else {})
        widget = forms.Textarea(attrs=attributes) if long else forms.TextInput(attrs=attributes)
        name = field_name(part, tongue.library)
        found[name] = forms.CharField(label=f"{label} ({tongue.name})", required=False, max_length=limit, widget=widget)
    return found


class NewDatasetForm(AboutForm, FileForm):
    """A file with what is known about it: the start of a dataset. A title in one language is enough."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields = {**_text_fields("title", _("Title"), 300), **self.fields}

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        names = [field_name("title", language) for language in LANGUAGES]
        if not any((found.get(name) or "").strip() for name in names) and not any(
            name in self.errors for name in names
        ):
            self.add_error(field_name("title", page_language()), _("Write a title in at least one language."))
        return found

    def metadata(self) -> dict[str, Any]:
        """What `actions.create_dataset` takes."""
        plain = {
            name: self.cleaned_data[name] for name in ("city", "publisher", "source") if self.cleaned_data.get(name)
        }
        return plain | {"title": texts_of(self, "title"), "licence": self.cleaned_data.get("licence") or "unknown"}


class DatasetForm(AboutForm):
    """All that is said about a dataset, in three languages."""

    PARTS = ("title", "description", "keywords")
    attribution = forms.CharField(
        label=gettext_lazy("Attribution"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("The words that the terms ask users to show."),
    )
    synthetic = forms.BooleanField(label=gettext_lazy("It is made-up sample data"), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, dataset: Dataset, **kwargs: Any) -> None:
        kwargs.setdefault("initial", _initial(dataset))
        super().__init__(*args, **kwargs)
        self.dataset = dataset
        texts = {
            **_text_fields("title", _("Title"), 300),
            **_text_fields("description", _("Description"), 8000, long=True),
            **_text_fields("keywords", _("Keywords"), 1000),
        }
        for part in self.PARTS:
            for language in LANGUAGES:
                texts[field_name(part, language)].help_text = provenance_words(getattr(dataset, part), language)
        self.fields = {**texts, **self.fields}

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The texts by language, the page's own first."""
        first = page_language()
        return [
            {
                "name": tongue.name,
                "tag": "" if tongue.library == first else tongue.tag,
                "fields": [self[field_name(part, tongue.library)] for part in self.PARTS],
            }
            for tongue in sorted(TONGUES, key=lambda each: each.library != first)
        ]

    def changes(self) -> dict[str, Any]:
        """What `actions.change_dataset` takes."""
        plain = ("city", "publisher", "licence", "source", "attribution", "synthetic")
        return {name: self.cleaned_data[name] for name in plain} | {part: texts_of(self, part) for part in self.PARTS}

    def chosen_organisation(self) -> str | None:
        """The chosen organisation; None where there was nothing to choose, so that it stays."""
        return self.cleaned_data.get("organisation")


def _initial(dataset: Dataset) -> dict[str, Any]:
    texts = {
        field_name(part, language): text_in(getattr(dataset, part), language)
        for part in DatasetForm.PARTS
        for language in LANGUAGES
    }
    plain = {name: getattr(dataset, name) for name in ("city", "publisher", "licence", "source", "attribution")}
    organisation = dataset.organisation.slug if dataset.organisation else ""
    return {
        **texts,
        **plain,
        "synthetic": dataset.synthetic,
        "revision": dataset.revision,
        "organisation": organisation,
    }


def provenance_words(value: Any, language: Any) -> str:
    """Where a text came from, or that none was written in this language."""
    return {
        "published": _("As the publisher wrote it."),
        "human": _("Written here by a person."),
        "machine": _("Made by machine. Please check it."),
        "converted": _("Converted by machine from the other Chinese script. Please check it."),
    }.get(provenance_in(value, language), _("Nobody has written it in this language yet."))


def texts_of(form: forms.Form, part: str) -> dict[str, str]:
    """The texts of one part by language."""
    return {language: form.cleaned_data.get(field_name(part, language)) or "" for language in LANGUAGES}


def add_library_error(form: forms.Form, error: DataferryError) -> None:
    """Put what an action refused beside the field it is about, or above the form."""
    named = str(error.data.get("field", "")).replace(".", "_").replace("-", "_").lower()
    named = {"geometry": "x"}.get(named, named)
    if error.code.startswith("geo."):
        named = "crs"
    form.add_error(named if named in form.fields else None, error.text(page_language()))
