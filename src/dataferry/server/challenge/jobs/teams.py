"""Background work about teams: what the calendar brings, and the destruction of identity papers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from dataferry.server import jobs


@jobs.scheduled("challenge.destroy_papers", every=timedelta(hours=1), title="server.challenge.job_destroy_papers")
def destroy_papers(running: jobs.Running) -> Mapping[str, Any]:
    """Hourly, so that no paper outlives the day that was promised by more than an hour."""
    from dataferry.server.challenge.actions.eligibility import destroy_due_papers

    return destroy_due_papers()


@jobs.scheduled("challenge.follow_calendar", at=time(0, 10), title="server.challenge.job_follow_calendar")
def follow_calendar(running: jobs.Running) -> Mapping[str, Any]:
    """Checks that a phase brings are asked, and teams whose edition says so are frozen at a phase's end.

    Nobody waits for this job: what is frozen by the calendar is refused from that instant on, job or not.
    """
    from dataferry.server.challenge.actions.eligibility import ask_all
    from dataferry.server.challenge.actions.freezing import freeze_due_teams

    return {"asked": ask_all(), "frozen": freeze_due_teams()}
