"""One check as its team answers it, and the organisers' queue of all checks of a division."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.messages import DataferryError, MissingError
from dataferry.server import people, uploads
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import eligibility as actions
from dataferry.server.challenge.actions.papers import destroy_at
from dataferry.server.challenge.models import EligibilityCheck
from dataferry.server.challenge.personal_data import PAPER_PURPOSE
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.challenge.states import CheckState
from dataferry.server.challenge.team_view import deadline, rule_word, shown_check
from dataferry.server.challenge.templatetags.challenge_teams import seen
from dataferry.server.people import SignInNeeded
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in, signed_in_person

ROWS = 20
STATES = ("waiting", *(str(state) for state in CheckState.values))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def check(request: HttpRequest, number: int) -> HttpResponse:
    """A check: the question, the paper, what was said. Posted with `do`: declare, or paper."""
    user = signed_in_person(request)
    found = queries.check_of(user, number)
    problem, sure_needed = "", False
    if request.method == "POST":
        try:
            sure_needed = _answered(request, found)
        except (MissingError, SignInNeeded):
            raise
        except DataferryError as error:
            problem = error.text()
        if not problem and not sure_needed:
            return redirect("challenge-team", found.team_id)
        found = queries.check_of(user, number)
    leads = people.can(user, "challenge.change_team", found.team)
    file = found.team.edition.file
    context = {
        "section": "challenge",
        "team": found.team,
        "check": shown_check(found, file, user, leads=leads),
        "problem": problem,
        "sure_needed": sure_needed,
        "said": request.POST.get("said", ""),
        "words": request.POST.get("words", ""),
        "destroyed_by": deadline(destroy_at(found.team, clock.now()), found.team.division),
        "purpose": PAPER_PURPOSE,
    }
    return render(request, "challenge/team_check.html", context, status=422 if problem or sure_needed else 200)


def _answered(request: HttpRequest, check: EligibilityCheck) -> bool:
    """Hand the answer in. `True`: it would fail at once, and the person has not yet said that they mean it."""
    user, words = signed_in_person(request), request.POST.get("words", "")
    answer = {"said": request.POST["said"]} if request.POST.get("said") else {}
    if request.POST.get("do") == "paper":
        _hand_in(request, check, answer, words)
        messages.success(request, _("The paper is kept encrypted. The organisers look at it."))
        return False
    means_it = check.state == CheckState.QUERIED or request.POST.get("sure") == "yes"
    if answer and not means_it and actions.outcome_of(user, check, answer) == "failed":
        return True
    actions.declare(user, check, answer, words)
    messages.success(request, _("Your answer is saved."))
    return False


def _hand_in(request: HttpRequest, check: EligibilityCheck, answer: dict[str, str], words: str) -> None:
    """The answer, where one was chosen with the file, and then the paper."""
    user = signed_in_person(request)
    people.require(user, "challenge.declare_eligibility", check.team)
    taken = uploads.from_form(request, "file", PAPER_PURPOSE)
    if answer and answer != check.answer:
        actions.declare(user, check, answer)
    actions.hand_in_paper(user, check, taken, words)


@require_safe
@never_cache
@signed_in
def queue(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What waits for the organisers of a division, with filters; decided on the spot."""
    user = signed_in_person(request)
    division = queries.division_of(user, slug, code)
    state = request.GET.get("state", "waiting")
    state = state if state in STATES or state == "all" else "waiting"
    team, rule = request.GET.get("team", ""), request.GET.get("rule", "").replace("\x00", "")[:80]
    number = int(team) if team.isascii() and team.isdecimal() and len(team) < 10 else None
    rows = queries.queue(division, state="" if state == "all" else state, rule=rule, team=number)
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    file = division.edition.file
    context = {
        "section": "challenge",
        "division": division,
        "edition": division.edition,
        "page": page,
        "checks": [shown_check(row, file, user, leads=False) for row in page],
        "state": state,
        "states": _states(queries.queue_counts(division)),
        "rule": rule,
        "rules": [(each, rule_word(each)) for each in queries.rules_asked(division)],
        "team_number": number or "",
    }
    return render(request, "challenge/team_eligibility.html", context)


def _states(counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {"waiting": _("Waiting for you"), **{str(state): str(state.label) for state in CheckState}}
    shown = ("waiting", "queried", "failed", "open", "passed")
    rows = [{"state": state, "label": labels[state], "count": counts[state]} for state in shown]
    return [*rows, {"state": "all", "label": _("All"), "count": sum(counts[str(state)] for state in CheckState)}]


@require_POST
@signed_in
def decide(request: HttpRequest, number: int) -> HttpResponse:
    """Pass, fail or ask, as the organiser saw the check."""
    user = signed_in_person(request)
    found = queries.check_of(user, number)
    if request.POST.get("seen") != seen(found):
        # Tell the action what was seen, so that it refuses what has changed since.
        found.state = ""
    outcome = request.POST.get("outcome", "")
    done = {"passed": _("The check is passed."), "failed": _("The check is failed; the team sees why.")}
    with telling(request, done.get(outcome, _("The question is sent to the team."))):
        actions.decide_check(user, found, outcome, request.POST.get("reason", ""))
    division = found.team.division
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("challenge-eligibility", args=[found.team.edition.slug, division.code])
    return redirect(back)
