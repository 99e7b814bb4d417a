"""Appeals: a team files one and sees what became of it; organisers admit, refuse and decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from dataferry.messages import MissingError, RefusedError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import appeals as actions
from dataferry.server.challenge.edition_words import ground_word
from dataferry.server.challenge.forms.results import AppealForm, DecisionForm
from dataferry.server.challenge.models import Appeal, Entry, Result
from dataferry.server.challenge.pages.result_frame import result_frame, round_name, signed_page
from dataferry.server.challenge.queries import appeals as queries
from dataferry.server.challenge.queries import editions as edition_queries
from dataferry.server.challenge.queries.teams import own_team_of
from dataferry.server.challenge.states import AppealState
from dataferry.server.challenge.team_view import deadline
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in_person

CHIPS = {
    AppealState.FILED: "attention",
    AppealState.ADMITTED: "attention",
    AppealState.REFUSED: "blocked",
    AppealState.UPHELD: "clear",
    AppealState.DISMISSED: "blocked",
    AppealState.WITHDRAWN: "unknown",
}


def shown(appeal: Appeal) -> dict[str, Any]:
    """An appeal for a page."""
    return {
        "row": appeal,
        "chip": CHIPS[AppealState(appeal.state)],
        "grounds": ground_word(appeal.grounds),
        "round": round_name(appeal.result.round),
        "filed": deadline(appeal.filed_at, appeal.entry.division),
    }


@signed_page
def of_team(request: HttpRequest, number: int) -> HttpResponse:
    """A team's appeals, and the results against which it may appeal now."""
    team = own_team_of(signed_in_person(request), number)
    entry = Entry.objects.filter(team=team).select_related("edition", "division", "team").first()
    openings = _openings(entry) if entry is not None else []
    form, chosen = None, None
    if openings and entry is not None:
        chosen = _chosen(openings, request.POST.get("result", ""))
        form = AppealForm(queries.grounds_of(entry.edition), request.POST or None)
        if request.method == "POST" and form.is_valid() and _file(request, form, chosen, entry):
            return redirect("challenge-team-appeals", number)
    elif request.method == "POST":
        messages.error(request, _("There is no result against which the team may appeal now."))
        return redirect("challenge-team-appeals", number)
    context = {
        "section": "challenge",
        "team": team,
        "entry": entry,
        "appeals": [shown(each) for each in queries.appeals_of(entry)] if entry is not None else [],
        "openings": openings,
        "chosen": chosen,
        "form": form,
    }
    bound = form is not None and form.is_bound
    return render(request, "challenge/appeal_team.html", context, status=422 if bound else 200)


def _openings(entry: Entry) -> list[dict[str, Any]]:
    """Provisional results that the entry was judged in, with the time for appeals in its division's zone."""
    found = []
    for result in queries.open_to(entry):
        window = queries.window_of(result, entry.division)
        if window is not None:
            found.append(
                {
                    "result": result,
                    "round": round_name(result.round),
                    "opens": deadline(window.opens, entry.division),
                    "closes": deadline(window.closes, entry.division) if window.closes else None,
                    "is_open": window.holds(clock.now()),
                }
            )
    return found


def _chosen(openings: list[dict[str, Any]], text: str) -> Result:
    result: Result = next(
        (each["result"] for each in openings if str(each["result"].pk) == text), openings[0]["result"]
    )
    return result


def _file(request: HttpRequest, form: AppealForm, result: Result, entry: Entry) -> bool:
    with telling_form(form):
        given = form.cleaned_data
        actions.file_appeal(signed_in_person(request), result, entry, given["grounds"], given["statement"])
        messages.success(request, _("The appeal is filed. You read here what becomes of it, and you get a letter."))
    return form.is_valid()


@signed_page
def appeal(request: HttpRequest, number: int) -> HttpResponse:
    """One appeal: the team reads its state and the reason; organisers decide here."""
    user = signed_in_person(request)
    row = queries.appeal_of(user, number)
    decides = people.can(user, "challenge.decide_appeal", row)
    deciding = row.state == AppealState.ADMITTED
    form = DecisionForm(row.entry.state if deciding else "", request.POST or None)
    if request.method == "POST" and _act(request, row, form):
        return redirect("challenge-appeal", number)
    barred = ""
    if decides:
        try:
            actions.require_independent(user, row)
        except RefusedError as error:
            barred = error.text()
    context = {
        "section": "challenge",
        "appeal": shown(row),
        "edition": row.entry.edition,
        "decides": decides and not barred,
        "barred": barred,
        "mine": people.can(user, "challenge.file_appeal", row),
        "form": form,
    }
    return render(request, "challenge/appeal.html", context, status=422 if form.is_bound else 200)


def _act(request: HttpRequest, row: Appeal, form: DecisionForm) -> bool:
    """Do what the button says; whether the page is done with."""
    user, act = signed_in_person(request), request.POST.get("do", "")
    if act == "admit":
        with telling(request, _("The appeal is admitted; the team has a letter.")):
            actions.admit(user, row)
        return True
    if act == "withdraw":
        with telling(request, _("The appeal is taken back.")):
            actions.withdraw_appeal(user, row)
        return True
    if act not in ("refuse", "uphold", "dismiss"):
        raise MissingError("server.challenge.no_appeal", number=row.pk)
    if form.is_valid():
        with telling_form(form):
            _decide(user, row, act, form)
            messages.success(request, _("Decided; the team has a letter with the reason."))
    return form.is_valid()


def _decide(user: Any, row: Appeal, act: str, form: DecisionForm) -> None:
    reason = form.cleaned_data["reason"]
    if act == "refuse":
        actions.refuse(user, row, reason)
    else:
        back = form.cleaned_data.get("reinstated_to", "") if act == "uphold" else ""
        actions.decide(user, row, upheld=act == "uphold", reason=reason, reinstated_to=back)


@signed_page
def queue(request: HttpRequest, slug: str) -> HttpResponse:
    """Every appeal of an edition in the cities of this organiser, those that wait first."""
    edition = edition_queries.edition_of(request.user, slug)
    frame = result_frame(request, edition, "appeals")
    if not frame["may_decide"]:
        raise MissingError("server.challenge.no_edition", name=edition.slug)
    rows = [shown(each) for each in queries.queue(request.user, edition)]
    waiting = [each for each in rows if each["row"].state in queries.OPEN]
    context = {**frame, "waiting": waiting, "decided": [each for each in rows if each not in waiting]}
    return render(request, "challenge/appeal_queue.html", context)
