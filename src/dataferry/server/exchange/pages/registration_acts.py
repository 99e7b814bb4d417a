"""What a supplier writes of a registration, and what anybody may object."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import MissingError
from dataferry.server import people, uploads
from dataferry.server.exchange.actions import listing_drafts, objections
from dataferry.server.exchange.actions import registrations as actions
from dataferry.server.exchange.forms.registers import NewRegistrationForm, ObjectionForm, PaperForm, RegistrationForm
from dataferry.server.exchange.models import Registration
from dataferry.server.exchange.pages.doors import signed_page
from dataferry.server.exchange.queries import registrations as queries
from dataferry.server.exchange.queries.releases import releases_to_offer, versions_to_offer
from dataferry.server.merchants.models import Merchant
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person

UNPROCESSABLE = 422


def _status(*forms: Any) -> int:
    return UNPROCESSABLE if any(form.is_bound for form in forms) else 200


@signed_page
def new(request: HttpRequest) -> HttpResponse:
    """Begin to register a product."""
    user = signed_in_person(request)
    suppliers = queries.own_suppliers(user)
    context: dict[str, Any] = {"section": "exchange", "tab": "mine", "suppliers": suppliers}
    if not suppliers:
        return render(request, "exchange/registration_new.html", context)
    rows = Merchant.objects.filter(pk__in=[each.pk for each in suppliers]).select_related("organisation")
    releases = releases_to_offer(user, suppliers)
    initial = {"release": _asked_for(request, releases)}
    form = NewRegistrationForm(request.POST or None, suppliers=rows, releases=releases, initial=initial)
    if request.method == "POST" and form.is_valid():
        data, made = form.cleaned_data, None
        with telling_form(form):
            made = actions.open_registration(
                user, data["release"], data["supplier"], data["source_kind"], form.rights()
            )
        if made is not None:
            messages.success(request, _("The registration is begun. Look through it, then hand it in."))
            return redirect("exchange-registration", made.number)
    context |= {"form": form, "has_releases": releases.exists()}
    return render(request, "exchange/registration_new.html", context, status=_status(form))


def _asked_for(request: HttpRequest, releases: Any) -> Any:
    """The release that a link names: `?release=<product>@<version>`."""
    slug, _at, version = request.GET.get("release", "").replace("\x00", "")[:160].partition("@")
    return releases.filter(product__slug=slug, version=version).first()


@signed_page
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Change a registration that is with its supplier, and hand in its proof of source."""
    user = signed_in_person(request)
    found = queries.registration_of(user, number)
    if not people.can(user, "exchange.write_registration", found) or found.state not in actions.CHANGEABLE:
        raise MissingError("server.exchange.no_registration", number=number[:20])
    act = request.POST.get("do", "") if request.method == "POST" else ""
    releases = versions_to_offer(user, found.product, found.supplier)
    form = RegistrationForm(request.POST if act == "save" else None, registration=found, releases=releases)
    paper = PaperForm(request.POST if act == "paper" else None, kinds=("source",))
    if act == "save" and form.is_valid() and _saved(user, found, form):
        messages.success(request, _("Saved."))
        return redirect("exchange-registration", found.number)
    if act == "paper" and paper.is_valid() and handed_in(request, user, found, paper):
        messages.success(request, _("The paper is kept with the registration."))
        return redirect("exchange-registration-edit", found.number)
    context = {
        "section": "exchange",
        "tab": "mine",
        "registration": found,
        "form": form,
        "paper_form": paper,
        "papers": list(found.papers.all()),
    }
    return render(request, "exchange/registration_edit.html", context, status=_status(form, paper))


def _saved(user: Any, found: Registration, form: RegistrationForm) -> bool:
    with telling_form(form):
        kind, release = form.cleaned_data["source_kind"], form.cleaned_data["release"]
        actions.describe(user, found, source_kind=kind, rights=form.rights(), release=release)
    return form.is_valid()


def handed_in(request: HttpRequest, user: Any, thing: Any, form: PaperForm) -> bool:
    """A refusal gives the upload back."""
    with telling_form(form), transaction.atomic():
        taken = uploads.from_form(request, "file", listing_drafts.PURPOSE)
        listing_drafts.add_paper(user, thing, form.cleaned_data["kind"], taken)
    return form.is_valid()


@signed_page
def object_to(request: HttpRequest, number: str) -> HttpResponse:
    """Object to a registration while its notice runs."""
    user = signed_in_person(request)
    found = queries.registration_of(user, number)
    form = ObjectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            made = objections.file_objection(user, found, form.cleaned_data["grounds"], form.cleaned_data["statement"])
        if made is not None:
            told = _("Your objection %(number)s is filed. The registrar decides it before anything is certified.")
            messages.success(request, told % {"number": made.number})
            return redirect("exchange-registration", found.number)
    may = queries.notice_runs(found) and people.can(user, "exchange.file_objection", found)
    context = {"section": "exchange", "tab": "notices", "registration": found, "form": form, "may": may}
    return render(request, "exchange/registration_object.html", context, status=_status(form))
