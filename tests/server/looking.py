"""How tests look at pages in a real Chromium: signed in as somebody, clean to axe, no wider than the window, silent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

from server.barriers import opened, violations

HARMLESS = (
    "403 (Forbidden)",
    "404 (Not Found)",
    "409 (Conflict)",
    "410 (Gone)",
    "422 (Unprocessable",
    "GL Driver Message",
)
"""What Chromium itself says: of answers that are asked for on purpose (410: an upload that was taken up, looked for
once more), and its advice on how to draw faster."""


@pytest.fixture
def signed_in(browser: Browser, live_server: Any) -> Iterator[Any]:
    """Opens a page in a browser of its own for a person; None is a visitor.

    Whatever any of them wrote to the console, such as a breach of the content security policy, fails the test.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_as(person: Any, width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, base_url=str(live_server.url))
        if person is not None:
            client = Client()
            client.force_login(person, backend="dataferry.server.people.backends.NameOrEmail")
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": str(live_server.url)}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_as
    for context in contexts:
        context.close()
    if told := [text for text in complaints if not any(each in text for each in HARMLESS)]:
        pytest.fail("\n".join(told))


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to say, nothing wider than the window; kept as a picture where somebody wants to look."""
    if shots := os.environ.get("DATAFERRY_SHOTS"):
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)
    opened(page)
    found = violations(page)
    assert found == [], f"{name}: {found}"
    assert not too_wide(page), f"{name} is wider than the window"


def pressed_by_keyboard(page: Page, name: str, most: int = 80) -> None:
    """From the top of the content to a button by Tab alone, then Enter."""
    page.locator("#main").focus()
    for _press in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(document.activeElement.textContent || '').trim()") == name:
            return page.keyboard.press("Enter")
    pytest.fail(f"{name} is not reached by {most} presses of Tab")
