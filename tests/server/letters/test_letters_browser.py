"""In a browser: the operators' page of letters suits everybody, empty and full, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page

from dataferry.server import letters
from dataferry.server.letters.models import Letter
from server.barriers import violations
from server.letters.conftest import BODIES, TEXTS, MailServer
from server.persons import make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def shown(page: Page, address: str, name: str) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        assert violations(page, ()) == [], (name, width)
        assert page.evaluate("document.querySelector('main').scrollWidth") <= width
        if folder := os.environ.get("DATAFERRY_SHOTS"):
            page.screenshot(path=f"{folder}/{name}_{width}.png", full_page=True)


def test_the_page_is_for_everybody(
    transactional_db: None, live_server: Any, page: Page, settings: Any, mail: MailServer, work: Callable[..., int]
) -> None:
    client = Client()
    client.force_login(make_person("ops@example.org", "administrator"))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    shown(page, f"{live_server.url}/en/operations/letters/", "letters_empty")
    crowd = [make_person() for _ in range(6)]
    template = letters.Template(TEXTS, BODIES)
    letters.post_many([(user, {}) for user in crowd], campaign="2026:shortlist:hk", template=template, asked_by=None)
    letters.post_many([(crowd[0], {})], campaign="2026:reserves", template=template, asked_by=None)
    Letter.objects.filter(user__in=crowd[:2]).update(
        state="failed", failure="server.letters.refused", failure_data={"answer": "550 5.1.1"}, attempts=1
    )
    Letter.objects.filter(user=crowd[2]).update(state="sent")
    for language in ("en", "zh-hant"):
        shown(page, f"{live_server.url}/{language}/operations/letters/", f"letters_{language}")
