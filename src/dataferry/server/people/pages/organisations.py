"""Organisations: one's own, one of them with its members, and answers to invitations."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dataferry.messages import MissingError
from dataferry.server.people import actions
from dataferry.server.people.forms import InvitationForm, OrganisationForm, OrganisationNameForm
from dataferry.server.people.models import Organisation
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import can, signed_in, signed_in_person
from dataferry.server.people.queries import members_of, open_invitations, organisation_of, own_organisations


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def organisations(request: HttpRequest) -> HttpResponse:
    """The person's organisations and invitations, and a form to found one."""
    form = OrganisationForm(request.POST) if request.method == "POST" else OrganisationForm()
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            made = actions.create_organisation(
                signed_in_person(request), form.name(), form.cleaned_data["slug"], form.cleaned_data["city"]
            )
        if made is not None:
            messages.success(request, _("The organisation is founded, and you manage it."))
            return redirect("account_organisation", made.slug)
    context = {
        "form": form,
        "memberships": own_organisations(signed_in_person(request)),
        "invitations": open_invitations(signed_in_person(request)),
        "may_found": can(signed_in_person(request), "people.create_organisation"),
    }
    return render(request, "people/organisations.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def organisation(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: its members; for managers also invitations and changes."""
    found = organisation_of(signed_in_person(request), slug)
    inviting, naming = InvitationForm(), _naming(found)
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "invite":
            inviting = InvitationForm(request.POST)
            if inviting.is_valid() and _invite(request, slug, inviting):
                return redirect("account_organisation", slug)
        elif act == "change":
            naming = OrganisationNameForm(request.POST)
            if naming.is_valid() and _change(request, slug, naming):
                return redirect("account_organisation", slug)
        else:
            return _act(request, slug, act)
    manages = can(signed_in_person(request), "people.manage_organisation", found)
    context = {
        "organisation": found,
        "members": members_of(found),
        "manages": manages,
        "invitations": found.invitations.all() if manages else (),
        "inviting": inviting,
        "naming": naming,
    }
    status = 422 if inviting.is_bound or naming.is_bound else 200
    return render(request, "people/organisation.html", context, status=status)


def _naming(found: Organisation) -> OrganisationNameForm:
    texts = found.name
    initial = {
        "name_en": texts.get("en", ""),
        "name_zh_hant": texts.get("zh-Hant", ""),
        "name_zh_hans": texts.get("zh-Hans", ""),
        "city": found.city,
    }
    return OrganisationNameForm(initial=initial)


def _invite(request: HttpRequest, slug: str, form: InvitationForm) -> bool:
    page = request.build_absolute_uri(reverse("account_organisations"))
    with telling_form(form):
        actions.invite(signed_in_person(request), slug, page=page, **form.cleaned_data)
    if form.is_valid():
        messages.success(request, _("The invitation is sent."))
    return form.is_valid()


def _change(request: HttpRequest, slug: str, form: OrganisationNameForm) -> bool:
    with telling_form(form):
        actions.change_organisation(signed_in_person(request), slug, form.name(), form.cleaned_data["city"])
    if form.is_valid():
        messages.success(request, _("The organisation is changed."))
    return form.is_valid()


def _act(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """What needs no form: withdraw, remove, promote, demote, leave, close."""
    user, number = signed_in_person(request), _number(request.POST.get("number", ""))
    stays: dict[str, tuple[Callable[[], object], str]] = {
        "withdraw": (lambda: actions.withdraw_invitation(user, slug, number), _("The invitation is withdrawn.")),
        "remove": (lambda: actions.remove_member(user, slug, number), _("The member is removed.")),
        "promote": (lambda: actions.set_manager(user, slug, number, True), _("The member is a manager now.")),
        "demote": (lambda: actions.set_manager(user, slug, number, False), _("The manager is a plain member now.")),
    }
    goes: dict[str, tuple[Callable[[], object], str]] = {
        "leave": (lambda: actions.leave_organisation(user, slug), _("You have left the organisation.")),
        "close": (lambda: actions.close_organisation(user, slug), _("The organisation is closed.")),
    }
    if act not in stays and act not in goes:
        raise MissingError("server.people.no_organisation", name=slug)
    run, done = {**stays, **goes}[act]
    with telling(request, done):
        run()
    there = own_organisations(user).filter(organisation__slug=slug).exists()
    return redirect("account_organisation", slug) if there else redirect("account_organisations")


def _number(text: str) -> int:
    """The number of a row; none that exists where it is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@require_POST
@signed_in
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Accept or decline an invitation."""
    if request.POST.get("do") == "accept":
        with telling(request, _("You belong to the organisation now.")):
            joined = actions.accept_invitation(signed_in_person(request), number)
            return redirect("account_organisation", joined.slug)
    else:
        with telling(request, _("The invitation is declined.")):
            actions.decline_invitation(signed_in_person(request), number)
    return redirect("account_organisations")
