"""Promise: what organisers and teams do on the desk's pages they can do over the API, and nobody else can."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from dataferry.server.challenge.models import MailCampaign, SessionBooking
from server.challenge.editions import make_team
from server.persons import make_person

pytestmark = pytest.mark.django_db
JSON = "application/json"
SESSION = {
    "kind": "training",
    "title": {"en": "Pitch", "zh-Hant": "演示", "zh-Hans": "演示"},
    "starts_at": "2026-07-26T14:00:00+08:00",
    "ends_at": "2026-07-26T15:00:00+08:00",
    "capacity": 1,
    "division": "hk",
}
LETTER = {"audience": "leaders", "division": "hk", "subject": {"en": "To {team}"}, "body": {"en": "Dear {name}"}}


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at(edition: Any, rest: str) -> str:
    return f"/api/v1/editions/{edition.slug}/{rest}"


def test_sessions(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team, rival = make_team(edition, "hk"), make_team(edition, "hk")
    assert client_of(sh_organiser).post(at(edition, "sessions"), SESSION, JSON).status_code == 403
    assert client_of(team.people[0]).post(at(edition, "sessions"), SESSION, JSON).status_code == 403
    made = client_of(hk_organiser).post(at(edition, "sessions"), SESSION, JSON)
    assert made.status_code == 201, made.content
    place = at(edition, f"sessions/{made.json()['id']}")
    client = client_of(team.people[0])
    assert client.get(at(edition, "sessions")).json()["items"][0]["taken"] == 0
    assert client.post(f"{place}/bookings", {"team": team.pk}, JSON).status_code == 201
    assert client.post(f"{place}/bookings", {"team": rival.pk}, JSON).status_code == 404
    assert client_of(rival.people[0]).post(f"{place}/bookings", {"team": rival.pk}, JSON).status_code == 409
    assert client.delete(f"{place}/bookings/{team.pk}").status_code == 204
    assert not SessionBooking.objects.exists()
    changed = client_of(hk_organiser).put(place, {**SESSION, "capacity": 3, "revision": 1}, JSON)
    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert client_of(sh_organiser).post(f"{place}/cancellation").status_code == 404
    assert client_of(hk_organiser).post(f"{place}/cancellation").json()["cancelled_at"]


def test_mentors(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team, mentor = make_team(edition, "hk"), make_person("mentor@example.org")
    asked = {"team": team.pk, "email": "mentor@example.org"}
    assert client_of(mentor).post(at(edition, "mentorships"), asked, JSON).status_code == 403
    assert client_of(sh_organiser).post(at(edition, "mentorships"), asked, JSON).status_code == 404
    made = client_of(hk_organiser).post(at(edition, "mentorships"), asked, JSON)
    assert made.status_code == 201, made.content
    assert client_of(sh_organiser).get(at(edition, "mentorships")).json()["items"] == []
    assert len(client_of(hk_organiser).get(at(edition, "mentorships")).json()["items"]) == 1
    end = f"/api/v1/mentorships/{made.json()['id']}/end"
    assert client_of(team.people[0]).post(end).status_code == 404
    assert client_of(mentor).post(end).json()["ended_at"]


def test_letters_to_many(edition: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    team = make_team(edition, "hk")
    for stranger, status in ((team.people[0], 403), (sh_organiser, 403)):
        assert client_of(stranger).post(at(edition, "campaigns"), LETTER, JSON).status_code == status
    client = client_of(hk_organiser)
    assert client.post(at(edition, "campaigns"), {**LETTER, "division": None}, JSON).status_code == 403
    made = client.post(at(edition, "campaigns"), LETTER, JSON).json()
    assert (made["recipients"], made["confirmed_at"]) == (1, None)
    place = at(edition, f"campaigns/{made['id']}")
    assert client_of(sh_organiser).get(place).status_code == 404
    assert client_of(sh_organiser).get(at(edition, "campaigns")).json()["items"] == []
    hostile = {**LETTER, "subject": {"en": "{team.__class__}"}, "revision": 1}
    assert client.put(place, hostile, JSON).json()["faults"]
    assert client.post(f"{place}/confirmation", {"revision": 2, "expected": 1}, JSON).status_code in (400, 422)
    assert client.put(place, {**LETTER, "revision": 2}, JSON).json()["faults"]
    assert client.post(f"{place}/confirmation", {"revision": 3, "expected": 9}, JSON).status_code == 409
    assert client.post(f"{place}/confirmation", {"revision": 3, "expected": 1}, JSON).json()["recipients"] == 1
    assert client.post(f"{place}/cancellation").json()["cancelled_at"]
    assert MailCampaign.objects.get().addressees == [team.people[0].pk]
