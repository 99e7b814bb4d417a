"""Promise: the API of teams does what the pages do, for the same people and nobody else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from dataferry.server.challenge.models import Team
from server.persons import make_person


class Caller:
    """Somebody who calls the API with their session."""

    def __init__(self, person: Any) -> None:
        self.client = Client()
        self.client.force_login(person, backend="dataferry.server.people.backends.NameOrEmail")

    def get(self, path: str) -> Any:
        return self.client.get(f"/api/v1/{path}")

    def send(self, method: str, path: str, **body: Any) -> Any:
        return self.client.generic(method, f"/api/v1/{path}", json.dumps(body), content_type="application/json")


@pytest.fixture(autouse=True)
def _no_csrf(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test client carries no CSRF token; that the API asks for one is tested with the kit."""
    monkeypatch.setattr("django.middleware.csrf.CsrfViewMiddleware.process_view", lambda *_given: None)


@pytest.fixture
def leader(edition: Any) -> Any:
    return make_person()


def test_a_team_by_api(edition: Any, leader: Any, hk_organiser: Any) -> None:
    friend, stranger = make_person("friend@example.org"), make_person()
    me, them, other, desk = Caller(leader), Caller(friend), Caller(stranger), Caller(hk_organiser)
    body = {"edition": "harbour-2026", "division": "hk", "name": "Harbour Watch"}
    assert me.send("POST", "teams", **body | {"division": "nowhere"}).status_code == 404
    made = me.send("POST", "teams", **body)
    assert made.status_code == 201, made.content
    team = made.json()["id"]
    assert me.send("POST", "teams", **body | {"name": "Other"}).status_code == 409
    assert me.get("teams").json()["items"][0]["name"] == "Harbour Watch"
    assert other.get(f"teams/{team}").status_code == 404

    sent = me.send("POST", f"teams/{team}/invitations", email="friend@example.org")
    assert sent.status_code == 201
    assert [each["email"] for each in me.get(f"teams/{team}/invitations").json()["items"]] == ["friend@example.org"]
    assert desk.get(f"teams/{team}/invitations").status_code == 404, "addresses are the team's own"
    assert b"friend@example.org" not in desk.get(f"teams/{team}").content + desk.get(f"teams/{team}/members").content
    number = them.get("team-invitations").json()["items"][0]["id"]
    assert other.send("POST", f"team-invitations/{number}/answer", accept=True).status_code == 404
    assert them.send("POST", f"team-invitations/{number}/answer", accept=True).json()["state"] == "accepted"
    members = me.get(f"teams/{team}/members").json()["items"]
    assert [each["leader"] for each in members] == [True, False]

    checks = {(each["rule"], each["member"]): each for each in me.get(f"teams/{team}/checks").json()["items"]}
    residence = checks["residence", members[1]["id"]]
    assert residence["offered"] == ["hong-kong", "mainland", "macao", "elsewhere"]
    declare = f"team-checks/{residence['id']}/declaration"
    assert me.send("POST", declare, said="mainland").status_code == 403
    assert them.send("POST", declare, said="atlantis").status_code == 422
    assert them.send("POST", declare, said="mainland").json()["state"] == "declared"
    queue = "editions/harbour-2026/divisions/hk/checks?state=waiting"
    assert [each["id"] for each in desk.get(queue).json()["items"]] == [residence["id"]]
    assert me.get(queue).status_code == 404
    decide = f"team-checks/{residence['id']}/decision"
    assert me.send("POST", decide, outcome="passed", seen="declared").status_code == 403
    assert desk.send("POST", decide, outcome="passed", seen="open").status_code == 409
    assert desk.send("POST", decide, outcome="failed", seen="declared").status_code == 422
    assert desk.send("POST", decide, outcome="passed", seen="declared").json()["state"] == "passed"

    assert me.send("POST", f"teams/{team}/members/{members[1]['id']}/lead").json()["leader"] is True
    assert me.send("DELETE", f"teams/{team}/members/{members[0]['id']}").status_code == 204
    assert me.get(f"teams/{team}").status_code == 404
    assert them.send("POST", f"teams/{team}/withdraw").json()["withdrawn_at"]
    assert Team.objects.get().members.filter(left_at=None).count() == 1


@pytest.mark.parametrize("path", ["teams/0", "teams/99999999999999999999999", "teams/7/checks", "teams/7/members"])
def test_what_is_not_there_is_missing(leader: Any, path: str) -> None:
    assert Caller(leader).get(path).status_code == 404


def test_a_visitor_is_asked_to_sign_in(edition: Any) -> None:
    for path in ("teams", "team-invitations", "teams/1", "editions/harbour-2026/divisions/hk/checks"):
        assert Client().get(f"/api/v1/{path}").status_code == 401
