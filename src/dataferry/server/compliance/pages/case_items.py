"""One item of a case: what is asked, what the supplier says, its files, what the machine says, the finding."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.messages import MissingError
from dataferry.server import people, uploads
from dataferry.server.compliance.actions import cases as actions
from dataferry.server.compliance.actions.answering import PURPOSE, UNFOUND, WITH_SUPPLIER, store
from dataferry.server.compliance.case_view import ShownItem, shown_item, shown_machine
from dataferry.server.compliance.checklist import checklist
from dataferry.server.compliance.forms.cases import FindingForm, StatementForm
from dataferry.server.compliance.models import ComplianceCase
from dataferry.server.compliance.pages.roles import role_of
from dataferry.server.compliance.queries import cases as queries
from dataferry.server.compliance.states import CaseState
from dataferry.server.display.languages import page_language
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.pages.answers import telling_form
from dataferry.server.people.permissions import signed_in_person


@people.signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def item(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """One item of a case, with the forms of whoever looks at it."""
    user = signed_in_person(request)
    found = queries.case_of(user, number)
    shown = _shown(found, code)
    forms = _forms(shown)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if request.method == "POST":
        if act not in _ACTS:
            raise MissingError("server.compliance.no_case", number=number[:20])
        forms[act] = _bound(act, request, shown)
        if forms[act].is_valid():
            with telling_form(forms[act]):
                messages.success(request, _ACTS[act](user, shown, forms[act], request))
        if forms[act].is_valid():
            return _onwards(found, shown, stay=_has_file(request))
    status = 422 if any(form.is_bound for form in forms.values()) else 200
    return render(request, "compliance/case_item.html", _context(user, found, shown, forms, act), status=status)


def _shown(found: ComplianceCase, code: str) -> ShownItem:
    row, listed = queries.item_of(found, code), checklist().item(code)
    if listed is None:
        raise MissingError("server.compliance.no_case", number=found.number)
    return shown_item(row, listed, queries.machine_of(found))


def _has_file(request: HttpRequest) -> bool:
    return bool(request.FILES.get("file") or request.POST.get("file_upload", "").strip())


def _onwards(found: ComplianceCase, shown: ShownItem, *, stay: bool) -> HttpResponse:
    """After a file stay here, for another one; otherwise on to the next item."""
    if stay:
        return redirect("compliance-item", found.number, shown.item.code)
    codes = [each.code for each in checklist().items]
    after = codes[codes.index(shown.item.code) + 1 :]
    if after:
        return redirect("compliance-item", found.number, after[0])
    return redirect("compliance-case", found.number)


def _forms(shown: ShownItem) -> dict[str, Any]:
    row, revision = shown.row, {"revision": shown.row.revision}
    state = row.state if row.state not in UNFOUND else ""
    return {
        "answer": StatementForm(initial={**revision, "statement": row.statement}, files=shown.files),
        "find": FindingForm(initial={**revision, "state": state, "finding": row.finding}, gate=shown.item.gate),
    }


def _bound(name: str, request: HttpRequest, shown: ShownItem) -> TellingForm:
    if name == "answer":
        return StatementForm(request.POST, files=shown.files)
    return FindingForm(request.POST, gate=shown.item.gate)


def _answer(user: Any, shown: ShownItem, form: Any, request: HttpRequest) -> str:
    """Statement and file together or not at all; a refusal gives the upload back."""
    people.require(user, "compliance.answer_case", shown.row)
    chosen = form.cleaned_data.get("replaces", "")
    replaced = next((each for each in shown.files if str(each.pk) == chosen), None)
    with transaction.atomic():
        actions.answer_item(user, shown.row, form.cleaned_data["statement"], form.cleaned_data["revision"])
        if _has_file(request):
            actions.add_evidence(user, shown.row, uploads.from_form(request, "file", PURPOSE), replaced)
    return _("Saved.")


def _find(user: Any, shown: ShownItem, form: Any, _request: HttpRequest) -> str:
    cleaned = form.cleaned_data
    actions.find_item(user, shown.row, cleaned["state"], cleaned["finding"], cleaned["revision"])
    return _("Saved.")


_ACTS: Mapping[str, Callable[[Any, ShownItem, Any, HttpRequest], str]] = {
    "answer": _answer,
    "find": _find,
}


def _context(user: Any, found: ComplianceCase, shown: ShownItem, forms: Mapping[str, Any], act: str) -> dict[str, Any]:
    role = role_of(user, found)
    codes = [each.code for each in checklist().items]
    place = codes.index(shown.item.code)
    part = next(each for each in checklist().parts if each.code == shown.item.part)
    machine = {shown.machine.kind: shown.machine} if shown.machine else {}
    return {
        "section": "exchange",
        "tab": "desk" if role == "officer" else "cases",
        "case": found,
        "each": shown,
        "part": part,
        "role": role,
        "forms": forms,
        "act": act,
        "machine": shown_machine(machine, page_language()),
        "may_answer": role == "supplier" and found.state in WITH_SUPPLIER and shown.row.state in UNFOUND,
        "may_find": role == "assessor" and found.state == CaseState.SUBMITTED,
        "before": codes[place - 1] if place else "",
        "after": codes[place + 1] if place + 1 < len(codes) else "",
        "is_officer": people.can(user, "compliance.see_case_desk"),
    }


@people.signed_in
@never_cache
@require_safe
def evidence(request: HttpRequest, number: str, key: int) -> HttpResponseBase:
    """A file of a case, always as a download."""
    found = queries.evidence_of(signed_in_person(request), number, key)
    return store().download(request, found, f"{number}-evidence-{found.pk}")
