"""For administrators: who holds which role where, and which organisations are verified."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.server.people import actions
from dataferry.server.people.forms import GrantForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import require, signed_in, signed_in_person
from dataferry.server.people.queries import all_grants, all_organisations

ROWS = 50


def _page(request: HttpRequest, rows: Any) -> Page:
    return Paginator(rows, ROWS).get_page(request.GET.get("page"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def roles(request: HttpRequest) -> HttpResponse:
    """Every role that is given, and a form to give one."""
    require(signed_in_person(request), "people.see_roles")
    form = GrantForm(request.POST) if request.method == "POST" else GrantForm()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with telling_form(form):
            actions.grant_role(signed_in_person(request), data["email"], data["role"], data["city"], form.end())
        if form.is_valid():
            messages.success(request, _("The role is given."))
            return redirect("account_roles")
    context = {"form": form, "grants": _page(request, all_grants(request.GET.get("q", "")))}
    return render(request, "people/roles.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    with telling(request, _("The role is taken back.")):
        actions.revoke_role(signed_in_person(request), number)
    return redirect("account_roles")


@require_safe
@never_cache
@signed_in
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation: those that nobody has verified yet come first."""
    require(signed_in_person(request), "people.see_roles")
    return render(request, "people/all_organisations.html", {"organisations": _page(request, all_organisations())})


@require_POST
@signed_in
def verify(request: HttpRequest, slug: str) -> HttpResponse:
    verified = request.POST.get("do") == "verify"
    done = _("The organisation is verified.") if verified else _("The organisation is no longer verified.")
    with telling(request, done):
        actions.verify_organisation(signed_in_person(request), slug, verified)
    return redirect("account_all_organisations")
