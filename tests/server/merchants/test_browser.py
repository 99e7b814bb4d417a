"""Promise: applying, checking and signing go through in a browser alone; the pages are clean and fit a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server.looking import looked_at, signed_in
from server.market import make_merchant, make_organisation
from server.merchants.joining import PDF, operator

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_into_the_market(transactional_db: None, home: Path, signed_in: Any, tmp_path: Path) -> None:
    make_merchant("shanghai", "supplier", "delivery", slug="plum")
    _organisation, manager = make_organisation("hong-kong", "harbour")
    page = signed_in(manager, 1280)
    page.goto("/en/merchants/mine/")
    page.get_by_role("button", name="Apply").or_(page.get_by_role("link", name="Apply", exact=True)).first.click()
    page.get_by_label("Professional assessment").check()
    page.get_by_label("Where it is registered").select_option("hong-kong")
    page.get_by_label("Number in the company register").fill("12345678")
    page.get_by_label("About the company (English)").fill("We look at data for a living.")
    looked_at(page, "merchant-apply-1280")
    page.get_by_role("button", name="Apply").click()
    (tmp_path / "licence.pdf").write_bytes(PDF)
    page.get_by_label("The file", exact=True).set_input_files(tmp_path / "licence.pdf")
    page.get_by_role("button", name="Add the paper").click()
    expect(page.get_by_text("The paper is added.")).to_be_visible()
    looked_at(page, "merchant-applied-1280")
    address = page.url

    desk = signed_in(operator(), 360)
    desk.goto("/en/merchants/desk/")
    looked_at(desk, "merchant-desk-360")
    desk.goto(address)
    for each in desk.get_by_label("Finding").all():
        each.select_option("holds")
    looked_at(desk, "merchant-checks-360")
    desk.get_by_role("button", name="Verify the merchant").click()
    expect(desk.get_by_text("Verified. The merchant's managers")).to_be_visible()

    page.goto(address)
    page.get_by_label("I may sign for this merchant").check()
    looked_at(page, "merchant-sign-1280")
    page.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("This merchant trades.")).to_be_visible()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/en/merchants/")
        looked_at(page, f"merchant-directory-{width}")
    page.get_by_role("link", name="Company").first.click()
    looked_at(page, "merchant-public-360")
    page.goto("/zh-hant/merchants/rules/")
    looked_at(page, "merchant-rules-360")
