"""The pages of a case: opening it, the case itself along the checklist, its report, its clearance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.compliance.actions import cases as actions
from dataferry.server.compliance.actions.assessing import recommended
from dataferry.server.compliance.case_steps import steps
from dataferry.server.compliance.case_view import (
    next_step,
    outcome_counts,
    shown_machine,
    shown_parts,
    strip_of,
)
from dataferry.server.compliance.forms.cases import AssessForm, DecideForm, OpenForm, RequestForm, SubmitForm
from dataferry.server.compliance.models import ComplianceCase
from dataferry.server.compliance.pages.roles import role_of
from dataferry.server.compliance.queries import cases as queries
from dataferry.server.compliance.states import CaseState
from dataferry.server.display.languages import page_language
from dataferry.server.merchants.models import MerchantClass, Place
from dataferry.server.merchants.queries import merchant_of, merchants_of
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.workshop.queries import release_or_missing

Forms = dict[str, Any]


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def open_case(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """Open a case for one release."""
    user = signed_in_person(request)
    release = release_or_missing(user, slug, version)
    suppliers = [each for each in merchants_of(user) if each.acts_as(MerchantClass.SUPPLIER)]
    form = OpenForm(request.POST or None, suppliers=suppliers)
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            supplier = merchant_of(user, form.cleaned_data["supplier"])
            made = actions.open_case(user, release, supplier, form.cleaned_data["recipients"])
        if made is not None:
            messages.success(request, _("The case is open. What the machine can say is in it already."))
            return redirect("compliance-case", made.number)
    context = {"section": "exchange", "tab": "cases", "release": release, "suppliers": suppliers, "form": form}
    return render(request, "compliance/case_open.html", context, status=422 if form.is_bound else 200)


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case, for its supplier, its assessor and the officers of the city."""
    user = signed_in_person(request)
    found = queries.case_of(user, number)
    forms = _forms(found)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if act in _ACTS:
        forms[act] = _bound(act, request, found)
        if forms[act].is_valid():
            with telling_form(forms[act]):
                messages.success(request, _ACTS[act](user, found, forms[act]))
        if forms[act].is_valid():
            return redirect("compliance-case", number)
    elif request.method == "POST":
        _plain_act(request, found, act)
        return redirect("compliance-case", number)
    status = 422 if any(form.is_bound for form in forms.values()) else 200
    return render(request, "compliance/case.html", _context(user, found, forms, act), status=status)


def _forms(found: ComplianceCase) -> Forms:
    return {
        "submit": SubmitForm(assessors=queries.independent_assessors(found.supplier)),
        "request": RequestForm(items=_titled(found)),
        "assess": AssessForm(initial={"finding": found.finding, "conditions": "\n".join(found.conditions)}),
        "decide": DecideForm(initial={"outcome": recommended(found)}),
    }


def _bound(name: str, request: HttpRequest, found: ComplianceCase) -> TellingForm:
    making: Mapping[str, Callable[[], TellingForm]] = {
        "submit": lambda: SubmitForm(request.POST, assessors=queries.independent_assessors(found.supplier)),
        "request": lambda: RequestForm(request.POST, items=_titled(found)),
        "assess": lambda: AssessForm(request.POST),
        "decide": lambda: DecideForm(request.POST),
    }
    return making[name]()


def _titled(found: ComplianceCase) -> list[Any]:
    from dataferry.server.compliance.checklist import checklist

    language = page_language()
    titles = {item.code: item.title[language] for item in checklist().items}
    return [(row, titles.get(row.code, row.code)) for row in found.items.order_by("position")]


def _submit(user: Any, found: ComplianceCase, form: Any) -> str:
    chosen = queries.independent_assessors(found.supplier).filter(number=form.cleaned_data["assessor"]).first()
    actions.submit_case(user, found, chosen)
    return _("Handed in. The assessor is told.")


def _request(user: Any, found: ComplianceCase, form: Any) -> str:
    actions.request_evidence(user, found, form.cleaned_data["items"], form.cleaned_data["reason"])
    return _("Asked. The supplier is told.")


