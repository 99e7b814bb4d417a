"""The page of an entry: what is missing, its texts, files and data, handing in, and the organisers' decision."""

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
from dataferry.server.catalogue.dataset_queries import dataset_of
from dataferry.server.challenge import store
from dataferry.server.challenge.actions import artefacts, data_use
from dataferry.server.challenge.actions import entries as actions
from dataferry.server.challenge.calendar import phase_of
from dataferry.server.challenge.data_evidence import verdict
from dataferry.server.challenge.entry_view import lacking, shown_artefacts, shown_submissions, shown_uses
from dataferry.server.challenge.forms.entries import (
    DataForm,
    DecisionForm,
    FileForm,
    OutsideForm,
    ReleaseForm,
    StartForm,
    TextsForm,
)
from dataferry.server.challenge.models import DataUse, Entry
from dataferry.server.challenge.queries import entries as queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.challenge.team_view import deadline
from dataferry.server.people.forms import TellingForm
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person
from dataferry.server.web.files import serve

Forms = dict[str, TellingForm]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def start(request: HttpRequest, number: int) -> HttpResponse:
    """Begin a team's entry; where there is one, go to it."""
    user = signed_in_person(request)
    team = team_queries.team_of(user, number)
    there = Entry.objects.filter(team=team).first()
    if there is not None:
        return redirect("challenge-entry", team.edition.slug, there.code)
    form = StartForm(request.POST or None, edition=team.edition)
    if request.method == "POST" and form.is_valid():
        made = None
        with telling_form(form):
            made = actions.start_entry(user, team, form.cleaned_data["subcategory"])
        if made is not None:
            messages.success(request, _("The entry is begun. Only your team and the organisers see it."))
            return redirect("challenge-entry", team.edition.slug, made.code)
    phase = phase_of(team.edition, "submission", team.division)
    context = {
        "section": "challenge",
        "team": team,
        "form": form,
        "deadline": deadline(phase.closes_at, team.division) if phase else None,
    }
    return render(request, "challenge/entry_start.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def entry(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One entry, for its team and the organisers of its city."""
    user = signed_in_person(request)
    found = queries.entry_of(user, slug, code)
    forms = _forms(found)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if act in _FORMS:
        forms[act] = _bound(act, request, found)
        if forms[act].is_valid() and _act_of_form(request, found, act, forms[act]):
            return redirect("challenge-entry", slug, found.code)
    elif request.method == "POST":
        _plain_act(request, found, act)
        return redirect("challenge-entry", slug, found.code)
    status = 422 if any(form.is_bound for form in forms.values()) else 200
    return render(request, "challenge/entry.html", _context(user, found, forms), status=status)


def _forms(found: Entry) -> Forms:
    return {
        "texts": TextsForm(entry=found),
        "file": FileForm(edition=found.edition),
        "dataset": DataForm(),
        "outside": OutsideForm(),
        "release": ReleaseForm(entry=found),
        "decide": DecisionForm(),
    }


def _bound(act: str, request: HttpRequest, found: Entry) -> TellingForm:
    making: Mapping[str, Callable[[], TellingForm]] = {
        "texts": lambda: TextsForm(request.POST, entry=found),
        "file": lambda: FileForm(request.POST, edition=found.edition),
        "dataset": lambda: DataForm(request.POST),
        "outside": lambda: OutsideForm(request.POST),
        "release": lambda: ReleaseForm(request.POST, entry=found),
        "decide": lambda: DecisionForm(request.POST),
    }
    return making[act]()


def _act_of_form(request: HttpRequest, found: Entry, act: str, form: TellingForm) -> bool:
    user = signed_in_person(request)
    with telling_form(form):
        messages.success(request, _FORMS[act](user, found, form, request))
    return form.is_valid()


def _save_texts(user: Any, found: Entry, form: Any, _request: HttpRequest) -> str:
    actions.change_entry(user, found, form.cleaned_data["revision"], **form.values())
    return _("Saved.")


def _add_file(user: Any, found: Entry, form: Any, request: HttpRequest) -> str:
    people.require(user, "challenge.change_entry", found)
    # A refusal gives the upload back.
    with transaction.atomic():
        taken = uploads.from_form(request, "file", artefacts.PURPOSE)
        artefacts.add_artefact(user, found, form.cleaned_data["role"], form.cleaned_data["tongue"], taken)
    return _("The file has arrived and is being inspected.")


def _add_dataset(user: Any, found: Entry, form: Any, _request: HttpRequest) -> str:
    dataset = dataset_of(user, form.cleaned_data["dataset"].strip().rstrip("/").rpartition("/")[2])
    data_use.add_dataset(user, found, dataset, None, form.cleaned_data["purpose"])
    return _("The dataset is on the list, as the catalogue knows it.")


def _add_outside(user: Any, found: Entry, form: Any, _request: HttpRequest) -> str:
    data_use.add_outside_source(user, found, form.cleaned_data, form.cleaned_data["purpose"])
    return _("The source is on the list. Nobody has verified it.")


def _attach(user: Any, found: Entry, form: Any, _request: HttpRequest) -> str:
    data_use.attach_release(user, found, form.cleaned_data["release"])
    return _("The release is attached, and its lineage fills the list.")


def _decide(user: Any, found: Entry, form: Any, _request: HttpRequest) -> str:
    outcome, reason = form.cleaned_data["outcome"], form.cleaned_data["reason"]
    if outcome == "disqualified":
        actions.disqualify(user, found, reason)
    else:
        actions.decide_entry(user, found, outcome, reason)
    return _("Decided.")


_FORMS: Mapping[str, Callable[[Any, Entry, Any, HttpRequest], str]] = {
    "texts": _save_texts,
    "file": _add_file,
    "dataset": _add_dataset,
    "outside": _add_outside,
    "release": _attach,
    "decide": _decide,
}


def _plain_act(request: HttpRequest, found: Entry, act: str) -> None:
    user = signed_in_person(request)
    if act == "submit":
        with telling(request):
            made = actions.submit(user, found)
            at = deadline(made.submitted_at, found.division).there
            messages.success(
                request, _("Handed in as version %(number)s at %(at)s.") % {"number": made.number, "at": at}
            )
    elif act == "withdraw":
        if request.POST.get("sure") != "yes":
            messages.error(request, _("Tick that you are sure."))
            return
        with telling(request, _("The entry is withdrawn.")):
            actions.withdraw_entry(user, found)
    elif act == "remove_file":
        with telling(request, _("The file is removed from the draft.")):
            artefacts.remove_artefact(user, _part(found.artefacts, request))
    elif act == "remove_use":
        with telling(request, _("Removed from the list.")):
            data_use.remove_use(user, _part(found.data_uses, request))
    else:
        raise MissingError("server.challenge.no_such_entry", entry=found.code)


def _part(rows: Any, request: HttpRequest) -> Any:
    """The row of the entry that a button names."""
    text = request.POST.get("number", "")
    row = rows.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 18 else None
    if row is None:
        raise MissingError("server.challenge.no_such_file")
    return row


def _context(user: Any, found: Entry, forms: Forms) -> dict[str, Any]:
    phase = phase_of(found.edition, "submission", found.division)
    until = deadline(phase.closes_at, found.division) if phase else None
    inside = people.can(user, "challenge.change_entry", found)
    changeable = inside and found.state in actions.CHANGEABLE and until is not None and not until.is_over
    uses = list(queries.data_uses(found))
    return {
        "section": "challenge",
        "entry": found,
        "deadline": until,
        "opens": deadline(phase.opens_at, found.division) if phase else None,
        "may_change": changeable,
        "may_decide": people.can(user, "challenge.decide_eligibility", found),
        "may_withdraw": people.can(user, "challenge.withdraw_entry", found)
        and found.state not in ("withdrawn", "disqualified", "nominated"),
        "lacking": lacking(found),
        "artefacts": shown_artefacts(found),
        "uses": shown_uses(uses),
        "verdict": verdict(found),
        "submissions": shown_submissions(found),
        "forms": forms,
        "languages": ("en", "hant", "hans"),
        "open_form": next((name for name, form in forms.items() if form.is_bound), ""),
        "has_use": any(isinstance(use, DataUse) for use in uses),
    }


@require_safe
@signed_in
def file(request: HttpRequest, slug: str, code: str, number: int) -> HttpResponseBase:
    """A file of an entry, for its team and its organisers; judges have an address of their own."""
    found = queries.entry_of(signed_in_person(request), slug, code)
    artefact = found.artefacts.filter(pk=number).first()
    if artefact is None:
        raise MissingError("server.challenge.no_such_file")
    answer = serve(request, store.path_of(artefact.place), artefact.sha256, artefact.received_at.timestamp())
    suffix = artefact.file_name.rpartition(".")[2]
    ending = suffix.lower() if suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else "bin"
    answer["Content-Disposition"] = f'attachment; filename="{artefact.role}-{artefact.pk}.{ending}"'
    answer["Content-Type"] = "application/octet-stream"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """The organisers' list of an edition's entries, those that need a person first."""
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    people.require(user, "challenge.see_desk")
    divisions = [each for each in edition.divisions.all() if people.can(user, "challenge.organise", each)]
    if request.method == "POST":
        division = next((each for each in divisions if each.code == request.POST.get("division")), None)
        if division is None:
            raise MissingError("server.challenge.no_edition", name=slug)
        with telling(request):
            count = len(actions.lock_entries(user, division))
            messages.success(request, _("%(count)s entries are locked.") % {"count": count})
        return redirect("challenge-entries", slug)
    state = request.GET.get("state", "")
    rows = queries.entries_for(user, edition).order_by("division", "code")
    context = {
        "section": "challenge",
        "edition": edition,
        "divisions": divisions,
        "states": queries.state_counts(user, edition),
        "state": state,
        "entries": list(rows.filter(state=state) if state else rows)[:2000],
    }
    return render(request, "challenge/entry_list.html", context)
