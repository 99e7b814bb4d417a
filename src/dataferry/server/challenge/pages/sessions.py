"""Sessions: what teams can book, and the organisers' planning of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import sessions as actions
from dataferry.server.challenge.forms.desk import SESSION_KINDS, SessionForm
from dataferry.server.challenge.models import Edition, Team
from dataferry.server.challenge.pages.desk import desk_of
from dataferry.server.challenge.pages.judges import number_in
from dataferry.server.challenge.queries import sessions as queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def sessions(request: HttpRequest, slug: str) -> HttpResponse:
    """What is on, and places for the visitor's teams."""
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    if request.method == "POST":
        _book(request, user, edition)
        return redirect("challenge-sessions", slug)
    shown = queries.shown_to(user, edition)
    context = {
        "section": "challenge",
        "edition": edition,
        "sessions": [(each, SESSION_KINDS[each.row.kind]) for each in shown if not each.is_over],
        "past": [(each, SESSION_KINDS[each.row.kind]) for each in shown if each.is_over],
    }
    return render(request, "challenge/session_list.html", context)


def _book(request: HttpRequest, user: Any, edition: Edition) -> None:
    row = queries.session_of(user, edition, number_in(request, "session"))
    team = Team.objects.filter(edition=edition, pk=number_in(request, "team")).first()
    if team is None or not people.can(user, "challenge.book_session", team):
        raise MissingError("server.challenge.no_team", number=number_in(request, "team"))
    if request.POST.get("do") == "give_back":
        with telling(request, _("The place is given back.")):
            actions.give_back(user, row, team)
    else:
        with telling(request, _("The place is yours.")):
            actions.book(user, row, team)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def planning(request: HttpRequest, slug: str) -> HttpResponse:
    """The organisers' list, and a form to plan one more."""
    user, edition, divisions = desk_of(request, slug)
    form = SessionForm(request.POST or None, edition=edition, divisions=divisions)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            actions.create_session(user, edition, form.plan())
        if form.is_valid():
            messages.success(request, _("The session is planned; teams can book it now."))
            return redirect("challenge-sessions-planning", slug)
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "sessions": [
            (queries.Shown(row, row.taken), SESSION_KINDS[row.kind], _may(user, row))  # type: ignore[attr-defined]
            for row in queries.sessions_of(edition)
        ],
    }
    return render(request, "challenge/session_planning.html", context, status=422 if form.is_bound else 200)


def _may(user: Any, row: Any) -> bool:
    return people.can(user, "challenge.organise", row.division or row.edition)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def session(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One session: who has booked, change it, cancel it."""
    user, edition, divisions = desk_of(request, slug)
    row = queries.organised_session(user, edition, number)
    if request.method == "POST" and request.POST.get("do") == "cancel":
        with telling(request, _("The session is cancelled; the booked teams are written to.")):
            actions.cancel_session(user, row)
        return redirect("challenge-session", slug, number)
    form = SessionForm(request.POST or None, session=row, edition=edition, divisions=divisions)
    if request.method == "POST" and form.is_valid():
        with telling_form(form):
            actions.change_session(user, row, form.cleaned_data["revision"] or 0, form.plan())
        if form.is_valid():
            messages.success(request, _("The session is changed; the booked teams are written to."))
            return redirect("challenge-session", slug, number)
    shown = queries.Shown(row, row.taken)  # type: ignore[attr-defined]
    context = {
        "section": "challenge",
        "edition": edition,
        "shown": shown,
        "kind": SESSION_KINDS[row.kind],
        "form": form,
        "teams": queries.booked_teams(row),
    }
    return render(request, "challenge/session_page.html", context, status=422 if form.is_bound else 200)
