"""In a real browser: a product is made from a dataset to its publication by keyboard, and no page complains."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from dataferry.server.workshop import actions
from dataferry.server.workshop.models import Draft
from server.barriers import opened, violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SMALL = {"width": 360, "height": 740}
Work = Callable[[], list[str]]


def sign_in(context: BrowserContext, user: Any, address: str) -> None:
    """Give the browser a session of this person."""
    client = Client()
    client.force_login(user)
    name = site_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


@pytest.fixture
def quiet_page(page: Page, ann: Any, live_server: Any) -> Iterator[Page]:
    """Ann's page, which must not complain: no error, no warning, no refusal by the policy, no outside request."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda r: complaints.append(r.url) if "//localhost" not in r.url and r.url[:4] == "http" else None
    )
    sign_in(page.context, ann, live_server.url)
    yield page
    # Chromium says so of every page that answers 409, which is what a conflict is.
    assert [text for text in complaints if "409 (Conflict)" not in text] == []


def barriers(page: Page) -> list[Any]:
    """What axe-core finds, with everything that can be opened open."""
    opened(page)
    return violations(page)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_from_a_dataset_to_a_published_release_by_keyboard(
    quiet_page: Page, snapshot: Any, live_server: Any, work: Work
) -> None:
    page = quiet_page
    page.goto(f"{live_server.url}/en/workshop/new/")
    page.get_by_label("Stops").check()
    page.get_by_role("button", name="Start", exact=True).click()
    editor = page.get_by_label("Recipe, one query in SQL")
    names = page.get_by_role("listbox")

    # A mistake is told at its line.
    editor.fill("SELECT s.stop,\n  s.distrct\nFROM stops AS s\n")
    page.get_by_role("button", name="Check").click()
    told = page.get_by_role("link", name="recipe.sql, line 2")
    expect(told).to_be_visible()
    expect(page.locator(".editor-gutter .wrong")).to_have_text("2")
    expect(editor).to_have_attribute("aria-invalid", "true")
    assert barriers(page) == []
    told.press("Enter")
    expect(editor).to_be_focused()
    assert editor.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == "s.distrct"

    # The right name is chosen from the list, without the mouse.
    page.keyboard.type("s.di")
    expect(names.get_by_role("option")).to_have_count(1)
    expect(editor).not_to_have_attribute("aria-activedescendant", "recipe-names-0")
    page.keyboard.press("ArrowDown")
    expect(editor).to_have_attribute("aria-activedescendant", "recipe-names-0")
    page.keyboard.press("Enter")
    expect(names).to_be_hidden()
    assert editor.input_value() == "SELECT s.stop,\n  s.district\nFROM stops AS s\n"
    page.keyboard.type(", ")
    page.keyboard.press("Control+Space")
    expect(names).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(names).to_be_hidden()
    page.keyboard.type("upp")
    page.keyboard.press("Control+Space")
    page.keyboard.press("Enter")
    page.keyboard.type("s.stop) AS code, s.lines")

    # The rows, then product.yaml gets the columns.
    page.keyboard.press("Control+Enter")
    expect(page.locator("#results table tbody tr")).to_have_count(4, timeout=30_000)
    expect(page.locator(".editor-gutter .wrong")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    page.get_by_role("link", name="Description").click()
    page.get_by_role("button", name="Suggest columns from the recipe").click()
    expect(page.get_by_label("product.yaml")).to_have_value(re.compile("name: code"), timeout=30_000)

    # Build, look, publish.
    page.get_by_role("button", name="Build a release").click()
    expect(page.locator(".job")).to_be_visible()
    assert barriers(page) == []
    assert work() == ["done"]
    expect(page.get_by_role("link", name="Publish it")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Publish it").click()
    assert barriers(page) == []
    page.get_by_label("I have looked at the evidence").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("is published: everybody can see it.")).to_be_visible()


def test_tab_leaves_the_editor_and_undo_knows_what_was_chosen(quiet_page: Page, draft: Draft, live_server: Any) -> None:
    page = quiet_page
    page.goto(f"{live_server.url}/en/workshop/drafts/{draft.slug}/")
    editor = page.get_by_label("Recipe, one query in SQL")
    editor.fill("SELECT dis FROM stops")
    editor.evaluate("e => { e.focus(); e.setSelectionRange(10, 10); }")
    page.keyboard.press("Control+Space")
    page.keyboard.press("Enter")
    assert editor.input_value() == "SELECT district FROM stops"
    page.keyboard.press("Control+z")
    assert editor.input_value() == "SELECT dis FROM stops"
    page.keyboard.press("Tab")
    expect(editor).not_to_be_focused()
    editor.fill("SELECT 'dis")
    page.keyboard.press("Control+Space")
    expect(page.get_by_role("listbox")).to_be_hidden()
    # What is offered and painted is text, never markup.
    editor.fill("SELECT '<img src=x onerror=alert(1)>' -- <b>")
    assert page.locator(".editor img, .editor b").count() == 0
    page.once("dialog", lambda dialog: dialog.accept())
    page.close(run_before_unload=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_barrier_and_fit_a_small_screen(
    quiet_page: Page, draft: Draft, live_server: Any, scheme: Any
) -> None:
    page = quiet_page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(SMALL)
    base = f"/workshop/drafts/{draft.slug}/"
    parts = ("", "inputs/", "description/", "builds/", "sharing/")
    for path in ("/workshop/", "/workshop/new/", *(base + part for part in parts)):
        page.goto(f"{live_server.url}/zh-hant{path}")
        assert fits(page), path
        assert barriers(page) == [], path


def test_a_conflict_shows_both_texts_without_barriers(
    quiet_page: Page, draft: Draft, live_server: Any, ann: Any
) -> None:
    page = quiet_page
    page.set_viewport_size(SMALL)
    page.goto(f"{live_server.url}/en/workshop/drafts/{draft.slug}/")
    actions.save_draft(ann, draft, draft.manifest, draft.recipe + "-- from elsewhere\n", draft.revision)
    page.get_by_label("Recipe, one query in SQL").fill("SELECT stop FROM stops")
    with page.expect_response(lambda answer: answer.status == 409):
        page.get_by_role("button", name="Save").click()
    expect(page.locator(".diff")).to_contain_text("-- from elsewhere")
    expect(page.get_by_label("Yours, to go on from")).to_have_value("SELECT stop FROM stops")
    assert fits(page)
    assert barriers(page) == []


def test_a_draft_is_written_without_script(browser: Any, draft: Draft, ann: Any, live_server: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, ann, live_server.url)
    page = context.new_page()
    page.goto(f"{live_server.url}/en/workshop/drafts/{draft.slug}/")
    page.get_by_label("Recipe, one query in SQL").fill("SELECT stop,\n  nothing\nFROM stops")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("link", name="recipe.sql, line 2")).to_be_visible()
    page.get_by_label("Recipe, one query in SQL").fill("SELECT stop FROM stops")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#results table tbody tr")).to_have_count(4)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved as revision 2.")).to_be_visible()
    context.close()
