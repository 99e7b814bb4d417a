"""What a supplier writes of a listing: fields, scenarios, papers, the undertaking, handing in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import spoken
from dataferry.server.exchange import listing_words as words
from dataferry.server.exchange import undertaking
from dataferry.server.exchange.actions import listings as actions
from dataferry.server.exchange.forms.registers import ListingForm, PaperForm, ScenarioForm
from dataferry.server.exchange.models import Listing
from dataferry.server.exchange.pages.doors import signed_page
from dataferry.server.exchange.pages.registration_acts import UNPROCESSABLE, handed_in
from dataferry.server.exchange.queries import listings as queries
from dataferry.server.exchange.queries import registrations as register
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

PAPERS = ("quality", "valuation", "technical")


@signed_page
def new(request: HttpRequest, number: str) -> HttpResponse:
    """Begin a listing of a registered product."""
    user = signed_in_person(request)
    registration = register.registration_of(user, number)
    if not people.can(user, "exchange.write_registration", registration):
        raise MissingError("server.exchange.no_registration", number=number[:20])
    if request.method == "POST":
        with telling(request, _("The listing is begun, with what the release says already filled in.")):
            made = actions.draft_listing(user, registration)
            return redirect("exchange-listing-edit", made.number)
    return redirect("exchange-registration", registration.number)


@signed_page
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Write the sheet, name scenarios, hand papers in, sign, hand in."""
    user = signed_in_person(request)
    found = queries.own_listing_of(user, number)
    if not people.can(user, "exchange.write_listing", found):
        raise MissingError("server.exchange.no_listing", number=number[:20])
    if found.state not in ("draft", "returned"):
        return redirect("exchange-listing", found.number)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    forms = {
        "save": ListingForm(request.POST if act == "save" else None, listing=found),
        "scenario": ScenarioForm(request.POST if act == "scenario" else None),
        "paper": PaperForm(request.POST if act == "paper" else None, kinds=PAPERS),
    }
    if act in forms:
        if forms[act].is_valid() and _save(request, user, found, act, forms[act]):
            return redirect("exchange-listing-edit", found.number)
    elif act:
        return _plain_act(request, user, found, act)
    bound = any(form.is_bound for form in forms.values())
    return render(
        request, "exchange/listing_edit.html", _context(user, found, forms), status=UNPROCESSABLE if bound else 200
    )


def _save(request: HttpRequest, user: Any, found: Listing, act: str, form: Any) -> bool:
    if act == "paper":
        if handed_in(request, user, found, form):
            messages.success(request, _("The paper is kept with the listing."))
        return bool(form.is_valid())
    with telling_form(form):
        if act == "save":
            actions.change_listing(user, found, form.cleaned_data["revision"], **form.values())
            messages.success(request, _("Saved."))
        else:
            data = form.cleaned_data
            actions.add_scenario(user, found, data["code"], form.words(), data["purposes"])
            messages.success(request, _("The scenario is added."))
    return bool(form.is_valid())


def _plain_act(request: HttpRequest, user: Any, found: Listing, act: str) -> HttpResponse:
    if act == "sign":
        with telling(request, _("Signed.")):
            actions.sign_undertaking(user, found)
    elif act == "remove_scenario":
        scenario = next((each for each in found.scenarios.all() if each.code == request.POST.get("code")), None)
        if scenario is None:
            raise MissingError("server.exchange.no_listing", number=found.number)
        with telling(request, _("The scenario is removed.")):
            actions.remove_scenario(user, scenario)
    elif act == "submit":
        with telling(request, _("Handed in. The operator of the exchange looks at it.")):
            actions.submit_listing(user, found)
            return redirect("exchange-listing", found.number)
    return redirect("exchange-listing-edit", found.number)


def _context(user: Any, found: Listing, forms: dict[str, Any]) -> dict[str, Any]:
    language = page_language()
    return {
        "section": "exchange",
        "tab": "mine",
        "listing": found,
        "title": spoken(found.details.get("title") or None, language),
        "forms": forms,
        "open_form": next((name for name, form in forms.items() if form.is_bound), ""),
        "missing": [words.field_word(code) for code in actions.missing_parts(found)],
        "scenarios": [(each, spoken(each.words.get("title"), language)) for each in found.scenarios.all()],
        "papers": list(found.papers.all()),
        "undertaking": spoken({k: v for k, v in undertaking.text_in_force().items() if k != "id"}, language),
        "signed": undertaking.standing(found),
        "may_sign": people.can(user, "exchange.sign_listing", found),
    }
