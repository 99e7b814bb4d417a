"""Promise: in a real browser a judge scores by keyboard, loses the network in the middle and loses nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from dataferry.server.challenge.actions import scoring
from dataferry.server.challenge.models import ScoreSheet
from server.barriers import opened, violations

from .judging_house import FIRST, JudgedRound
from .test_blind import deck, plant_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def judged(edition: Any, clock: Any) -> JudgedRound:
    clock.during("screening")
    house = JudgedRound(edition, judges=2)
    plant_file(house.entries[0], "deck", "application/pdf", deck())
    return house.assigned()


@pytest.fixture
def desk(page: Page, judged: JudgedRound, live_server: Any) -> Iterator[Page]:
    """The first judge's browser, which must not complain of anything but the network that the test takes away."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    client = Client()
    client.force_login(judged.judges[0].user)
    name = site_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    yield page
    harmless = ("ERR_INTERNET_DISCONNECTED", "409 (Conflict)")
    assert [text for text in complaints if not any(each in text for each in harmless)] == []


def sheets_of(judged: JudgedRound) -> list[ScoreSheet]:
    return list(judged.judges[0].sheets.order_by("position"))


def address(live_server: Any, sheet: Any, name: str = "challenge-desk-sheet") -> str:
    return f"{live_server.url}{reverse(name, args=[sheet.pk])}"


def barriers(page: Page) -> list[Any]:
    opened(page)
    return violations(page)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_scored_by_keyboard_without_a_network_in_the_middle_and_signed(
    desk: Page, judged: JudgedRound, live_server: Any
) -> None:
    first = sheets_of(judged)[0]
    desk.goto(f"{live_server.url}{reverse('challenge-desk')}")
    desk.get_by_role("button", name="Begin").press("Enter")
    novelty = desk.get_by_label("Novelty")
    expect(novelty).to_be_focused()
    desk.keyboard.type("７０")
    desk.keyboard.press("Enter")
    expect(desk.get_by_label("Use of data")).to_be_focused()
    desk.keyboard.type("79")
    desk.keyboard.press("ArrowUp")
    expect(desk.get_by_label("Use of data")).to_have_value("80")
    expect(desk.get_by_role("status").filter(has_text="Saved at")).to_be_visible()

    desk.context.set_offline(True)
    desk.keyboard.press("Enter")
    desk.keyboard.type("65")
    expect(desk.get_by_role("status").filter(has_text="kept on this device")).to_be_visible()
    desk.get_by_label("To the team").fill("Clear, and well tested.")
    desk.get_by_role("link", name="Judging desk").click()
    expect(desk.get_by_role("status").filter(has_text="stays open")).to_be_visible()
    first.refresh_from_db()
    assert first.scores == {"novelty": "70", "data": "80"}
    kept = desk.evaluate("Object.keys(localStorage)")
    assert kept == [f"dataferry/sheet/{first.judge_id}/{first.pk}"]

    desk.context.set_offline(False)
    expect(desk.get_by_role("status").filter(has_text="Saved at")).to_be_visible(timeout=15_000)
    desk.get_by_label("Feasibility").focus()
    desk.keyboard.type("90")
    expect(desk.locator("[data-total]")).to_have_text("75.5")
    desk.get_by_role("button", name="Sign …").press("Enter")
    expect(desk.get_by_role("heading", name="Sign your score")).to_be_visible()
    expect(desk.get_by_text("Clear, and well tested.")).to_be_visible()
    assert barriers(desk) == []
    desk.get_by_role("button", name="Sign", exact=True).press("Enter")
    expect(desk.get_by_text(f"Entry {first.entry.code} is signed.")).to_be_visible()
    first.refresh_from_db()
    assert (first.state, first.scores, first.comment_team) == ("signed", FIRST, "Clear, and well tested.")
    desk.goto(address(live_server, first))
    expect(desk.get_by_text("It cannot be changed")).to_be_visible()
    assert desk.locator("form.sheet").count() == 0
    assert desk.evaluate("localStorage.length") == 0


