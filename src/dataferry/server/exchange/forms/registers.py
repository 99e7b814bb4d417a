"""Forms of the two registers. They say what fields look like; the actions decide what is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange import details as fields
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange.actions.objections import GROUNDS, MOST_STATEMENT
from dataferry.server.exchange.actions.registrations import MOST_BASIS, RIGHTS
from dataferry.server.exchange.models import Listing, PaperKind, Registration
from dataferry.server.exchange.models.listings import DeliveryLevel
from dataferry.server.exchange.models.registrations import SourceKind
from dataferry.server.exchange.purposes import Purpose
from dataferry.server.exchange.texts import MOST_REASON
from dataferry.server.merchants.models import Merchant
from dataferry.server.people.forms import TellingForm
from dataferry.server.workshop.models import Release

TONGUES = (
    ("en", "en", _("English")),
    ("zh-Hant", "hant", _("Traditional Chinese")),
    ("zh-Hans", "hans", _("Simplified Chinese")),
)


class ReleaseChoice(forms.ModelChoiceField):
    """A release by the title and version of its product."""

    def label_from_instance(self, obj: Release) -> str:
        title = spoken(obj.document.get("title") or obj.product.slug, page_language()).text
        return f"{title} {obj.version}"


class SupplierChoice(forms.ModelChoiceField):
    """A supplier by the name of its organisation."""

    def label_from_instance(self, obj: Merchant) -> str:
        return f"{spoken(obj.organisation.name, page_language()).text} ({obj.number})"


def _paragraph(
    label: Any, most: int, *, rows: int = 4, required: bool = False, help_text: Any = "", lang: str = ""
) -> Any:
    widget = forms.Textarea(attrs={"rows": rows, **({"lang": lang} if lang else {})})
    return forms.CharField(label=label, max_length=most, widget=widget, required=required, help_text=help_text)


def add_tongues(form: forms.Form, name: str, label: Any, most: int, *, rows: int = 4) -> None:
    """A field for each language; with `rows` 1 a single line."""
    for code, key, language in TONGUES:
        named = _("%(field)s (%(language)s)") % {"field": label, "language": language}
        form.fields[f"{name}_{key}"] = (
            forms.CharField(label=named, max_length=most, required=False, widget=forms.TextInput(attrs={"lang": code}))
            if rows == 1
            else _paragraph(named, most, rows=rows, lang=code)
        )


def tongues_of(data: Mapping[str, Any], name: str) -> dict[str, str]:
    """What was written, by language."""
    return {code: data.get(f"{name}_{key}") or "" for code, key, _language in TONGUES}


def tongues_into(words_: Mapping[str, Any] | None, name: str) -> dict[str, str]:
    """The initial values of those fields."""
    return {f"{name}_{key}": str((words_ or {}).get(code, "")) for code, key, _language in TONGUES}


class ReasonForm(TellingForm):
    """Why something is returned, refused, suspended, cancelled."""

    reason = _paragraph(_("Reason"), MOST_REASON, rows=3, required=True)


class RegistrationForm(TellingForm):
    """Where the data comes from, and which rights are registered."""

    def __init__(
        self, *args: Any, registration: Registration | None = None, releases: Any = None, **kwargs: Any
    ) -> None:
        if registration is not None:
            kwargs.setdefault("initial", self._initial(registration))
        super().__init__(*args, **kwargs)
        if releases is not None:
            self.fields["release"] = ReleaseChoice(queryset=releases, label=_("Release"), empty_label=None)
        self.fields["source_kind"] = forms.ChoiceField(
            label=_("How you came to hold the data"), choices=SourceKind.choices, widget=forms.RadioSelect
        )
        self.fields["rights"] = forms.MultipleChoiceField(
            label=_("Rights to be registered"),
            choices=[(code, words.right_word(code)) for code in RIGHTS],
            widget=forms.CheckboxSelectMultiple,
        )
        add_tongues(self, "basis", _("On what they rest"), MOST_BASIS, rows=3)

    @staticmethod
    def _initial(registration: Registration) -> dict[str, Any]:
        return {
            "release": registration.release_id,
            "source_kind": registration.source_kind,
            "rights": registration.rights.get("kinds"),
            **tongues_into(registration.rights.get("basis"), "basis"),
        }

    def rights(self) -> dict[str, Any]:
        return {"kinds": self.cleaned_data["rights"], "basis": tongues_of(self.cleaned_data, "basis")}


class NewRegistrationForm(RegistrationForm):
    """Which release of which supplier is registered."""

    def __init__(self, *args: Any, suppliers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"] = SupplierChoice(queryset=suppliers, label=_("Supplier"), empty_label=None)
        self.order_fields(["supplier", "release"])


class ObjectionForm(TellingForm):
    """What somebody has against a registration, and what it is to them."""

    grounds = forms.ChoiceField(label=_("What your objection rests on"))
    statement = _paragraph(
        _("Your objection"),
        MOST_STATEMENT,
        rows=8,
        required=True,
        help_text=_(
            "Say what your interest is, what is wrong, and how you know. The supplier and the registrar read it."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grounds"].choices = [(code, words.ground_word(code)) for code in GROUNDS]  # type: ignore[attr-defined]


class ReleaseForm(TellingForm):
    """Which release takes the place of the listed one."""

    def __init__(self, *args: Any, releases: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["release"] = ReleaseChoice(queryset=releases, label=_("Release"), empty_label=None)


class ChangeForm(ReleaseForm):
    """Which release the register shall name from now on."""


class PaperForm(TellingForm):
    """What a file is; the file itself comes by `uploads`."""

    kind = forms.ChoiceField(label=_("What it is"))

    def __init__(self, *args: Any, kinds: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = dict(PaperKind.choices)
        self.fields["kind"].choices = [(code, named[PaperKind(code)]) for code in kinds]  # type: ignore[attr-defined]


class ScenarioForm(TellingForm):
    """One use of the product."""

    code = forms.SlugField(label=_("Short name"), max_length=40, help_text=_("Small letters, digits and hyphens."))
    purposes = forms.MultipleChoiceField(
        label=_("Purposes"), choices=Purpose.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_tongues(self, "title", _("Scenario"), 200, rows=1)
        add_tongues(self, "text", _("How it is used"), 5_000)

    def words(self) -> dict[str, Any]:
        return {"title": tongues_of(self.cleaned_data, "title"), "text": tongues_of(self.cleaned_data, "text")}


class ListingForm(TellingForm):
    """The part of the specification sheet that people write."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, listing: Listing, **kwargs: Any) -> None:
        kwargs.setdefault("initial", self._initial(listing))
        super().__init__(*args, **kwargs)
        self._codes()
        for name, most in fields.WORDS.items():
            add_tongues(self, name, words.field_word(name), most, rows=1 if name in ("title", "keywords") else 4)
        self.fields["inputs"] = _paragraph(
            _("Input fields (of a service)"),
            20_000,
            help_text=_(
                "One a line: name, type, required or optional, meaning; with | between them. Each name is a column "
                "that buyers may group and filter by; one that identifies people or vehicles cannot be."
            ),
        )
        self.fields["shares"] = _paragraph(
            _("Who shares in the revenue"),
            20_000,
            required=True,
            help_text=_("One a line: weight, then the supplier's number or the publisher. Suggested from the lineage."),
        )

    def _codes(self) -> None:
        add = self.fields
        add["kind"] = forms.ChoiceField(
            label=_("Type"), choices=[(code, words.kind_word(code)) for code in fields.KINDS]
        )
        add["level"] = forms.ChoiceField(label=_("Delivery level"), choices=DeliveryLevel.choices)
        add["delivery_modes"] = forms.MultipleChoiceField(
            label=_("Ways of delivery"),
            choices=[(code, words.mode_word(code)) for code in fields.MODES],
            widget=forms.CheckboxSelectMultiple,
            required=False,
            help_text=_(
                "Levels S1 and S2 deliver files, shares and rows; S3 rows or a service; S4 a service alone. A service "
                "answers questions with figures of groups of rows; the rows stay."
            ),
        )
        boards = [(code, words.board_word(code)) for code in fields.BOARDS]
        add["board"] = forms.ChoiceField(label=_("Sector board"), choices=boards)
        industries = [(code, words.industry_word(code)) for code in fields.INDUSTRIES]
        add["industry"] = forms.ChoiceField(label=_("Industry"), choices=industries)
        for name, label, units in (
            ("frequency", _("Update frequency"), fields.FREQUENCIES),
            ("period", _("Period of use"), fields.PERIODS),
        ):
            add[f"{name}_count"] = forms.IntegerField(
                label=_("%(field)s: number") % {"field": label}, min_value=1, max_value=fields.MOST_COUNT
            )
            add[f"{name}_unit"] = forms.ChoiceField(
                label=_("%(field)s: unit") % {"field": label},
                choices=[(unit, words.counted_word({"unit": unit, "count": 1})) for unit in units],
            )
        add["calls_a_minute"] = forms.IntegerField(
            label=_("Calls a minute at most (0: not stated)"), min_value=0, max_value=fields.MOST_COUNT
        )
        add["smallest_cell"] = forms.IntegerField(
            label=_("Rows and subjects that an answer stands for at least (of a service)"),
            min_value=0,
            max_value=fields.MOST_COUNT,
            required=False,
            help_text=_("Never fewer than 10, whatever stands here."),
        )

    @staticmethod
    def _initial(listing: Listing) -> dict[str, Any]:
        found: dict[str, Any] = {"revision": listing.revision}
        details = listing.details
        for name in fields.WORDS:
            found |= tongues_into(details.get(name), name)
        for name in ("frequency", "period"):
            found |= {f"{name}_count": details[name]["count"], f"{name}_unit": details[name]["unit"]}
        for name in ("level", "board", "industry", "delivery_modes"):
            found[name] = getattr(listing, name)
        return {
            **found,
            "kind": details["kind"],
            "calls_a_minute": details["calls_a_minute"],
            "smallest_cell": details.get("smallest_cell", 0),
            "inputs": "\n".join(_input_line(each) for each in details["inputs"]),
            "shares": "\n".join(f"{each['weight']} {each['owner']}" for each in listing.shares),
        }

    def values(self) -> dict[str, Any]:
        """What `change_listing` takes."""
        data = self.cleaned_data
        details: dict[str, Any] = {name: tongues_of(data, name) for name in fields.WORDS}
        for name in ("frequency", "period"):
            details[name] = {"count": data[f"{name}_count"], "unit": data[f"{name}_unit"]}
        details |= {"kind": data["kind"], "calls_a_minute": data["calls_a_minute"], "inputs": _inputs(data["inputs"])}
        details["smallest_cell"] = data["smallest_cell"] or 0
        return {
            "details": details,
            "shares": _shares(data["shares"]),
            **{name: data[name] for name in ("level", "board", "industry", "delivery_modes")},
        }


def _input_line(each: Mapping[str, Any]) -> str:
    needed = "required" if each.get("required") else "optional"
    return f"{each['name']} | {each['type']} | {needed} | {spoken(each.get('meaning') or None, page_language()).text}"


def _inputs(text: str) -> list[dict[str, Any]]:
    """Input fields as they were written, one a line; the meaning is in the language of the page."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        parts = [part.strip() for part in line.split("|", 3)] + ["", "", ""]
        meaning = {page_language(): parts[3]} if parts[3] else {}
        found.append(
            {"name": parts[0], "type": parts[1] or "string", "required": parts[2] == "required", "meaning": meaning}
        )
    return found


def _shares(text: str) -> list[dict[str, Any]]:
    """Weights and owners as they were written, one a line; what is no number is left for the action to refuse."""
    found = []
    for line in text.splitlines():
        weight, _space, owner = line.strip().partition(" ")
        if weight:
            number = int(weight) if weight.isascii() and weight.isdecimal() and len(weight) < 12 else 0
            found.append({"owner": owner.strip() if number else line.strip(), "weight": number})
    return found
