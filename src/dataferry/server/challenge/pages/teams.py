"""My challenge, registering a team, and the page of one team."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import teams as actions
from dataferry.server.challenge.actions.team_guards import REGISTERING, frozen_since, is_registering
from dataferry.server.challenge.forms.teams import RegisterForm, TeamForm, TeamInvitationForm
from dataferry.server.challenge.models import Edition, Entry, Team, TeamMember
from dataferry.server.challenge.queries import mentoring as mentor_queries
from dataferry.server.challenge.queries import sessions as session_queries
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.challenge.states import CheckState, InvitationState
from dataferry.server.challenge.team_view import Deadline, ShownCheck, deadline, shown_check
from dataferry.server.people.pages.answers import telling, telling_form
from dataferry.server.people.permissions import signed_in, signed_in_person

STEPS = ("registration", "submission", "eligibility", "final", "appeals")


@require_safe
@never_cache
@signed_in
def mine(request: HttpRequest) -> HttpResponse:
    """My teams, invitations to me, and editions that I can enter, each with its next deadline."""
    user = signed_in_person(request)
    teams = list(queries.own_teams(user))
    standings = queries.team_standings(teams)
    entering = [(edition, _openings(edition)) for edition in queries.editions_to_enter(user)]
    context = {
        "section": "challenge",
        "teams": [{"row": team, "standing": standings[team.pk], "next": next_deadline(team)} for team in teams],
        "invitations": [
            {"row": row, "until": deadline(row.until, row.team.division)} for row in queries.own_invitations(user)
        ],
        "entering": [{"row": edition, "openings": openings} for edition, openings in entering],
        "may_register": people.can(user, "challenge.register_team"),
        "mentors_teams": mentor_queries.own_mentorships(user).exists(),
    }
    return render(request, "challenge/team_mine.html", context)


def next_deadline(team: Team) -> tuple[str, Deadline] | None:
    """The next end of a phase that concerns a team: its kind, and when."""
    for kind in STEPS:
        phase = queries.phase_among(team.edition, kind, team.division)
        if phase is not None:
            found = deadline(phase.closes_at, team.division)
            if not found.is_over:
                return kind, found
    return None


def _openings(edition: Edition) -> list[dict[str, Any]]:
    """Each division with the end of its registration, and whether it is open now."""
    rows = []
    for division in edition.divisions.all():
        phase = queries.phase_among(edition, "registration", division)
        phase = phase or queries.phase_among(edition, "submission", division)
        opens = deadline(phase.opens_at, division) if phase else None
        closes = deadline(phase.closes_at, division) if phase else None
        is_open = edition.state in REGISTERING and bool(opens and closes and opens.is_over and not closes.is_over)
        rows.append({"row": division, "opens": opens, "closes": closes, "is_open": is_open})
    return rows


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def register(request: HttpRequest, slug: str) -> HttpResponse:
    """Choose a division, give the team a name, and lead it."""
    user = signed_in_person(request)
    edition = queries.edition_of(user, slug)
    form = RegisterForm(request.POST or None, user=user, edition=edition)
    if request.method == "POST" and form.is_valid():
        division = edition.divisions.get(code=form.cleaned_data["division"])
        made = None
        with telling_form(form):
            made = actions.register_team(user, edition, division, **form.values())
        if made is not None:
            messages.success(request, _("The team is registered, and you lead it. See what is still missing."))
            return redirect("challenge-team", made.pk)
    openings = _openings(edition)
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "openings": openings,
        "any_open": any(each["is_open"] for each in openings),
        "may_register": people.can(user, "challenge.register_team"),
    }
    return render(request, "challenge/team_register.html", context, status=422 if form.is_bound else 200)


@require_POST
@signed_in
def answer(request: HttpRequest, number: int) -> HttpResponse:
    """Accept or decline an invitation."""
    user = signed_in_person(request)
    invitation = queries.invitation_of(user, number)
    accept = request.POST.get("do") == "accept"
    joined: Any = None
    done = _("You are in the team now.") if accept else _("The invitation is declined.")
    with telling(request, done):
        joined = actions.answer_invitation(user, invitation, accept)
    return redirect("challenge-team", joined.team_id) if joined else redirect("challenge-mine")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def team(request: HttpRequest, number: int) -> HttpResponse:
    """A team: what is missing first, then its people, its checks and its facts."""
    user = signed_in_person(request)
    found = queries.team_of(user, number)
    inviting = TeamInvitationForm()
    changing = TeamForm(user=user, edition=found.edition, team=found)
    act = request.POST.get("do", "") if request.method == "POST" else ""
    if act == "invite":
        inviting = TeamInvitationForm(request.POST)
        if inviting.is_valid() and _invite(request, found, inviting):
            return redirect("challenge-team", number)
    elif act == "change":
        changing = TeamForm(request.POST, user=user, edition=found.edition, team=found)
        if changing.is_valid() and _change(request, found, changing):
            return redirect("challenge-team", number)
    elif request.method == "POST":
        return _act(request, found, act)
    context = {**_shown(user, found), "inviting": inviting, "changing": changing}
    status = 422 if inviting.is_bound or changing.is_bound else 200
    return render(request, "challenge/team.html", context, status=status)


def _shown(user: Any, team: Team) -> dict[str, Any]:
    leads = people.can(user, "challenge.change_team", team) and team.withdrawn_at is None
    file = team.edition.file
    checks = [shown_check(row, file, user, leads=leads) for row in queries.checks_of(team)]
    members = list(queries.members_of(team))
    inside = any(member.user_id == user.pk for member in members)
    frozen = frozen_since(team)
    return {
        "section": "challenge",
        "team": team,
        "leads": leads,
        "inside": inside,
        "members": members,
        "invitations": list(team.invitations.filter(state=InvitationState.SENT)) if inside else [],
        "checks": checks,
        "missing": _missing(team, checks, len(members)),
        "frozen": deadline(frozen, team.division) if frozen else None,
        "lost": queries.lost_after_freeze(team),
        "receipts": list(queries.own_receipts(user, team)),
        "entry": Entry.objects.filter(team=team).first(),
        "next": next_deadline(team),
        "mentors": list(mentor_queries.mentors_of(team)),
        "sessions": [session_queries.Shown(row, 0) for row in session_queries.booked_by(team)],
        "may_change": leads and is_registering(team.edition, team.division),
        "may_move": team.withdrawn_at is None and frozen is None,
    }


def _missing(team: Team, checks: list[ShownCheck], count: int) -> list[dict[str, Any]]:
    """What stands between the team and a complete registration, what can be done here and now first."""
    size = team.edition.file.eligibility.team_size
    least = size.least if size is not None and size.applies is not False else None
    found: list[dict[str, Any]] = []
    if least is not None and count < least:
        words = ngettext(
            "The team needs at least %(least)d member.", "The team needs at least %(least)d members.", least
        )
        found.append({"text": words % {"least": least}, "check": None})
    wanted = (CheckState.QUERIED, CheckState.FAILED, CheckState.OPEN)
    found += [
        {"text": "", "check": each}
        for each in checks
        if each.row.state in wanted or (each.is_open and each.needs_paper)
    ]
    return sorted(found, key=lambda one: one["check"] is not None and not one["check"].is_mine)


def _invite(request: HttpRequest, team: Team, form: TeamInvitationForm) -> bool:
    with telling_form(form):
        actions.invite(signed_in_person(request), team, form.cleaned_data["email"])
    if form.is_valid():
        messages.success(request, _("The invitation is sent."))
    return form.is_valid()


def _change(request: HttpRequest, team: Team, form: TeamForm) -> bool:
    with telling_form(form):
        actions.change_team(signed_in_person(request), team, **form.values())
    if form.is_valid():
        messages.success(request, _("The team is changed."))
    return form.is_valid()


def _act(request: HttpRequest, team: Team, act: str) -> HttpResponse:
    """What needs no form: take back, remove, hand over, leave, withdraw."""
    user, number = signed_in_person(request), _number(request.POST.get("number", ""))
    runs: dict[str, tuple[Callable[[], object], str]] = {
        "take_back": (
            lambda: actions.take_back_invitation(user, queries.invitation_of(user, number)),
            _("The invitation is taken back."),
        ),
        "remove": (lambda: actions.remove_member(user, team, _member(team, number)), _("The member is removed.")),
        "lead": (
            lambda: actions.hand_over_lead(user, team, _member(team, number)),
            _("The lead is handed over."),
        ),
        "leave": (lambda: actions.leave_team(user, team), _("You have left the team.")),
        "withdraw": (lambda: actions.withdraw_team(user, team), _("The team is withdrawn.")),
    }
    if act not in runs:
        raise MissingError("server.challenge.no_team", number=team.pk)
    if act == "withdraw" and request.POST.get("sure") != "yes":
        messages.error(request, _("Tick the box to say that you are sure."))
        return redirect("challenge-team", team.pk)
    run, done = runs[act]
    with telling(request, done):
        run()
    return (
        redirect("challenge-team", team.pk)
        if people.can(user, "challenge.see_team", team)
        else redirect("challenge-mine")
    )


def _member(team: Team, number: int) -> TeamMember:
    found = team.members.filter(pk=number).first()
    if found is None:
        raise MissingError("server.challenge.no_member")
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0