def test_what_was_typed_without_a_network_survives_the_end_of_the_page(
    desk: Page, judged: JudgedRound, live_server: Any
) -> None:
    first = sheets_of(judged)[0]
    desk.goto(address(live_server, first))
    desk.context.set_offline(True)
    desk.get_by_label("Novelty").fill("55")
    expect(desk.get_by_role("status").filter(has_text="kept on this device")).to_be_visible()
    desk.close()
    again = desk.context.new_page()
    desk.context.set_offline(False)
    again.goto(address(live_server, first))
    expect(again.get_by_label("Novelty")).to_have_value("55")
    expect(again.get_by_role("status").filter(has_text="Saved at")).to_be_visible()
    first.refresh_from_db()
    assert first.scores == {"novelty": "55"}


def test_two_windows_are_shown_side_by_side_and_the_judge_chooses(
    desk: Page, judged: JudgedRound, live_server: Any
) -> None:
    first, second = sheets_of(judged)[:2]
    for sheet, choice, kept in ((first, "Keep mine", "41"), (second, "Take the other", "99")):
        desk.goto(address(live_server, sheet))
        fresh = ScoreSheet.objects.get(pk=sheet.pk)
        scoring.save_sheet(fresh.judge.user, fresh, fresh.revision, {"data": "99"})
        desk.get_by_label("Use of data").fill("41")
        expect(desk.get_by_role("button", name=choice)).to_be_visible()
        assert barriers(desk) == []
        desk.get_by_role("button", name=choice).click()
        expect(desk.get_by_label("Use of data")).to_have_value(kept)
        desk.keyboard.press("Control+s")
        expect(desk.locator("[data-conflict]")).to_be_hidden()
        expect(desk.locator("[data-status]")).to_have_attribute("data-kind", "saved")
        sheet.refresh_from_db()
        assert sheet.scores["data"] == kept


def test_a_score_off_the_scale_is_told_at_once_and_not_sent(desk: Page, judged: JudgedRound, live_server: Any) -> None:
    first = sheets_of(judged)[0]
    desk.goto(address(live_server, first))
    desk.get_by_label("Novelty").fill("101")
    expect(desk.get_by_text("Not a score on this scale: 0 to 100, in steps of 1")).to_be_visible()
    expect(desk.get_by_label("Novelty")).to_have_attribute("aria-invalid", "true")
    assert barriers(desk) == []
    desk.get_by_label("Novelty").fill("100")
    expect(desk.get_by_label("Novelty")).not_to_have_attribute("aria-invalid", "true")
    expect(desk.get_by_role("status").filter(has_text="Saved at")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 768, 360])
def test_the_pages_fit_and_have_no_barriers(desk: Page, judged: JudgedRound, live_server: Any, width: int) -> None:
    first = next(sheet for sheet in sheets_of(judged) if sheet.entry == judged.entries[0])
    desk.set_viewport_size({"width": width, "height": 800})
    addresses = [
        *(address(live_server, first, f"challenge-desk-{name}") for name in ("sheet", "sign", "recuse", "report")),
        f"{live_server.url}{reverse('challenge-desk')}",
        f"{live_server.url}{reverse('challenge-desk-relations', args=[first.judge_id])}",
    ]
    for each in addresses:
        desk.goto(each)
        assert fits(desk), each
        assert barriers(desk) == [], each
    if width == 768:
        desk.goto(addresses[0])
        dossier, rubric = (desk.locator(name).bounding_box() for name in (".dossier", ".rubric"))
        assert dossier["x"] + dossier["width"] <= rubric["x"] + 1
        assert abs(dossier["y"] - rubric["y"]) < 2


@pytest.mark.parametrize("width", [1280, 360])
def test_the_organisers_pages_fit_and_have_no_barriers(
    page: Page, judged: JudgedRound, live_server: Any, width: int
) -> None:
    from dataferry.server.challenge.actions import judges

    judges.declare_conflict(judged.organiser, judged.judges[0], judged.entries[2].team, "organiser", "Kin.")
    client = Client()
    client.force_login(judged.organiser)
    name = site_settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page.set_viewport_size({"width": width, "height": 800})
    slug = judged.edition.slug
    plain = [reverse("challenge-judges", args=[slug]), reverse("challenge-conflicts", args=[slug])]
    plain.append(reverse("challenge-judge", args=[slug, judged.judges[0].pk]))
    of_round = ("judging", "anchors", "calibration", "assignment", "sheets")
    plain += [reverse(f"challenge-round-{each}", args=[slug, "screening-hk"]) for each in of_round]
    for each in plain:
        page.goto(f"{live_server.url}{each}")
        assert fits(page), each
        assert barriers(page) == [], each
