"""Overview, profile, a copy of one's data, the end of the account."""

from __future__ import annotations

import json

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import RefusedError
from dataferry.server.people import actions
from dataferry.server.people.forms import ProfileForm
from dataferry.server.people.models import Profile
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import can, signed_in, signed_in_person
from dataferry.server.people.personal_data import export_all
from dataferry.server.people.queries import (
    current_roles,
    display_name,
    open_invitations,
    own_organisations,
    usable_tokens,
    verified_addresses,
)


@require_safe
@never_cache
@signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """All of the account at a glance, and what needs the person first."""
    user = signed_in_person(request)
    kinds = set(Authenticator.objects.filter(user_id=user.pk).values_list("type", flat=True))
    context = {
        "name": display_name(user),
        "profile": Profile.objects.filter(user_id=user.pk).first(),
        "verified": verified_addresses(user),
        "roles": current_roles(user),
        "memberships": own_organisations(user),
        "invitations": open_invitations(user),
        "tokens": usable_tokens(user).count(),
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds,
        "sessions": UserSession.objects.filter(user=user).count(),
        "may_administer": can(user, "people.see_roles"),
    }
    return render(request, "people/overview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def profile(request: HttpRequest) -> HttpResponse:
    """Name, language, time zone and city."""
    kept, _new = Profile.objects.get_or_create(user_id=signed_in_person(request).pk)
    form = ProfileForm(request.POST) if request.method == "POST" else ProfileForm.of(kept)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            actions.change_profile(signed_in_person(request), **form.cleaned_data)
        if form.is_valid():
            language = form.cleaned_data["language"]
            with override(language or request.LANGUAGE_CODE):
                messages.success(request, _("Your profile is saved."))
                return redirect(reverse("account_profile"))
    return render(request, "people/profile.html", {"form": form}, status=_status(form.is_bound))


def _status(refused: bool) -> int:
    return 422 if refused else 200


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def data(request: HttpRequest) -> HttpResponse:
    """Everything the server holds about the person, as one JSON file; only soon after signing in."""
    if request.method == "POST":
        return _data_file(request)
    return render(request, "people/data.html")


@reauthentication_required
@sensitive_variables()
def _data_file(request: HttpRequest) -> HttpResponse:
    text = json.dumps(export_all(signed_in_person(request)), ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="dataferry-person-{signed_in_person(request).pk}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@reauthentication_required
def delete(request: HttpRequest) -> HttpResponse:
    """What goes, what stays, and one button. The password is asked for where signing in was not just now."""
    reason = ""
    if request.method == "POST" and request.POST.get("sure") == "yes":
        try:
            actions.delete_account(signed_in_person(request))
        except RefusedError as error:
            reason = error.text()
        else:
            logout(request)
            return render(request, "people/deleted.html")
    elif request.method == "POST":
        reason = _("Tick the box to say that you are sure.")
    return render(request, "people/delete.html", {"reason": reason}, status=_status(bool(reason)))
