"""In a real browser: results, appeals, the final and certificates read well small and large, and pass axe; the timer
counts down by itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from server.barriers import violations
from server.challenge.result_house import ResultHouse
from server.persons import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

EDITION = "editions/harbour-2026"


def sign_in(page: Page, site: str, person: Any) -> None:
    page.goto(f"{site}/en/account/login/")
    page.get_by_label("E-mail").first.fill(person.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/en/**")


def complaints(page: Page) -> list[str]:
    return [f"{name}: {places[0][:160]}" for name, places in violations(page)]


FOUND: list[tuple[str, int, str]] = []


def check(page: Page, name: str) -> None:
    """What is not clean at both widths goes to FOUND; a picture for whoever asks with DATAFERRY_PICTURES."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("h1")).to_be_visible()
        if folder := os.environ.get("DATAFERRY_PICTURES"):
            page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
        FOUND.extend((name, width, each) for each in complaints(page))
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            FOUND.append((name, width, "runs off the screen"))


def test_pages_are_clean_and_the_timer_counts(
    transactional_db: None, home: Path, clock: Any, live_server: Any, page: Page, monkeypatch: Any
) -> None:
    from dataferry.server.challenge.actions import appeals, certificates, nominations

    FOUND.clear()
    site = f"{live_server.url}"
    house = ResultHouse(clock).shortlisted()
    entry = house.entries["hk"][0]
    sign_in(page, site, house.organiser)
    page.goto(f"{site}/en/challenge/{EDITION}/final/final/")
    check(page, "order")
    page.get_by_role("button", name="Draw an order").click()
    expect(page.get_by_text("The order was drawn with the seed")).to_be_visible()
    began = timezone.now()
    monkeypatch.setattr("dataferry.server.challenge.clock.now", lambda: clock.at + (timezone.now() - began))
    page.goto(f"{site}/en/challenge/{EDITION}/final/final/timer/")
    page.get_by_role("button", name="Begin", exact=False).first.click()
    face = page.locator("[data-face]")
    expect(face).to_have_text(re.compile(r"7:5\d"))
    check(page, "timer")
    clock.advance(seconds=405)
    expect(page.locator("[data-said]")).to_have_text("1 minute left")
    clock.advance(seconds=50)
    expect(page.locator("[data-said]")).to_have_text("The time is over")
    expect(face).to_have_text(re.compile(r"−0:\d\d"))
    page.goto(f"{site}/en/challenge/{EDITION}/final/final/screen/")
    check(page, "screen")

    monkeypatch.setattr("dataferry.server.challenge.clock.now", clock)
    clock.during("final")
    provisional = house.provisional("final")
    page.goto(f"{site}/en/challenge/{EDITION}/results/rounds/final/")
    check(page, "round-provisional")
    clock.during("appeals")
    appeal = appeals.file_appeal(house.leader(entry), provisional, entry, "procedure", "The clock ran on. " * 20)
    page.goto(f"{site}/en/challenge/{EDITION}/appeals/")
    check(page, "appeals")
    appeals.admit(house.organiser, appeal)
    page.goto(f"{site}/en/challenge/appeals/{appeal.pk}/")
    check(page, "appeal")
    appeals.decide(house.organiser, appeal, upheld=False, reason="The timer shows eight minutes.")
    page.goto(f"{site}/zh-hant/challenge/{EDITION}/results/")
    check(page, "public-provisional")

    clock.during("nomination")
    from dataferry.server.challenge.actions import results

    results.publish_result(house.organiser, results.seal_result(house.organiser, provisional))
    type(house.edition).objects.filter(pk=house.edition.pk).update(state="final")
    house.edition.refresh_from_db()
    (issued, *_rest) = certificates.issue_certificates(house.organiser, house.edition, site)
    nominations.select(house.organiser, house.edition)
    for name, path in {
        "round-published": "results/rounds/screening-sh/",
        "revision": "results/rounds/final/revisions/1/",
        "public": "results/",
        "press": "results/press/",
        "certificates": "certificates/",
        "nominations": "nominations/",
    }.items():
        page.goto(f"{site}/en/challenge/{EDITION}/{path}")
        check(page, name)
    page.goto(f"{site}/en/challenge/certificates/{issued.serial}/verify/")
    check(page, "certificate")
    page.context.clear_cookies()
    sign_in(page, site, house.leader(entry))
    for name in ("feedback", "appeals", "certificates"):
        page.goto(f"{site}/en/challenge/mine/teams/{entry.team_id}/{name}/")
        check(page, f"team-{name}")
    assert FOUND == []
