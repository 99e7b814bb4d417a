"""Forms of merchants: the application, papers, the operator's checks, the signature."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dataferry.server.merchants.facts import Standing
from dataferry.server.merchants.models import Answer, Checked, Merchant, MerchantClass, PaperKind, Place
from dataferry.server.merchants.profiles import LONGEST_ABOUT, LONGEST_SITE
from dataferry.server.people.forms import TellingForm

TONGUES = (
    ("en", "en", _("English")),
    ("zh-Hant", "hant", _("Traditional Chinese")),
    ("zh-Hans", "hans", _("Simplified Chinese")),
)


class ProfileForm(TellingForm):
    """What the public directory shows."""

    def __init__(self, *args: Any, merchant: Merchant | None = None, **kwargs: Any) -> None:
        if merchant is not None:
            kwargs.setdefault("initial", _initial(merchant))
        super().__init__(*args, **kwargs)
        for code, key, name in TONGUES:
            self.fields[f"about_{key}"] = forms.CharField(
                label=_("About the company (%(language)s)") % {"language": name},
                required=False,
                max_length=LONGEST_ABOUT,
                widget=forms.Textarea(attrs={"rows": 4, "lang": code}),
            )
        self.fields["website"] = forms.CharField(
            label=_("Website"),
            required=False,
            max_length=LONGEST_SITE,
            help_text=_("Begins with https://. Shown in the public directory."),
        )

    def profile(self) -> dict[str, Any]:
        """As the actions take it."""
        about = {code: self.cleaned_data[f"about_{key}"] for code, key, _name in TONGUES}
        return {"about": about, "website": self.cleaned_data["website"]}


class ApplicationForm(ProfileForm):
    """Who wants to trade as what; `revision` is of the application that the form was filled from."""

    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)
    classes = forms.MultipleChoiceField(
        label=_("Classes"),
        choices=MerchantClass.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The classes of the exchange's norm on data merchants. One organisation may be in several."),
    )
    place = forms.ChoiceField(label=_("Where it is registered"), choices=Place.choices)
    register_number = forms.CharField(
        label=_("Number in the company register"),
        max_length=40,
        help_text=_(
            "In the Mainland the unified social credit code (18 characters). In Hong Kong the business registration "
            "number. Elsewhere the number that the register uses."
        ),
    )
    critical = forms.ChoiceField(
        label=_("Does it operate critical information infrastructure?"), choices=Answer.choices, initial=Answer.UNKNOWN
    )
    free_trade_zone = forms.ChoiceField(
        label=_("Is it registered in a free trade zone?"), choices=Answer.choices, initial=Answer.UNKNOWN
    )
    state_organ = forms.ChoiceField(
        label=_("Is it an organ of the state?"), choices=Answer.choices, initial=Answer.UNKNOWN
    )

    def values(self) -> dict[str, Any]:
        """As `apply` and `change_application` take them."""
        names = ("classes", "place", "register_number", "critical", "free_trade_zone", "state_organ")
        return {**{name: self.cleaned_data[name] for name in names}, "profile": self.profile()}


def _initial(merchant: Merchant) -> dict[str, Any]:
    names = ("revision", "classes", "place", "register_number", "critical", "free_trade_zone", "state_organ")
    about = merchant.profile.get("about") or {}
    return {
        **{name: getattr(merchant, name) for name in names},
        **{f"about_{key}": about.get(code, "") for code, key, _name in TONGUES},
        "website": merchant.profile.get("website", ""),
    }


class PaperForm(TellingForm):
    """What a paper shows; the file itself comes beside it."""

    kind = forms.ChoiceField(label=_("What it shows"), choices=PaperKind.choices)


class FactsForm(TellingForm):
    """The operator's checks: an outcome and a note for every fact, of the revision that was looked at."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, standing: list[Standing], revision: int, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"revision": revision})
        super().__init__(*args, **kwargs)
        self.standing = standing
        for each in standing:
            check = each.check
            self.fields[f"outcome_{each.fact.code}"] = forms.ChoiceField(
                label=each.fact.title,
                required=False,
                choices=[("", _("Not checked")), *Checked.choices],
                initial=check.outcome if check else "",
            )
            self.fields[f"note_{each.fact.code}"] = forms.CharField(
                label=_("Where it was seen"), required=False, max_length=500, initial=check.note if check else ""
            )

    def rows(self) -> list[tuple[Standing, Any, Any]]:
        """Each fact with its two fields, for the page."""
        return [(each, self[f"outcome_{each.fact.code}"], self[f"note_{each.fact.code}"]) for each in self.standing]

    def found(self) -> dict[str, tuple[str, str]]:
        """What was chosen, as `check_facts` takes it."""
        chosen = {}
        for each in self.standing:
            outcome = self.cleaned_data[f"outcome_{each.fact.code}"]
            if outcome:
                chosen[each.fact.code] = (outcome, self.cleaned_data[f"note_{each.fact.code}"])
        return chosen


class ReasonForm(TellingForm):
    """Why: the merchant's managers read it."""

    reason = forms.CharField(label=_("Reason"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))


class ClassesForm(TellingForm):
    """Which further classes an active merchant asks for."""

    further = forms.MultipleChoiceField(
        label=_("Further classes"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("The exchange checks what they ask for. You trade on in the classes that you have."),
    )

    def __init__(self, *args: Any, merchant: Merchant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = [(code, label) for code, label in MerchantClass.choices if code not in merchant.classes]
        self.fields["further"].choices = left  # type: ignore[attr-defined]


class GrantForm(TellingForm):
    """Where the operator saw that each fact holds."""

    def __init__(self, *args: Any, standing: list[Standing], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.codes = [each.fact.code for each in standing]
        for each in standing:
            self.fields[f"seen_{each.fact.code}"] = forms.CharField(
                label=_("%(fact)s: where it was seen") % {"fact": each.fact.title},
                help_text=each.fact.how,
                required=False,
                max_length=500,
            )

    def confirmed(self) -> dict[str, str]:
        """As `grant_classes` takes it."""
        return {code: self.cleaned_data[f"seen_{code}"] for code in self.codes if self.cleaned_data[f"seen_{code}"]}


class SignatureForm(TellingForm):
    """A manager signs the rules that are on the page."""

    digest = forms.CharField(widget=forms.HiddenInput)
    agreed = forms.BooleanField(label=_("I may sign for this merchant, and I sign these rules for it."))


class FilterForm(forms.Form):
    """What of the directory is shown; anything unknown is left out."""

    words = forms.CharField(label=_("Name or number"), required=False, max_length=100)
    merchant_class = forms.ChoiceField(
        label=_("Class"), required=False, choices=[("", _("All classes")), *MerchantClass.choices]
    )
    place = forms.ChoiceField(
        label=_("Where it is registered"), required=False, choices=[("", _("All places")), *Place.choices]
    )
