"""In a real browser: editions read well small and large, pass axe, tell the visitor's own time, mark faults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server.barriers import violations
from server.challenge.editions import Clock, edition_text, make_organiser
from server.persons import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(transactional_db: None, home: Path, clock: Clock, live_server: Any) -> str:
    from dataferry.server.challenge.actions import editions as actions
    from dataferry.server.challenge.edition_file import text_from_preset

    organiser = make_organiser()
    edition = actions.announce(organiser, actions.create_edition(organiser, edition_text()))
    changed = edition_text(changes={"quota: 2": "quota: 4", "most: 4": "most: 5"})
    actions.amend(organiser, edition, changed, "More entries than expected.", 1)
    actions.create_edition(organiser, text_from_preset("hsodc-2024", "hsodc-2027"))
    return str(live_server.url)


def sign_in(page: Page, site: str) -> None:
    from django.contrib.auth.models import User

    email = User.objects.filter(email__startswith="organiser").latest("pk").email
    page.goto(f"{site}/en/account/login/")
    page.get_by_label("E-mail").first.fill(email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/en/**")


def complaints_of_axe(page: Page) -> list[str]:
    return [f"{name}: {places[0][:160]}" for name, places in violations(page)]


def look(page: Page, name: str) -> None:
    """A picture for whoever asks for one with DATAFERRY_PICTURES."""
    if folder := os.environ.get("DATAFERRY_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1280, 360])
def test_pages_are_clean_at_every_width(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, site)
    places = {
        "list": "",
        "edition": "editions/harbour-2026/",
        "template": "editions/hsodc-2027/",
        "amendment": "editions/harbour-2026/amendments/2/",
        "new": "editions/new/",
        "setup": "editions/hsodc-2027/setup/",
        "file": "editions/hsodc-2027/setup/file/",
    }
    for name, path in places.items():
        page.goto(f"{site}/zh-hant/challenge/{path}" if name == "edition" else f"{site}/en/challenge/{path}")
        expect(page.locator("h1")).to_be_visible()
        look(page, f"{name}-{width}")
        assert complaints_of_axe(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name


@pytest.mark.parametrize(
    ("zone", "told"), [("Europe/Paris", "18:00"), ("America/New_York", "12:00"), ("Asia/Shanghai", "")]
)
def test_a_deadline_is_told_in_the_visitors_own_time_too(browser: Browser, site: str, zone: str, told: str) -> None:
    context = browser.new_context(timezone_id=zone)
    page = context.new_page()
    page.goto(f"{site}/en/challenge/editions/harbour-2026/")
    closes = page.locator('time[datetime="2026-07-01T00:00:00+08:00"]').first
    expect(closes).to_contain_text("30 Jun 2026, 24:00")
    if told:
        expect(closes.locator(".time-own")).to_contain_text(told)
        expect(closes.locator(".time-own")).to_contain_text("your own time zone")
    else:
        expect(closes.locator(".time-own")).to_have_count(0)
    context.close()


def test_a_fault_is_marked_at_its_line_while_writing(page: Page, site: str) -> None:
    sign_in(page, site)
    page.goto(f"{site}/en/challenge/editions/hsodc-2027/setup/file/")
    area = page.locator("textarea[name=edition-text]")
    expect(page.locator(".editor.live")).to_be_visible()
    text = area.input_value()
    area.fill(text.replace("quota: 8", "quota: many"))
    line = text[: text.index("quota: 8")].count("\n") + 1
    page.get_by_role("button", name="Check").click()
    expect(page.locator(f'[data-problem="edition-text"][data-line="{line}"]')).to_be_visible()
    expect(page.locator(".editor-gutter .wrong")).to_have_text(str(line))
