"""The organisers' side of a round: what stands in its way, anchors, practice, assignment, how far it is, closing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import DataferryError, MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import assigning, panels, scoring
from dataferry.server.challenge.forms.judging import CloseForm, EntriesForm
from dataferry.server.challenge.models import Entry, Judge, Reopening, Round, ScoreSheet
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.challenge.queries import assigning as assignment_queries
from dataferry.server.challenge.queries import chair, desk_view
from dataferry.server.challenge.queries import panels as panel_queries
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.challenge.states import RoundState
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

Page = Callable[..., HttpResponse]


def organisers_page(page: Page) -> Any:
    """For organisers of the round: signed in, kept nowhere, GET and POST."""
    return people.signed_in(never_cache(require_http_methods(["GET", "HEAD", "POST"])(page)))


def _frame(round_: Round) -> dict[str, Any]:
    return {"edition": round_.edition, "round": round_, "round_title": desk_view.round_title(round_)}


@organisers_page
def round_page(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """One round from planned to closed, the next thing to do first."""
    row = queries.round_of(request.user, slug, code)
    closing = CloseForm()
    if request.method == "POST":
        act = request.POST.get("do", "")
        if act == "close":
            closing = CloseForm(request.POST)
            if closing.is_valid() and _close(request, row, closing):
                return redirect("challenge-round-judging", slug, code)
        elif act in _ACTS:
            _ACTS[act](request, row)
            return redirect("challenge-round-judging", slug, code)
        else:
            raise MissingError("server.challenge.no_round", round=code)
    progress = queries.progress(row)
    closes = queries.deadline(row)
    context = {
        **_frame(row),
        "obstacles": queries.obstacles(row) if row.state == RoundState.PLANNED else [],
        "entries": queries.entries_of(row).count(),
        "panel": _panel(row),
        "anchors": list(row.anchors.select_related("entry__division").order_by("entry__code")),
        "wanted_anchors": queries.standing_rules(row)["anchors"],
        "progress": [(each, name) for each, name in zip(progress, _names(progress), strict=True)],
        "closes": closes,
        "overdue": closes is not None and clock.now() >= closes,
        "left": queries.left_unsigned(row).count(),
        "assigned": row.sheets.filter(calibration=False).exists(),
        "practising": row.sheets.filter(calibration=True).exists(),
        "reported": [each for each in panel_queries.reported_entries(row.edition) if _of_round(row, each["entry"])],
        "threshold": panel_queries.threshold(row),
        "closing": closing,
    }
    return render(
        request, "challenge/judge_round.html", {**context, "tab": "round"}, status=422 if closing.is_bound else 200
    )


def _panel(row: Round) -> list[tuple[Judge, str]]:
    listed = list(row.judges.filter(dropped_at=None).order_by("city", "pk"))
    named = chair.names_of(listed)
    return [(judge, named[judge.pk]) for judge in listed]


def _names(progress: list[queries.Progress]) -> list[str]:
    named = chair.names_of(each.judge for each in progress)
    return [named[each.judge.pk] for each in progress]


def _of_round(row: Round, entry: Entry) -> bool:
    return row.division_id in (None, entry.division_id)


def _close(request: HttpRequest, row: Round, form: CloseForm) -> bool:
    with telling_form(form):
        assigning.close_round(signed_in_person(request), row, form.cleaned_data["reason"])
        messages.success(request, _("The round is closed; its signed sheets are locked."))
    return form.is_valid()


def _open(request: HttpRequest, row: Round) -> None:
    with telling(request, _("The round is open. Give the entries to the judges next.")):
        assigning.open_round(signed_in_person(request), row)


def _decide_report(request: HttpRequest, row: Round) -> None:
    entry = Entry.objects.filter(edition=row.edition, pk=number_in(request, "entry")).first()
    if entry is None or not _of_round(row, entry):
        raise MissingError("server.challenge.no_round", round=row.code)
    uphold = request.POST.get("uphold") == "yes"
    with telling(request, _("Decided: the entry is disqualified.") if uphold else _("Decided: the entry goes on.")):
        panels.decide_anonymity(signed_in_person(request), entry, uphold=uphold, reason=request.POST.get("reason", ""))


_ACTS: dict[str, Callable[[HttpRequest, Round], None]] = {"open": _open, "report": _decide_report}


@organisers_page
def anchors(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Choose anchors: by hand, or as proposed, spread over the topics of each division."""
    row = queries.round_of(request.user, slug, code)
    each = request.GET.get("propose", "")
    count = int(each) if each.isascii() and each.isdigit() and len(each) < 3 else 0
    chosen = assignment_queries.proposed_anchors(row, count) if count else [a.entry for a in row.anchors.all()]
    form = EntriesForm(queries.entries_of(row), request.POST or None, initial={"entries": [e.pk for e in chosen]})
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            assigning.set_anchors(signed_in_person(request), row, form.cleaned_data["entries"])
            messages.success(request, _("The anchors are set."))
            return redirect("challenge-round-judging", slug, code)
    wanted = queries.standing_rules(row)["anchors"]
    context = {**_frame(row), "form": form, "wanted": wanted, "count": count or wanted or 2}
    return render(
        request, "challenge/judge_anchors.html", {**context, "tab": "round"}, status=422 if form.is_bound else 200
    )


