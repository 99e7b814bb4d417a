"""In a real browser, under the strict policy: a passkey is added and signs in; pages are accessible on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dataferry.server.people import Role, actions
from dataferry.server.people.models import Membership
from server.barriers import violations
from server.persons import PASSWORD, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

OUTSIDE = ("login/", "signup/", "password/reset/")
INSIDE = ("", "profile/", "organisations/", "organisations/office/", "tokens/", "email/", "password/change/", "2fa/",
          "2fa/webauthn/", "2fa/recovery-codes/", "sessions/", "data/", "administration/roles/",
          "administration/organisations/")  # fmt: skip


@pytest.fixture
def quiet_page(page: Page) -> Iterator[Page]:
    """A page that must not complain to the console nor reach outside, with a device that holds passkeys."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    assert complaints == []


def accessible(page: Page) -> None:
    assert violations(page) == [], page.url
    wide = page.evaluate("document.querySelector('main').scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than the phone"


def test_a_passkey_is_added_and_signs_in(quiet_page: Page, live_server: Any, home: Path) -> None:
    user = make_person("mei@example.org", Role.ADMINISTRATOR)
    office = actions.create_organisation(user, {"en": "Harbour Office"}, "office", "hong-kong")
    Membership.objects.create(organisation=office, user=make_person())
    actions.issue_token(user, "a laptop with a rather long name", ["publish"], 30)
    page, account = quiet_page, f"{live_server.url}/en/account/"
    page.set_viewport_size({"width": 360, "height": 780})
    for path in OUTSIDE:
        page.goto(account + path)
        accessible(page)

    page.goto(account + "login/?next=/en/account/2fa/webauthn/add/")
    page.get_by_label("E-mail address").fill("mei@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    accessible(page)
    page.get_by_label("Also sign in without a password").check()
    page.get_by_role("button", name="Add the passkey").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    for path in INSIDE:
        page.goto(account + path)
        accessible(page)

    page.goto(account)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    page.goto(account + "login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(account)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
