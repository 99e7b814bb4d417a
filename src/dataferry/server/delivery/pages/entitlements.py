"""A buyer's data and a supplier's deliveries: the list, one entitlement, its keys, downloads and notices."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.formats.delta_sharing import Profile
from dataferry.messages import DataferryError, InputError, MissingError, UnavailableError
from dataferry.server import people
from dataferry.server.delivery import gate, keeping, versions
from dataferry.server.delivery.actions import entitlements as acts
from dataferry.server.delivery.actions import keys
from dataferry.server.delivery.causes import cause_words
from dataferry.server.delivery.cuts import kept_cut
from dataferry.server.delivery.exports import kinds_of
from dataferry.server.delivery.forms import KeyForm, ReasonForm
from dataferry.server.delivery.limits import Limits
from dataferry.server.delivery.loading import endpoint, loaders, profile_name
from dataferry.server.delivery.models import AccessKey, Entitlement, ServedTable
from dataferry.server.delivery.pages.downloads import sent_on
from dataferry.server.delivery.queries import entitlements as queries
from dataferry.server.delivery.queries.usage import last_use, usage_of
from dataferry.server.delivery.states import EntitlementState
from dataferry.server.delivery.tokens import LONGEST, digest_of
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person

ROWS = 50
SECTION = {"section": "exchange"}
ALIVE = (EntitlementState.GRANTED, EntitlementState.SUSPENDED)


@require_safe
@never_cache
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """What the person's organisations bought, and what they deliver."""
    user = signed_in_person(request)
    received = Paginator(queries.received_by(user), ROWS).get_page(request.GET.get("page"))
    supplied = Paginator(queries.supplied_by(user), ROWS).get_page(request.GET.get("supplied"))
    context = {
        **SECTION,
        "received": received,
        "supplied": supplied,
        "operates": people.can(user, "delivery.operate"),
    }
    return render(request, "delivery/mine.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
@sensitive_variables()
def entitlement(request: HttpRequest, number: str) -> HttpResponse:
    """One entitlement. A new key's token is on the answer to the form and nowhere else."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    form = KeyForm(request.POST if request.method == "POST" else None, doors=gate.doors_of(found.agreement.listing))
    issued, token = None, ""
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            issued, token = keys.issue_key(user, found, **form.cleaned_data)
    return _shown(request, found, form, issued, token)


def _shown(
    request: HttpRequest, found: Entitlement, form: KeyForm, issued: AccessKey | None, token: str
) -> HttpResponse:
    user = signed_in_person(request)
    may_use = people.can(user, "delivery.use", found)
    doors = gate.doors_of(found.agreement.listing)
    served = _served(found)
    kinds = _kinds(served)
    context = {
        **SECTION,
        "entitlement": found,
        "versions": versions.versions_of(found),
        "limits": _limits(found),
        "cause": cause_words(found.reason) if found.reason else "",
        "obstacle": _obstacle(found),
        "served": served,
        "being_made_again": served is not None and keeping.is_being_made_again(served),
        "kinds": kinds,
        "loaders": loaders(request, found, kinds) if may_use else [],
        "last_use": last_use(found),
        "keys": [(key, keys.is_usable(key)) for key in found.keys.all()] if may_use else [],
        "notices": found.notices.order_by("-pk"),
        "form": KeyForm(doors=doors) if issued else form,
        "stop_form": ReasonForm(),
        "issued": issued,
        "token": token,
        "may_use": may_use,
        "may_stop": people.can(user, "delivery.revoke", found) and found.state in ALIVE,
        "is_over": found.state not in ALIVE,
        "downloads": gate.Door.FILES in doors,
        "answers": gate.Door.ANSWERS in doors,
    }
    refused = form.is_bound and issued is None
    return render(request, "delivery/entitlement.html", context, status=422 if refused else 200)


def _served(found: Entitlement) -> ServedTable | None:
    """The newest version as it is served, where it has been made."""
    limits = _limits(found)
    if limits is None:
        return None
    newest = versions.newest(found).release
    cut = kept_cut(limits, found.agreement.listing, newest)
    return ServedTable.objects.select_related("release__product").filter(release=newest, cut=cut.digest).first()


def _kinds(served: ServedTable | None) -> list[str]:
    """What can be downloaded, as far as the files are there to tell it."""
    try:
        return kinds_of(keeping.current(served)) if served is not None else ["parquet", "csv"]
    except UnavailableError:
        return ["parquet", "csv"]


def _limits(found: Entitlement) -> Limits | None:
    try:
        return Limits.of(found.agreement)
    except DataferryError:
        return None


def _obstacle(found: Entitlement) -> str:
    """What would be answered at a door now, in words; empty when it is open."""
    doors = gate.doors_of(found.agreement.listing) or [gate.Door.ROWS]
    try:
        gate.check(found, versions.newest(found).release, doors[0])
    except DataferryError as error:
        return error.text()
    return ""


@require_POST
@never_cache
@signed_in
@sensitive_variables()
def rotate(request: HttpRequest, number: str, key: int) -> HttpResponse:
    """A new key in the place of one that works on for a day."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    try:
        issued, token = keys.rotate_key(user, queries.key_of(user, found, key))
    except MissingError:
        raise
    except DataferryError as error:
        messages.error(request, error.text())
        return redirect("delivery-entitlement", number)
    return _shown(request, found, KeyForm(doors=gate.doors_of(found.agreement.listing)), issued, token)


@require_POST
@signed_in
def revoke_key(request: HttpRequest, number: str, key: int) -> HttpResponse:
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    with telling(
        request, _("The key is revoked. Programs that use it, and addresses given to it, are refused from now on.")
    ):
        keys.revoke_key(user, queries.key_of(user, found, key))
    return redirect("delivery-entitlement", number)


@require_POST
@never_cache
@signed_in
@sensitive_variables()
def profile(request: HttpRequest, number: str) -> HttpResponse:
    """The profile file for Delta Sharing clients, made of the token that the page has just shown."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    people.require(user, "delivery.use", found)
    token = request.POST.get("token", "")
    key = found.keys.filter(digest=digest_of(token)).first() if len(token) <= LONGEST else None
    if key is None or not keys.is_usable(key):
        raise InputError("server.delivery.not_the_token", field="token")
    text = Profile(endpoint(request), token, key.expires_at).to_text()
    response = HttpResponse(text, content_type="application/json")
    response["Content-Disposition"] = content_disposition_header(True, profile_name(found)) or "attachment"
    response["Cache-Control"] = "no-store, private"
    return response


@require_POST
@never_cache
@signed_in
def download(request: HttpRequest, number: str, kind: str) -> HttpResponseBase:
    """One file, for a person of the buyer. By POST: looking ahead of a click must not count."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    people.require(user, "delivery.use", found)
    try:
        return sent_on(request, gate.admit(found, gate.Door.FILES), kind)
    except MissingError:
        raise
    except DataferryError as error:
        messages.error(request, error.text())
        return redirect("delivery-entitlement", number)


@require_POST
@signed_in
def stop(request: HttpRequest, number: str) -> HttpResponse:
    """Suspend, resume or revoke: by the supplier's managers or the operator."""
    user = signed_in_person(request)
    found = queries.entitlement_of(user, number)
    reason = request.POST.get("reason", "")[:10_000]
    told: dict[str, tuple[Any, str]] = {
        "suspend": (lambda: acts.suspend(user, found, reason), _("Delivery is suspended. Both parties get a notice.")),
        "resume": (lambda: acts.resume(user, found), _("Delivery goes on. Both parties get a notice.")),
        "revoke": (lambda: acts.revoke(user, found, reason), _("Delivery is revoked. Both parties get a notice.")),
    }
    act, done = told.get(request.POST.get("do", ""), (None, ""))
    if act is not None:
        with telling(request, done):
            act()
    return redirect("delivery-entitlement", number)


@require_safe
@never_cache
@signed_in
def notice(request: HttpRequest, number: str, notice: int) -> HttpResponse:
    """A signed notice as a file that anybody can verify."""
    found = queries.entitlement_of(signed_in_person(request), number)
    row = queries.notice_of(found, notice)
    text = json.dumps(row.document, ensure_ascii=False, indent=2)
    response = HttpResponse(text, content_type="application/vc+ld+json")
    name = f"{found.number}-{row.kind}-{row.pk}.json"
    response["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response["Cache-Control"] = "no-store, private"
    return response


@require_safe
@never_cache
@signed_in
def usage(request: HttpRequest, number: str) -> HttpResponse:
    """What was fetched, for both sides."""
    found = queries.entitlement_of(signed_in_person(request), number)
    context = {
        **SECTION,
        "entitlement": found,
        "usage": usage_of(found),
        "limits": _limits(found),
        "billed": found.billed_usage.order_by("-period_from"),
    }
    return render(request, "delivery/usage.html", context)
