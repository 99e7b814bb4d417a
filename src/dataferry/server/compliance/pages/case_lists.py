"""Lists of cases: the supplier's and the assessor's, the officer's desk; the checklist in words."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.server import people
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.queries import cases as queries
from dataferry.server.compliance.states import CaseState
from dataferry.server.people.permissions import signed_in_person

A_PAGE = 50


@people.signed_in
@never_cache
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """Cases that wait for the person's assessors first, then those of their own suppliers."""
    user = signed_in_person(request)
    assessed = queries.assessed_cases(user)
    others = assessed.exclude(state=CaseState.SUBMITTED)
    context = {
        "section": "exchange",
        "tab": "cases",
        "waiting": list(assessed.filter(state=CaseState.SUBMITTED).order_by("opened_at", "pk")[:A_PAGE]),
        "assessed": Paginator(others, A_PAGE).get_page(request.GET.get("assessed")),
        "supplied": Paginator(queries.supplied_cases(user), A_PAGE).get_page(request.GET.get("page")),
        "is_assessor": people.can(user, "compliance.see_assessments"),
        "is_officer": people.can(user, "compliance.see_case_desk"),
    }
    return render(request, "compliance/case_list.html", context)


@people.signed_in
@never_cache
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """What needs an officer today: assessed cases, the oldest first; clearances that end soon; then everything."""
    user = signed_in_person(request)
    people.require(user, "compliance.see_case_desk")
    seen = queries.officers_cases(user)
    state = request.GET.get("state", "")
    rest = seen.filter(state=state) if state in CaseState.values else seen.exclude(state=CaseState.ASSESSED)
    counts = queries.counts_by_state(seen)
    context = {
        "section": "exchange",
        "tab": "desk",
        "waiting": list(seen.filter(state=CaseState.ASSESSED).order_by("assessed_at", "pk")[:A_PAGE]),
        "waiting_count": counts.get(CaseState.ASSESSED, 0),
        "ending": list(queries.ending_soon(user)[:A_PAGE]),
        "shown": Paginator(rest, A_PAGE).get_page(request.GET.get("page")),
        "states": [(each.value, each.label, counts.get(each.value, 0)) for each in CaseState],
        "state": state,
        "is_officer": True,
    }
    return render(request, "compliance/case_desk.html", context)


@require_safe
def checklist_page(request: HttpRequest) -> HttpResponse:
    """The checklist in words, for everybody who prepares a case."""
    listed = checklist()
    context = {
        "section": "exchange",
        "tab": "checklist",
        "checklist": listed,
        "parts": [(part, listed.of_part(part.code)) for part in listed.parts],
        "is_officer": people.can(request.user, "compliance.see_case_desk"),
    }
    return render(request, "compliance/checklist.html", context)
