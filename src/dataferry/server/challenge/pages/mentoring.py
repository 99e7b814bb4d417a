"""Mentors: the organisers' page of them, and what a mentor sees of the teams they help."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from dataferry.server.challenge import clock
from dataferry.server.challenge.actions import mentoring as actions
from dataferry.server.challenge.forms.desk import MentorForm
from dataferry.server.challenge.models import Team
from dataferry.server.challenge.pages.desk import desk_of
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.challenge.queries import mentoring as queries
from dataferry.server.challenge.queries import sessions as session_queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def mentors(request: HttpRequest, slug: str) -> HttpResponse:
    """Every mentorship that this organiser looks after; attach a mentor, end a mentorship."""
    user, edition, divisions = desk_of(request, slug)
    teams = Team.objects.filter(edition=edition, division__in=divisions, withdrawn_at=None).select_related("division")
    if request.method == "POST" and request.POST.get("do") == "end":
        row = queries.mentorship_of(user, number_in(request, "number"))
        with telling(request, _("The mentorship has ended.")):
            actions.end_mentorship(user, row)
        return redirect("challenge-mentors", slug)
    form = MentorForm(teams, request.POST or None)
    if request.method == "POST" and form.is_valid() and _attach(request, form):
        return redirect("challenge-mentors", slug)
    rows = list(queries.mentorships_for(user, edition)[:2000])
    now = clock.now()
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "any_team": teams.exists(),
        "rows": [
            (row, row.ended_at is None and (row.until is None or row.until > now)) for row in rows if row.mentor_id
        ],
    }
    return render(request, "challenge/mentor_desk.html", context, status=422 if form.is_bound else 200)


def _attach(request: HttpRequest, form: MentorForm) -> bool:
    person = queries.person_at(form.cleaned_data["email"])
    if person is None:
        form.add_error("email", _("No account has this verified address. Ask the person for the address of theirs."))
        return False
    with telling_form(form):
        actions.attach_mentor(signed_in_person(request), form.cleaned_data["team"], person, form.last_instant())
        messages.success(request, _("The mentor is attached. Both sides get a letter."))
    return form.is_valid()


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def mentoring(request: HttpRequest) -> HttpResponse:
    """The teams I mentor; I may step down."""
    user = signed_in_person(request)
    if request.method == "POST":
        row = queries.mentorship_of(user, number_in(request, "number"))
        with telling(request, _("You are no longer a mentor of this team.")):
            actions.end_mentorship(user, row)
        return redirect("challenge-mentoring")
    rows = list(queries.own_mentorships(user))
    context = {"section": "challenge", "rows": [(row, getattr(row.team, "entry", None)) for row in rows]}
    return render(request, "challenge/mentor_mine.html", context)


@require_safe
@never_cache
@signed_in
def team(request: HttpRequest, number: int) -> HttpResponse:
    """A team as its mentor sees it: people by name, the entry, sessions. Checks and papers are not for mentors."""
    found = queries.mentored_team(signed_in_person(request), number)
    context: dict[str, Any] = {
        "section": "challenge",
        "team": found,
        "members": list(team_queries.members_of(found)),
        "entry": getattr(found, "entry", None),
        "sessions": [session_queries.Shown(row, 0) for row in session_queries.booked_by(found)],
    }
    return render(request, "challenge/mentor_team.html", context)
