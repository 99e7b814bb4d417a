"""Promise: in a real browser the desk's tools (mentors, sessions, letters, rehearsal) are clean to axe on a phone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataferry.server import jobs
from dataferry.server.challenge.actions import campaigns, mentoring, sessions
from server.challenge.editions import Clock, make_edition, make_entry, make_organiser, make_team
from server.challenge.test_campaigns import BODY, SUBJECT
from server.challenge.test_data_use import CONDITIONAL, dataset
from server.looking import looked_at, signed_in  # noqa: F401  the fixture
from server.persons import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BEGINS = datetime.fromisoformat("2026-07-26T14:00:00+08:00")


@pytest.fixture
def at_work(transactional_db: None, home: Path, clock: Clock) -> Any:
    """Teams, a mentor, three sessions, a draft and a letter that went out, granted data, a rehearsal that stopped."""
    from dataferry.server.challenge.actions import data_use

    edition, organiser, mentor = make_edition(changes=CONDITIONAL), make_organiser(), make_person("m@example.org")
    team, far = make_team(edition, "hk", "Harbour Watch 海港守望", people=2), make_team(edition, "sh", "浦" * 100)
    make_entry(team, state="submitted")
    mentoring.attach_mentor(organiser, team, mentor, BEGINS)
    title = {"en": "How to pitch to a jury of two cities", "zh-Hant": "演示技巧", "zh-Hans": "演示技巧"}
    plan = sessions.Plan("training", title, BEGINS, BEGINS + timedelta(hours=2), "Room 3, Cyberport", 2)
    first, second, third = (sessions.create_session(organiser, edition, plan) for _ in range(3))
    sessions.book(team.people[0], first, team)
    sessions.cancel_session(organiser, third)
    drafted = campaigns.write_campaign(
        organiser, edition, audience="leaders", division=None, subject=SUBJECT, body={**BODY, "zh-Hans": "{nobody}"}
    )
    sent = campaigns.write_campaign(organiser, edition, audience="members", division=None, subject=SUBJECT, body=BODY)
    campaigns.confirm_campaign(organiser, sent, 1, 3)
    campaigns.write_batch(sent.pk)
    clock.during("submission")
    data_use.grant_data(organiser, far, dataset("sh-ev", "shanghai", visibility="private"), "submission")
    _rehearsed(edition)
    return {"organiser": organiser, "mentor": mentor, "team": team, "draft": drafted, "sent": sent, "session": second}


def _rehearsed(edition: Any) -> None:
    """A rehearsal that came to its third step, as its job would leave it."""
    payload = {"edition": edition.slug, "version": 1, "teams": 12, "judges": 4, "seed": 1}
    subject = f"edition:{edition.slug}"
    job = jobs.enqueue("challenge.rehearse", subject=subject, payload=payload, asked_by=None, key=subject)
    error = {"code": "server.challenge.result_not_sealed", "data": {"round": "final"}}
    steps = [{"step": "register", "at": "2026-04-13T03:00:00+00:00", "teams": 24}]
    steps.append({"step": "shortlist", "at": "2026-07-11T00:00:00+00:00", "finalists": {"hk": 2, "sh": 3}})
    result = {"steps": steps, "holds": False, "error": error, "stopped_at": "judge_the_final"}
    jobs.Job.objects.filter(pk=job.pk).update(state="done", result=result, finished_at=job.not_before)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_desks_tools_are_clean_and_fit(at_work: Any, signed_in: Any, width: int) -> None:  # noqa: F811
    desk, team = "editions/harbour-2026/desk/", at_work["team"]
    pages = {
        "desk": desk,
        "mentors": f"{desk}mentors/",
        "planning": f"{desk}sessions/",
        "session": f"{desk}sessions/{at_work['session'].pk}/",
        "mail": f"{desk}mail/",
        "write": f"{desk}mail/new/",
        "draft": f"{desk}mail/{at_work['draft'].pk}/",
        "confirm": f"{desk}mail/{at_work['draft'].pk}/confirm/",
        "sent": f"{desk}mail/{at_work['sent'].pk}/",
        "rehearsal": f"{desk}rehearsal/",
        "data": f"{desk}data/",
        "listings": f"{desk}listings/",
        "audit": f"{desk}audit/",
    }
    page = signed_in(at_work["organiser"], width)
    for name, path in pages.items():
        page.goto(f"/en/challenge/{path}")
        looked_at(page, f"d-{name}-{width}")
    page = signed_in(team.people[0], width)
    for name, path in (("sessions", "editions/harbour-2026/sessions/"), ("team", f"mine/teams/{team.pk}/")):
        page.goto(f"/zh-hant/challenge/{path}")
        looked_at(page, f"d-{name}-{width}")
    page = signed_in(at_work["mentor"], width)
    for name, path in (("mentoring", "mine/mentoring/"), ("mentored", f"mine/mentoring/{team.pk}/")):
        page.goto(f"/en/challenge/{path}")
        looked_at(page, f"d-{name}-{width}")
