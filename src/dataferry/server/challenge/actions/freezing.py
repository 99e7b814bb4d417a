"""The freeze by the calendar: the instant counts by itself, this writes it down."""

from __future__ import annotations

from dataferry.server.challenge.actions.team_guards import OVER, freeze_instant, steady_team_now
from dataferry.server.challenge.actions.teams import freeze_teams
from dataferry.server.challenge.models import Division
from dataferry.server.challenge.states import EditionState


def freeze_due_teams() -> int:
    """Freeze the teams of every division whose instant has come. Returns how many were not frozen yet."""
    count = 0
    running = Division.objects.exclude(edition__state__in=(*OVER, EditionState.DRAFTED)).select_related("edition")
    for division in running.order_by("pk"):
        instant = freeze_instant(division.edition, division)
        if instant is not None and steady_team_now(division.edition) >= instant:
            count += freeze_teams(None, division)
    return count
