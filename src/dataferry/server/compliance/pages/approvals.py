"""Approvals of authorities, and the ledger of heads of one exporter with its forecast."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.compliance.actions import approvals as actions
from dataferry.server.compliance.forms.border import ApprovalForm, ReasonForm
from dataferry.server.compliance.ledger_view import meters_of, thresholds_ahead
from dataferry.server.compliance.models import HeadEntry
from dataferry.server.compliance.queries import decisions as queries
from dataferry.server.compliance.queries.border import forecast_of
from dataferry.server.compliance.queries.heads import counts_of, year_of
from dataferry.server.compliance.states import ApprovalState
from dataferry.server.journal import clock
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

SHOWN = 100


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approvals(request: HttpRequest) -> HttpResponse:
    """All approvals that the person may see, and for officers a form to record one more."""
    user = signed_in_person(request)
    form = ApprovalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        number, party = given.pop("exporter"), given.pop("party")
        with telling_form(form):
            given["party"] = queries.named_party(party)
            made = actions.record_approval(user, queries.exporter_seen(user, number), **given)
            return redirect("compliance-border-approval", made.number)
    context = {
        "section": "exchange",
        "tab": "approvals",
        "rows": list(queries.approvals_seen(user)[:SHOWN]),
        "is_officer": bool(queries.places_of(user)),
        "form": form,
    }
    return render(request, "compliance/border_approvals.html", context)


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, number: str) -> HttpResponse:
    """One approval; an officer confirms, suspends, resumes or ends it."""
    user = signed_in_person(request)
    found = queries.approval_seen(user, number)
    form = ReasonForm(request.POST if request.POST.get("do") not in (None, "confirm") else None)
    if request.method == "POST":
        act = request.POST.get("do", "")
        changes = {
            "suspend": actions.suspend_approval,
            "resume": actions.resume_approval,
            "end": actions.end_approval,
        }
        if act == "confirm":
            with telling(request, _("Confirmed: it counts from now on.")):
                actions.confirm_approval(user, found)
            return redirect("compliance-border-approval", number)
        if act not in changes:
            raise MissingError("server.compliance.no_such_approval", number=number[:40])
        if form.is_valid():
            with telling_form(form):
                changes[act](user, found, form.cleaned_data["reason"])
                return redirect("compliance-border-approval", number)
    counts = counts_of(found.exporter, year_of(clock.now()))
    context = {
        "section": "exchange",
        "tab": "approvals",
        "approval": found,
        "counts": counts,
        "is_officer": people.can(user, "compliance.record_approval", found.exporter),
        "may_confirm": found.state == ApprovalState.RECORDED and found.recorded_by_id != user.pk,
        "form": form,
    }
    return render(request, "compliance/border_approval.html", context)


@people.signed_in
@never_cache
@require_safe
def ledger(request: HttpRequest, number: str) -> HttpResponse:
    """How many people an exporter's data are about this year, each addition, and when a threshold would be crossed."""
    user = signed_in_person(request)
    exporter = queries.exporter_seen(user, number)
    year = year_of(clock.now())
    ahead = forecast_of(exporter)
    entries = HeadEntry.objects.filter(ledger__exporter=exporter, ledger__year=year).select_related("ledger")
    context = {
        "section": "exchange",
        "tab": "ledger",
        "exporter": exporter,
        "year": year,
        "ledgers": list(exporter.head_ledgers.filter(year=year)),
        "counts": counts_of(exporter, year),
        "meters": meters_of(exporter, ahead),
        "thresholds": thresholds_ahead(ahead),
        "entries": list(entries.order_by("-pk")[:SHOWN]),
        "approvals": list(exporter.export_approvals.all()[:SHOWN]),
    }
    return render(request, "compliance/border_ledger.html", context)