def _assess(user: Any, found: ComplianceCase, form: Any) -> str:
    actions.assess(user, found, form.cleaned_data["finding"], form.named())
    return _("Assessed. The compliance officers are told.")


def _decide(user: Any, found: ComplianceCase, form: Any) -> str:
    made = actions.decide_case(user, found, form.cleaned_data["outcome"], form.cleaned_data["reason"])
    return _("Decided: clearance %(number)s is issued.") % {"number": made.number} if made else _("Decided: failed.")


_ACTS: Mapping[str, Callable[[Any, ComplianceCase, Any], str]] = {
    "submit": _submit,
    "request": _request,
    "assess": _assess,
    "decide": _decide,
}


def _plain_act(request: HttpRequest, found: ComplianceCase, act: str) -> None:
    user = signed_in_person(request)
    if act == "gather":
        with telling(request):
            changed = actions.gather_again(user, found)
            messages.success(
                request, _("Looked again: new findings.") if changed else _("Looked again: nothing changed.")
            )
    elif act == "find_clear":
        with telling(request):
            count = len(actions.find_clear_items(user, found))
            messages.success(request, _("%(count)s items are found satisfied.") % {"count": count})
    elif act == "submit_again":
        with telling(request, _("Handed in again. The assessor is told.")):
            actions.submit_case(user, found)
    elif act == "withdraw":
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick that you are sure."))
            return
        with telling(request, _("The case is withdrawn.")):
            actions.withdraw_case(user, found)
    else:
        raise MissingError("server.compliance.no_case", number=found.number)


def shown(user: Any, found: ComplianceCase) -> dict[str, Any]:
    """What every page about a case shows of it."""
    machine = queries.machine_of(found)
    parts = shown_parts(queries.items_of(found), machine)
    counts = outcome_counts(parts)
    role = role_of(user, found)
    return {
        "section": "exchange",
        "tab": "desk" if role == "officer" else "cases",
        "case": found,
        "role": role,
        "next_step": next_step(found, role),
        "steps": steps(found, role, parts, machine),
        "parts": parts,
        "counts": counts,
        "answered": sum(counts.values()) - counts.get("open", 0),
        "total": sum(counts.values()),
        "strip": strip_of(machine),
        "machine": shown_machine(machine, page_language()),
        "recommended": CaseState(recommended(found)).label,
        "recipients": [Place(each).label for each in found.recipients if each in Place.values],
        "clearance": getattr(found, "clearance", None),
        "is_officer": people.can(user, "compliance.see_case_desk"),
    }


def _context(user: Any, found: ComplianceCase, forms: Forms, act: str) -> dict[str, Any]:
    context = shown(user, found)
    role, state = context["role"], found.state
    with_supplier = state in (CaseState.OPENED, CaseState.EVIDENCE_REQUESTED)
    manages = role == "supplier" and people.can(user, "compliance.submit_case", found)
    return {
        **context,
        "forms": forms,
        "act": act,
        "may_answer": role == "supplier" and with_supplier,
        "may_submit": manages and with_supplier,
        "may_withdraw": manages and (with_supplier or state == CaseState.SUBMITTED),
        "may_find": role == "assessor" and state == CaseState.SUBMITTED,
        "may_request": (role == "assessor" and state == CaseState.SUBMITTED)
        or (role == "officer" and state == CaseState.ASSESSED),
        "may_decide": role == "officer" and state == CaseState.ASSESSED,
        "may_gather": with_supplier or state in (CaseState.SUBMITTED, CaseState.ASSESSED),
        "not_found": sum(context["counts"].get(each, 0) for each in ("open", "evidenced")),
    }


@people.signed_in
@never_cache
@require_safe
def report(request: HttpRequest, number: str) -> HttpResponse:
    """The whole case on paper: every item with statement, evidence and finding, and what the machine said."""
    user = signed_in_person(request)
    found = queries.case_of(user, number)
    return render(request, "compliance/case_report.html", shown(user, found))
