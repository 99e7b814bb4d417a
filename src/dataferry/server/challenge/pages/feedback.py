"""What the judges wrote to a team, on its own page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dataferry.server.challenge.models import Entry
from dataferry.server.challenge.pages.result_frame import round_name, signed_page
from dataferry.server.challenge.queries.feedback import feedback_of
from dataferry.server.challenge.queries.finals import own_slot
from dataferry.server.challenge.queries.teams import own_team_of
from dataferry.server.challenge.team_view import deadline
from dataferry.server.people.permissions import signed_in_person


@signed_page
def of_team(request: HttpRequest, number: int) -> HttpResponse:
    """The comments of every round whose result is published; the team's time in the final, where it has one."""
    team = own_team_of(signed_in_person(request), number)
    entry = Entry.objects.filter(team=team).select_related("edition", "division", "team").first()
    slot = own_slot(entry) if entry is not None else None
    context = {
        "section": "challenge",
        "team": team,
        "entry": entry,
        "rounds": [(round_name(each.round), each.comments) for each in feedback_of(entry)] if entry else [],
        "slot": slot,
        "slot_at": deadline(slot.starts_at, team.division) if slot and slot.starts_at else None,
    }
    return render(request, "challenge/result_feedback.html", context)
