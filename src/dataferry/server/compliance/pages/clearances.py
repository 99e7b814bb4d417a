"""A clearance: its document, who may rely on it, and the officer's end of it."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.server import people
from dataferry.server.compliance.actions import cases as actions
from dataferry.server.compliance.evidence import digest_of
from dataferry.server.compliance.forms.cases import EndForm
from dataferry.server.compliance.models import ClearanceEnd
from dataferry.server.compliance.pages.roles import role_of
from dataferry.server.compliance.queries import clearances as queries
from dataferry.server.merchants.models import Place
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def clearance(request: HttpRequest, number: str) -> HttpResponse:
    """One clearance, for the parties of its case and the officers of the city."""
    user = signed_in_person(request)
    found = queries.clearance_of(user, number)
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            actions.end_clearance(user, found, form.cleaned_data["reason"])
            messages.success(request, _("The clearance has ended. Later rooms stop what rests on it."))
        if form.is_valid():
            return redirect("compliance-clearance", number)
    end = ClearanceEnd.objects.filter(clearance=found).first()
    context = {
        "section": "exchange",
        "tab": "desk" if role_of(user, found.case) == "officer" else "cases",
        "clearance": found,
        "end": end,
        "holds": queries.standing().filter(pk=found.pk).exists(),
        "whole": digest_of(found.document) == found.digest,
        "recipients": [Place(each).label for each in found.recipients if each in Place.values],
        "may_end": end is None and role_of(user, found.case) == "officer",
        "form": form,
        "is_officer": people.can(user, "compliance.see_case_desk"),
    }
    return render(request, "compliance/clearance.html", context, status=422 if form.is_bound else 200)


@people.signed_in
@never_cache
@require_safe
def document(request: HttpRequest, number: str) -> HttpResponse:
    """The document of a clearance, byte for byte what its digest is of."""
    found = queries.clearance_of(signed_in_person(request), number)
    text = json.dumps(found.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{found.number}.json"'
    return answer
