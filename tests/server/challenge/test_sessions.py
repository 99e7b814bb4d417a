"""Promise: the last place goes to one team; who has booked is told of every change; nobody books what is not theirs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar

from dataferry.messages import InputError, RefusedError
from dataferry.server.challenge.actions import sessions as actions
from dataferry.server.challenge.models import SessionBooking, TrainingSession
from dataferry.server.letters.models import Letter
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import Clock, make_entry, make_team
from server.databases import python
from server.persons import make_person

pytestmark = pytest.mark.django_db
RACING = str(Path(__file__).with_name("racing_sessions.py"))
BEGINS = datetime.fromisoformat("2026-07-26T14:00:00+08:00")


def plan(**changes: Any) -> actions.Plan:
    title = {"en": "Pitching {well}", "zh-Hant": "演示技巧", "zh-Hans": "演示技巧"}
    made = actions.Plan("training", title, BEGINS, BEGINS + timedelta(hours=2), "Room 3", 1)
    return replace(made, **changes)


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_place_is_booked_once_and_given_back(edition: Any, organiser: Any) -> None:
    first, second = make_team(edition, "hk", people=2), make_team(edition, "sh")
    session = actions.create_session(organiser, edition, plan())
    booking = actions.book(first.people[1], session, first)
    assert actions.book(first.people[0], session, first) == booking
    with pytest.raises(ConflictError, match="1 places"):
        actions.book(second.people[0], session, second)
    actions.give_back(first.people[0], session, first)
    actions.book(second.people[0], session, second)
    assert list(SessionBooking.objects.values_list("team", flat=True)) == [second.pk]


def test_who_may_not_book(edition: Any, clock: Clock, organiser: Any, hk_organiser: Any) -> None:
    hk, sh = make_team(edition, "hk"), make_team(edition, "sh")
    division = edition.divisions.get(code="hk")
    local = actions.create_session(hk_organiser, edition, plan(division=division))
    finalists = actions.create_session(organiser, edition, plan(finalists_only=True, capacity=None))
    with pytest.raises(RefusedError, match="not for team"):
        actions.book(sh.people[0], local, sh)
    with pytest.raises(RefusedError):
        actions.book(make_person(), local, hk)
    make_entry(hk, state="eligible")
    with pytest.raises(RefusedError, match="finalists only"):
        actions.book(hk.people[0], finalists, hk)
    make_entry(sh, state="shortlisted")
    actions.book(sh.people[0], finalists, sh)
    clock.set(BEGINS)
    with pytest.raises(RefusedError, match="has begun"):
        actions.book(hk.people[0], local, hk)
    with pytest.raises(RefusedError, match="has begun"):
        actions.give_back(sh.people[0], finalists, sh)


def test_booked_teams_hear_of_a_change_and_of_the_end(edition: Any, organiser: Any) -> None:
    team = make_team(edition, "hk", people=2)
    session = actions.create_session(organiser, edition, plan())
    actions.book(team.people[0], session, team)
    same = actions.change_session(organiser, session, 1, plan())
    assert (same.revision, Letter.objects.count()) == (1, 0), "nothing changed, nobody is written to"
    moved = actions.change_session(organiser, session, 1, plan(location="Room 4"))
    assert Letter.objects.filter(about=f"session:{session.pk}").count() == 2
    assert "Room 4" in Letter.objects.all()[0].body
    assert "Pitching {well}" in Letter.objects.all()[0].subject
    with pytest.raises(ConflictError):
        actions.change_session(organiser, session, 1, plan(location="Room 5"))
    actions.book(*_another(edition, organiser, moved))
    with pytest.raises(InputError, match="cannot have fewer"):
        actions.change_session(organiser, session, 3, plan(capacity=1))
    actions.cancel_session(organiser, session)
    assert Letter.objects.filter(subject__startswith="Cancelled").count() == 3
    with pytest.raises(RefusedError, match="cancelled"):
        actions.cancel_session(organiser, session)


def _another(edition: Any, organiser: Any, session: Any) -> tuple[Any, Any, Any]:
    """A second team, once there is room for it."""
    wider = actions.change_session(organiser, session, session.revision, plan(location="Room 4", capacity=2))
    team = make_team(edition, "sh")
    return team.people[0], wider, team


def test_hostile_words_and_impossible_times(edition: Any, organiser: Any) -> None:
    title = {"en": "⛴️ عبّارة\r\nBcc: x@example.org", "zh-Hant": "長" * 200, "zh-Hans": "短"}
    row = actions.create_session(organiser, edition, plan(title=title))
    assert row.title["en"] == "⛴️ عبّارة Bcc: x@example.org"
    for changes, field in (
        ({"title": {**title, "en": "x" * 10_000}}, "title_en"),
        ({"title": {**title, "zh-Hans": " \u0000 "}}, "title_zh-Hans"),
        ({"ends_at": BEGINS}, "ends_at"),
        ({"starts_at": BEGINS.replace(year=2020)}, "starts_at"),
        ({"capacity": 0}, "capacity"),
        ({"kind": "party"}, "kind"),
    ):
        with pytest.raises(InputError) as refused:
            actions.create_session(organiser, edition, plan(**{"title": {**title, "en": "Well"}, **changes}))
        assert refused.value.data["field"] == field


def test_the_pages_and_the_calendar(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team = make_team(edition, "hk")
    desk, public = (f"/en/challenge/editions/{edition.slug}/{rest}" for rest in ("desk/sessions/", "sessions/"))
    wanted = {
        "kind": "mentoring",
        "division": "hk",
        "title_en": "An hour",
        "title_hant": "一小時",
        "title_hans": "一小时",
        "starts_at": "2026-07-26T14:00",
        "ends_at": "2026-07-26T15:00",
        "capacity": "1",
    }
    assert client_of(team.people[0]).post(desk, wanted).status_code == 403
    assert client_of(sh_organiser).post(desk, wanted).status_code == 422
    assert client_of(hk_organiser).post(desk, {**wanted, "starts_at": "soon"}).status_code == 422
    assert client_of(hk_organiser).post(desk, wanted).status_code == 302
    row = TrainingSession.objects.get()
    assert row.starts_at == BEGINS, "in the division's zone"
    page = f"{desk}{row.pk}/"
    assert client_of(sh_organiser).get(page).status_code == 404
    client = client_of(team.people[0])
    assert "Book a place" in client.get(public).content.decode()
    assert client.post(public, {"session": row.pk, "team": team.pk}).status_code == 302
    assert client_of(make_person()).post(public, {"session": row.pk, "team": team.pk}).status_code == 404
    assert row.bookings.count() == 1
    assert "An hour" in client.get(f"/en/challenge/mine/teams/{team.pk}/").content.decode()
    assert client_of(hk_organiser).post(page, {"do": "cancel"}).status_code == 302
    events = Calendar.from_ical(client.get(f"/en/challenge/editions/{edition.slug}/calendar.ics").content)
    (event,) = [each for each in events.walk("VEVENT") if str(each["uid"]).startswith("session-")]
    assert (str(event["summary"]), str(event["status"])) == ("An hour", "CANCELLED")


def test_the_list_asks_the_same_number_of_questions_for_any_length(
    edition: Any, organiser: Any, django_assert_max_num_queries: Any
) -> None:
    team = make_team(edition, "hk")
    for _ in range(12):
        actions.book(team.people[0], actions.create_session(organiser, edition, plan()), team)
    client = client_of(team.people[0])
    with django_assert_max_num_queries(22):
        client.get(f"/en/challenge/editions/{edition.slug}/sessions/")


@pytest.mark.slow
def test_the_last_place_goes_to_one_team(migrated_house: dict[str, str]) -> None:
    said = json.loads(python(migrated_house, RACING).splitlines()[-1])
    assert said["booked"] == ["done", "done"] + ["server.challenge.session_full"] * 4
    assert (said["rows"], said["again"]) == (2, ["done"] * 4)
    assert said["of_one_team"] == 1
