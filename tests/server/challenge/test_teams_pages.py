"""Promise: a team registers, invites, answers and reads reasons on pages; organisers decide in a queue; nobody sees
what is not theirs, and what is typed never breaks a page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dataferry.server import journal
from dataferry.server.challenge.actions import eligibility, teams
from dataferry.server.challenge.models import EligibilityCheck, IdentityPaper, Team
from server.challenge.editions import make_team
from server.challenge.test_eligibility import PDF
from server.persons import make_person


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="dataferry.server.people.backends.NameOrEmail")
    return client


def said(response: Any) -> str:
    """The words of a page, without markup."""
    body = response.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


@pytest.fixture(autouse=True)
def _effects_of_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **_more: act())


@pytest.fixture
def person(edition: Any) -> Any:
    return make_person()


@pytest.fixture
def team(edition: Any, person: Any) -> Team:
    hk = edition.divisions.get(code="hk")
    return teams.register_team(person, edition, hk, name="Harbour Watch", kind="individual")


def test_a_visitor_is_led_to_sign_in(edition: Any) -> None:
    for path in ("mine/", "editions/harbour-2026/register/", "mine/teams/1/", "editions/harbour-2026/eligibility/hk/"):
        response = Client().get(f"/en/challenge/{path}")
        assert (response.status_code, response["Location"][:18]) == (302, "/en/account/login/")


def test_from_nothing_to_a_team(edition: Any, person: Any) -> None:
    client = client_of(person)
    page = client.get("/en/challenge/mine/")
    assert "You are in no team yet." in said(page)
    assert "1 Jun 2026, 00:00 in Hong Kong" in said(page)
    address = "/en/challenge/editions/harbour-2026/register/"
    assert client.get(address).status_code == 200
    refused = client.post(address, {"division": "hk", "name": "x" * 10_000, "kind": "individual"})
    assert refused.status_code == 422
    assert "longer than 100" in said(refused)
    done = client.post(address, {"division": "sh", "name": "Ferry 🚢 فريق", "kind": "individual"}, follow=True)
    assert done.status_code == 200
    assert "What is still missing" in said(done)
    assert Team.objects.get().division.code == "sh"
    again = client.post(address, {"division": "hk", "name": "Second", "kind": "individual"})
    assert "in this edition a person is in one team only" in said(again)


def test_the_deadline_is_told_in_both_zones_where_they_differ(edition: Any, person: Any) -> None:
    from dataferry.server.people.models import Profile

    Profile.objects.update_or_create(user=person, defaults={"time_zone": "Europe/London"})
    page = said(client_of(person).get("/en/challenge/editions/harbour-2026/register/"))
    assert "1 Jun 2026, 00:00 in Hong Kong" in page
    assert "for you: 31 May 2026, 17:00 BST" in page
    assert "21 days left" in page


def test_late_is_late_on_the_page_too(edition: Any, person: Any, clock: Any) -> None:
    client = client_of(person)
    address = "/en/challenge/editions/harbour-2026/register/"
    clock.set("2026-06-01T00:00:00+08:00")
    assert "No division takes teams at this moment." in said(client.get(address))
    late = client.post(address, {"division": "hk", "name": "Late", "kind": "individual"})
    assert late.status_code == 422
    assert not Team.objects.exists()


def test_inviting_joining_and_handing_over(team: Team, person: Any) -> None:
    leader, friend = client_of(person), make_person("friend@example.org")
    page = f"/en/challenge/mine/teams/{team.pk}/"
    assert leader.post(page, {"do": "invite", "email": "nonsense"}).status_code == 422
    leader.post(page, {"do": "invite", "email": "friend@example.org"})
    assert "friend@example.org" in said(leader.get(page))
    invited = client_of(friend)
    assert "Harbour Watch" in said(invited.get("/en/challenge/mine/"))
    assert invited.get(page).status_code == 404, "not yet theirs to see"
    invitation = team.invitations.get()
    joined = invited.post(f"/en/challenge/mine/invitations/{invitation.pk}/", {"do": "accept"}, follow=True)
    assert "You are in the team now." in said(joined)
    member = team.members.get(user=friend)
    leader.post(page, {"do": "lead", "number": member.pk})
    refused = leader.post(page, {"do": "remove", "number": member.pk}, follow=True)
    assert team.members.filter(left_at=None).count() == 2
    assert "may not do this" in said(refused)
    left = leader.post(page, {"do": "leave"}, follow=True)
    assert "You have left the team." in said(left)
    sure = invited.post(page, {"do": "withdraw"}, follow=True)
    assert "Tick the box" in said(sure)
    assert "withdrawn" in said(invited.post(page, {"do": "withdraw", "sure": "yes"}, follow=True))


def test_an_answer_that_fails_is_asked_again_first(team: Team, person: Any) -> None:
    check = team.checks.get(rule="minimum-age")
    page, client = f"/en/challenge/mine/checks/{check.pk}/", client_of(person)
    assert "Will you be 18 or older on 1 Jun 2026?" in said(client.get(page))
    first = client.post(page, {"do": "declare", "said": "no"})
    assert first.status_code == 422
    assert "the rules of the edition are not met" in said(first)
    check.refresh_from_db()
    assert check.state == "open"
    client.post(page, {"do": "declare", "said": "no", "sure": "yes"})
    check.refresh_from_db()
    assert check.state == "failed"
    assert "younger than the rules" in said(client.get(f"/en/challenge/mine/teams/{team.pk}/"))


def test_a_paper_from_the_form_to_the_receipt(team: Team, person: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    check = team.checks.get(rule="residence")
    page, client = f"/en/challenge/mine/checks/{check.pk}/", client_of(person)
    assert "22 Sep 2026, 00:00 in Hong Kong" in said(client.get(page)), "the day of destruction is told before"
    bad = client.post(page, {"do": "paper", "said": "mainland", "file": SimpleUploadedFile("id.pdf", b"PK\x03\x04")})
    assert bad.status_code == 422
    assert "no whole PDF" in said(bad)
    client.post(page, {"do": "paper", "said": "mainland", "file": SimpleUploadedFile("my passport.pdf", PDF)})
    check.refresh_from_db()
    assert (check.state, check.answer) == ("documented", {"said": "mainland"})
    paper = IdentityPaper.objects.get()
    reading = f"/en/challenge/eligibility/papers/{paper.pk}/"
    for other in (client, client_of(sh_organiser), client_of(make_person())):
        assert other.post(reading).status_code in {302, 403, 404}
    assert client_of(hk_organiser).get(reading).status_code == 405, "looking ahead of a click is no reading"
    answer = client_of(hk_organiser).post(reading)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert answer["Cache-Control"].startswith("no-store")
    assert answer["Content-Disposition"] == f'attachment; filename="paper-{paper.pk}.pdf"'
    assert journal.selected(acts=["challenge.paper_read"]).count() == 1
    destroyed = client.post(f"/en/challenge/mine/papers/{paper.pk}/destroy/", follow=True)
    assert "Receipt of destruction" in said(destroyed)
    assert paper.digest in said(destroyed)
    for language in ("en", "zh-hant", "zh-hans"):
        printed = client.get(f"/{language}/challenge/mine/papers/{paper.pk}/receipt.pdf")
        assert printed.content[:5] == b"%PDF-"
    assert client_of(make_person()).get(f"/en/challenge/mine/papers/{paper.pk}/").status_code == 404


def test_the_queue_is_decided_and_read_by_the_team(
    edition: Any, team: Team, person: Any, hk_organiser: Any, sh_organiser: Any
) -> None:
    queue = "/en/challenge/editions/harbour-2026/eligibility/hk/"
    assert client_of(sh_organiser).get(queue).status_code == 404
    assert client_of(person).get(queue).status_code == 404
    organiser = client_of(hk_organiser)
    assert "Nothing waits for you." in said(organiser.get(queue))
    check = eligibility.declare(person, team.checks.get(rule="residence"), {"said": "mainland"})
    page = organiser.get(queue)
    assert "Answer: Mainland China" in said(page)
    seen = re.search(r'name="seen" value="([^"]+)"', page.content.decode())
    assert seen
    decide = f"/en/challenge/eligibility/checks/{check.pk}/decide/"
    no_reason = organiser.post(decide, {"outcome": "failed", "seen": seen[1], "back": queue}, follow=True)
    assert "Say why" in said(no_reason)
    stale = organiser.post(decide, {"outcome": "passed", "seen": "open:", "back": "//evil.example"}, follow=True)
    assert "has changed since you saw it" in said(stale)
    assert stale.redirect_chain[0][0] == queue, "back to the queue, not to another site"
    organiser.post(decide, {"outcome": "queried", "reason": "Which <city>?", "seen": seen[1], "back": queue})
    asked = client_of(person).get(f"/en/challenge/mine/teams/{team.pk}/")
    assert b"Which &lt;city&gt;?" in asked.content
    for state in ("all", "queried", "passed", "nonsense"):
        assert (
            organiser.get(queue, {"state": state, "rule": "residence\x00", "team": "1", "page": "9"}).status_code == 200
        )


def test_addresses_are_shown_to_the_team_only(team: Team, person: Any, hk_organiser: Any) -> None:
    teams.invite(person, team, "private@example.org")
    page = f"/en/challenge/mine/teams/{team.pk}/"
    assert b"private@example.org" in client_of(person).get(page).content
    organiser = client_of(hk_organiser).get(page)
    assert organiser.status_code == 200
    assert b"private@example.org" not in organiser.content
    assert person.email.encode() not in organiser.content


def test_lists_cost_the_same_however_long(edition: Any, person: Any, organiser: Any, clock: Any) -> None:
    def queries(path: str, who: Any) -> int:
        client = client_of(who)
        client.get(path)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    def grow() -> None:
        from dataferry.server.challenge.models import TeamMember

        for _ in range(3):
            team = make_team(edition, people=2)
            for member in team.members.all():
                EligibilityCheck.objects.create(
                    team=team, member=member, rule="residence", kind="documented", state="declared"
                )
            TeamMember.objects.create(team=team, edition=edition, user=person, exclusive=False, joined_at=clock.at)
            own = make_team(edition)
            own.invitations.create(email=person.email, sent_at=clock.at, until=clock.at.replace(year=2027))

    paths = [("/en/challenge/mine/", person), ("/en/challenge/editions/harbour-2026/eligibility/hk/", organiser)]
    grow()
    before = [queries(path, who) for path, who in paths]
    grow()
    assert [queries(path, who) for path, who in paths] == before


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_every_page_opens_in_three_languages(
    edition: Any, team: Team, person: Any, organiser: Any, language: str
) -> None:
    check = team.checks.get(rule="residence")
    own = ["mine/", "editions/harbour-2026/register/", f"mine/teams/{team.pk}/", f"mine/checks/{check.pk}/"]
    for path in own:
        assert client_of(person).get(f"/{language}/challenge/{path}").status_code == 200
    assert client_of(organiser).get(f"/{language}/challenge/editions/harbour-2026/eligibility/hk/").status_code == 200
