"""Promise: in a real browser the teams' pages and the organisers' queue are clean to axe, fit a phone, and the queue is
decided by keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from dataferry.server.challenge.actions import eligibility, teams
from server.challenge.editions import Clock, make_edition, make_organiser
from server.looking import looked_at, signed_in
from server.persons import make_person

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def at_work(transactional_db: None, home: Path, clock: Clock) -> Any:
    """A team of two with an invitation, answers, a question and a failed check; an organiser."""
    edition = make_edition()
    person, second, organiser = make_person("lead@example.org"), make_person(), make_organiser("hong-kong")
    hk = edition.divisions.get(code="hk")
    team = teams.register_team(person, edition, hk, name="Harbour Watch 海港守望", kind="individual")
    teams.answer_invitation(second, teams.invite(person, team, second.email), True)
    teams.invite(person, team, "friend@example.org")
    eligibility.declare(person, team.checks.get(rule="minimum-age", member__user=person), {"said": "yes"})
    residence = team.checks.get(rule="residence", member__user=person)
    eligibility.declare(person, residence, {"said": "mainland"})
    eligibility.decide_check(organiser, residence, "queried", "Which city do you live in, and since when?")
    theirs = team.checks.get(rule="residence", member__user=second)
    eligibility.declare(second, theirs, {"said": "hong-kong"})
    eligibility.declare(second, team.checks.get(rule="minimum-age", member__user=second), {"said": "no"})
    other = make_edition("second-2026")
    teams.invite(organiser_team(other), other.teams.get(), person.email)
    return {"team": team, "person": person, "organiser": organiser, "queried": residence, "waiting": theirs}


def organiser_team(edition: Any) -> Any:
    leader = make_person()
    sh = edition.divisions.get(code="sh")
    teams.register_team(leader, edition, sh, name="浦江數據", kind="individual")
    return leader


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_clean_and_fit(at_work: Any, signed_in: Any, width: int) -> None:
    team, queried = at_work["team"], at_work["queried"]
    own = {
        "mine": "mine/",
        "register": "editions/harbour-2026/register/",
        "team": f"mine/teams/{team.pk}/",
        "check": f"mine/checks/{queried.pk}/",
    }
    page = signed_in(at_work["person"], width)
    for name, path in own.items():
        for language in ("en", "zh-hant") if name in {"mine", "team"} else ("en",):
            page.goto(f"/{language}/challenge/{path}")
            looked_at(page, f"{name}-{language}-{width}")
    page = signed_in(at_work["organiser"], width)
    page.goto("/en/challenge/editions/harbour-2026/eligibility/hk/")
    looked_at(page, f"queue-{width}")


def test_the_queue_by_keyboard(at_work: Any, signed_in: Any) -> None:
    page = signed_in(at_work["organiser"], 1280)
    page.goto("/en/challenge/editions/harbour-2026/eligibility/hk/")
    page.keyboard.press("j")
    expect(page.locator("[data-item]").first).to_be_focused()
    page.keyboard.press("f")
    expect(page.locator("[data-item] textarea").first).to_be_focused()
    page.keyboard.type("jpf are letters here")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    expect(page.locator(".told-once")).to_contain_text("The question is sent to the team.")
    at_work["waiting"].refresh_from_db()
    assert (at_work["waiting"].state, at_work["waiting"].reason) == ("queried", "jpf are letters here")