@organisers_page
def calibration(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Practice before the round: give out samples, and look at the judges' scores side by side."""
    row = queries.round_of(request.user, slug, code)
    form = EntriesForm(_samples(row), request.POST or None)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            assigning.begin_calibration(signed_in_person(request), row, list(form.cleaned_data["entries"]))
            messages.success(request, _("The samples are on the judges' desks."))
            return redirect("challenge-round-calibration", slug, code)
    practised = chair.practice(row)
    named = chair.names_of(Judge.objects.filter(pk__in=[judge for judge, *_rest in practised.rows]))
    context = {
        **_frame(row),
        "form": form,
        "practice": practised,
        "rows": [(named[judge], totals, mean, gap) for judge, totals, mean, gap in practised.rows],
        "planned": row.state == RoundState.PLANNED,
    }
    return render(
        request,
        "challenge/judge_calibration.html",
        {**context, "tab": "calibration"},
        status=422 if form.is_bound else 200,
    )


def _samples(row: Round) -> Any:
    found = Entry.objects.filter(edition=row.edition).exclude(state__in=assigning.NO_SAMPLE).order_by("code")
    found = found.select_related("division")
    return found.filter(division=row.division) if row.division_id else found


@organisers_page
def assignment(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Try the assignment, and make it; where there is none, what fails and what would help."""
    row = queries.round_of(request.user, slug, code)
    assigned = row.sheets.filter(calibration=False).exists()
    relaxations = _relaxations(request.POST.get("relaxations", ""))
    plan, error = None, None
    try:
        if request.method == "POST" and request.POST.get("do") == "assign":
            act = assigning.reassign_round if assigned else assigning.assign_round
            act(signed_in_person(request), row, relaxations)
            messages.success(request, _("The entries are on the judges' desks."))
            return redirect("challenge-round-assignment", slug, code)
        plan = assigning.try_assignment(signed_in_person(request), row, relaxations)
    except MissingError:
        raise
    except DataferryError as refused:
        error = refused
    context = {
        **_frame(row),
        "assigned": assigned,
        "plan": plan,
        "error": error,
        "findings": chair.findings_of(error) if error is not None else [],
        "offered": json.dumps(error.data.get("relaxations", [])) if error is not None else "",
        "relaxations": json.dumps(relaxations) if relaxations else "",
        "loads": _loads(row, plan) if plan is not None else [],
        "open": row.state == RoundState.OPEN,
    }
    return render(
        request,
        "challenge/judge_assignment.html",
        {**context, "tab": "assignment"},
        status=422 if error and request.POST else 200,
    )


def _relaxations(text: str) -> list[dict[str, Any]]:
    """Demands that the organisers agreed to give up, as the page before offered them. Anything else is none."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    fields = {"demand", "entry", "judge", "panel", "wanted", "accepted"}
    fine = isinstance(found, list) and all(isinstance(each, dict) and set(each) <= fields for each in found)
    return found if fine else []


def _loads(row: Round, plan: Any) -> list[tuple[str, str, int]]:
    judges = Judge.objects.in_bulk([int(number) for number in plan.loads])
    named = chair.names_of(judges.values())
    return [(named[int(number)], judges[int(number)].city, load) for number, load in sorted(plan.loads.items())]


@organisers_page
def sheets(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Reports on the judges, and signed sheets that two officials may open again."""
    row = queries.round_of(request.user, slug, code)
    user = signed_in_person(request)
    if request.method == "POST":
        if request.POST.get("do") == "confirm":
            asked = Reopening.objects.filter(sheet__round=row, pk=number_in(request, "reopening")).first()
            if asked is None:
                raise MissingError("server.challenge.no_sheet", sheet=0)
            with telling(request, _("The sheet is open for its judge again.")):
                scoring.confirm_reopening(user, asked)
        else:
            found = ScoreSheet.objects.filter(round=row, pk=number_in(request, "sheet")).first()
            if found is None:
                raise MissingError("server.challenge.no_sheet", sheet=number_in(request, "sheet"))
            with telling(request, _("Proposed. A second official confirms it here.")):
                scoring.propose_reopening(user, found, request.POST.get("reason", ""))
        return redirect("challenge-round-sheets", slug, code)
    listed = chair.reopenable(row)
    named = chair.names_of({sheet.judge_id: sheet.judge for sheet in listed}.values())
    reported = chair.reports(row)
    named |= chair.names_of(Judge.objects.filter(pk__in=[int(each.judge) for each in reported]))
    context = {
        **_frame(row),
        "sheets": [(sheet, named[sheet.judge_id]) for sheet in listed],
        "waiting": chair.open_reopenings(row),
        "reports": [(each, named[int(each.judge)]) for each in reported],
    }
    return render(request, "challenge/judge_sheets.html", {**context, "tab": "sheets"})
