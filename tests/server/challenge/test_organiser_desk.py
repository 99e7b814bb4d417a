"""The organisers' desk: what needs a person stands first; no cell is a formula; calendar and audit are true."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from python_calamine import CalamineWorkbook

from server.challenge.editions import Clock, make_entry, make_team
from server.persons import make_person

pytestmark = pytest.mark.django_db


def desk(edition: Any, rest: str = "") -> str:
    return f"/en/challenge/editions/{edition.slug}/desk/{rest}"


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_what_needs_a_person_stands_first_and_leads_there(edition: Any, clock: Clock, hk_organiser: Any) -> None:
    make_entry(make_team(edition, "hk"), state="submitted")
    make_entry(make_team(edition, "sh"), state="submitted")
    clock.during("eligibility")
    shown = client_of(hk_organiser).get(desk(edition))
    tasks = [(each["task"].code, each["task"].place, each["task"].count) for each in shown.context["tasks"]]
    assert ("entries_to_lock", "hk", 1) in tasks
    assert not [task for task in tasks if task[1] == "sh"], "another city's organisers do those"
    html = shown.content.decode()
    assert f"/en/challenge/editions/{edition.slug}/entries/?state=submitted" in html
    assert html.index("Needs a person today") < html.index("In figures")


@pytest.mark.parametrize("rest", ["", "audit/", "teams.csv", "scores.xlsx", "all.xlsx"])
def test_the_desk_is_the_organisers(edition: Any, rest: str) -> None:
    team = make_team(edition, "hk")
    assert Client().get(desk(edition, rest)).status_code == 302
    assert client_of(make_person()).get(desk(edition, rest)).status_code == 403
    assert client_of(team.people[0]).get(desk(edition, rest)).status_code == 403


NAMES = ["=HYPERLINK(1)", "+852", "-1", "@cmd", "渡輪🛳️", "عبّارة", "长" * 200]


def test_no_cell_of_a_table_is_a_formula(edition: Any, clock: Clock, organiser: Any) -> None:
    for name in NAMES:
        make_team(edition, "hk", name)
    client = client_of(organiser)
    rows = list(csv.reader(io.StringIO(client.get(desk(edition, "teams.csv")).content.decode("utf-8-sig"))))
    told = [row[1] for row in rows[1:]]
    assert told == [*(f"'{name}" for name in NAMES[:4]), *NAMES[4:]]
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get(desk(edition, "all.xlsx")).content))
    assert book.sheet_names == ["Teams", "Entries", "Checks", "Judges", "Scores"]
    assert [row[1] for row in book.get_sheet_by_name("Teams").to_python()[1:]] == NAMES
    assert client.get(desk(edition, "nothing.csv")).status_code == 404


def test_the_calendar_has_every_phase_to_the_second(edition: Any) -> None:
    answer = Client().get(f"/zh-hant/challenge/editions/{edition.slug}/calendar.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    phases = {f"phase-{phase.pk}@testserver": phase for phase in edition.phases.all()}
    assert {str(event["uid"]) for event in events} == set(phases)
    for event in events:
        phase = phases[str(event["uid"])]
        assert (event.decoded("dtstart"), event.decoded("dtend")) == (phase.opens_at, phase.closes_at)
    assert "海港挑戰賽" in str(events[0]["summary"])


def test_the_audit_tells_each_hour_of_this_edition_only(edition: Any, clock: Clock, organiser: Any) -> None:
    from django.utils import timezone

    from dataferry.server.challenge.actions.entries import start_entry
    from server.challenge.editions import make_edition

    other = make_edition("other-2026")
    for each in (edition, other):
        team = make_team(each, "hk")
        start_entry(team.people[0], team, "transportation")
    clock.set(timezone.now())
    clock.advance(minutes=1)
    html = client_of(organiser).get(desk(edition, "audit/")).content.decode()
    assert f"began entry:{edition.slug}/" in html
    assert "other-2026" not in html
    assert client_of(organiser).get(desk(edition, "audit/?until=nonsense&since=%00")).status_code == 200
