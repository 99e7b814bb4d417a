"""Promise: in a real browser a large file goes on after the network broke and after the page was loaded anew."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from dataferry.server.uploads import files
from dataferry.server.uploads.models import Upload
from server.barriers import violations
from server.uploads.conftest import MEBIBYTE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BYTES = 30 * MEBIBYTE
PATCHES = "**/uploads/*-*"


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "影片 final.mp4"
    path.write_bytes(os.urandom(BYTES))
    return path


@pytest.fixture
def desk(page: Page, transactional_db: None, sender: Any, live_server: Any, client: Any, settings: Any) -> Page:
    """A signed-in sender before the form."""
    settings.ROOT_URLCONF = "server.uploads.site"
    client.force_login(sender)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server.url)}
    page.context.add_cookies([cookie])
    page.goto(f"{live_server.url}/en/parcel/")
    return page


def breaking(page: Page, passing: int, broken: int) -> list[str]:
    """The network lets `passing` parts through, then breaks `broken` requests."""
    seen: list[str] = []

    def decide(route: Route) -> None:
        if route.request.method not in {"PATCH", "HEAD"}:
            route.continue_()
            return
        seen.append(route.request.method)
        if passing < len(seen) <= passing + broken:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(PATCHES, decide)
    return seen


def test_a_break_in_the_middle_costs_no_byte(desk: Page, film: Path) -> None:
    seen = breaking(desk, passing=2, broken=2)
    desk.get_by_label("Video").set_input_files(film)
    told = desk.locator("[data-upload-told]")
    expect(told).to_contain_text("What was sent is safe", timeout=30_000)
    # Sent while it waits: the form goes by itself once the file is there.
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.locator("#taken")).to_have_text("影片 final.mp4", timeout=90_000)
    expect(desk.locator("#taken")).to_have_attribute("data-sha256", hashlib.sha256(film.read_bytes()).hexdigest())
    assert seen[:2] == ["PATCH", "PATCH"]
    assert "HEAD" in seen
    assert Upload.objects.get().state == "taken"


def test_after_a_reload_the_same_file_goes_on_where_it_was(desk: Page, film: Path) -> None:
    breaking(desk, passing=2, broken=10_000)
    desk.get_by_label("Video").set_input_files(film)
    expect(desk.locator("[data-upload-told]")).to_contain_text("What was sent is safe", timeout=30_000)
    held = Upload.objects.get().offset
    assert 0 < held < BYTES
    desk.unroute_all()
    desk.reload()
    expect(desk.locator("[data-upload-told]")).to_contain_text("Unfinished: 影片 final.mp4", timeout=30_000)
    desk.get_by_label("Video").set_input_files(film)
    expect(desk.locator("[data-upload-told]")).to_contain_text("has arrived whole", timeout=90_000)
    upload = Upload.objects.get()
    assert (upload.state, upload.sha256) == ("complete", hashlib.sha256(film.read_bytes()).hexdigest())
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.locator("#taken")).to_be_visible(timeout=30_000)


def test_cancelling_deletes_what_was_sent(desk: Page, film: Path) -> None:
    breaking(desk, passing=1, broken=10_000)
    desk.get_by_label("Video").set_input_files(film)
    expect(desk.locator("[data-upload-told]")).to_contain_text("What was sent is safe", timeout=30_000)
    with desk.expect_response(lambda answer: answer.request.method == "DELETE"):
        desk.get_by_role("button", name="Cancel").click()
    expect(desk.locator("[data-upload-told]")).to_contain_text("has been deleted")
    assert not Upload.objects.exists()
    assert not list(files.folder().glob("*.part"))


def test_what_is_refused_is_said_in_words(desk: Page, tmp_path: Path, settings: Any) -> None:
    settings.UPLOAD_QUOTA = 1000
    paper = tmp_path / "deck.pdf"
    paper.write_bytes(b"x" * 2000)
    told = desk.locator("[data-upload-told]")
    desk.get_by_label("Video").set_input_files(paper)
    expect(told).to_contain_text("your share of 1,000 bytes", timeout=30_000)
    empty = tmp_path / "empty.pdf"
    empty.touch()
    desk.get_by_label("Video").set_input_files(empty)
    expect(told).to_contain_text("This file is empty")


def test_a_form_that_comes_back_keeps_its_file(desk: Page, film: Path) -> None:
    desk.get_by_label("Video").set_input_files(film)
    desk.get_by_label("Something else").check()
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.locator(".errorlist")).to_be_visible(timeout=90_000)
    expect(desk.locator("[data-upload-told]")).to_contain_text("has arrived whole")
    desk.get_by_role("button", name="Hand in").click()
    expect(desk.locator("#taken")).to_have_attribute("data-sha256", hashlib.sha256(film.read_bytes()).hexdigest())


def test_without_script_the_form_posts_the_file(
    desk: Page, browser: Any, live_server: Any, client: Any, tmp_path: Path
) -> None:
    paper = tmp_path / "deck.pdf"
    paper.write_bytes(b"%PDF-1.7 small")
    context = browser.new_context(java_script_enabled=False)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": str(live_server.url)}
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{live_server.url}/en/parcel/")
    page.get_by_label("Video").set_input_files(paper)
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator("#taken")).to_have_attribute("data-sha256", hashlib.sha256(paper.read_bytes()).hexdigest())
    context.close()


@pytest.mark.parametrize("language", ["en", "zh-hant"])
def test_the_field_has_no_barrier_and_fits_a_small_screen(
    desk: Page, live_server: Any, film: Path, language: str
) -> None:
    desk.goto(f"{live_server.url}/{language}/parcel/")
    breaking(desk, passing=2, broken=10_000)
    desk.get_by_label("Video").set_input_files(film)
    expect(desk.locator("[data-upload-figures]")).to_contain_text("MB", timeout=30_000)
    folder = os.environ.get("DATAFERRY_SHOTS")
    for width in (1280, 360):
        desk.set_viewport_size({"width": width, "height": 740})
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
        if folder:
            desk.screenshot(path=Path(folder) / f"upload-{language}-{width}.png")
    assert violations(desk) == []
