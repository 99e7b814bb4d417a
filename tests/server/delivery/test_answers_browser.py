"""Promise: in a real browser a buyer asks a question by keyboard alone, on a phone too, and keeps the answer as CSV."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server.delivery.test_answers import bought, described, service, sessions
from server.looking import looked_at, signed_in
from server.releases import make_release

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_buyer_asks(transactional_db: None, home: Path, signed_in: Any, tmp_path: Path) -> None:
    from dataferry.server.workshop.actions import register_release

    release = register_release(make_release(tmp_path / "sessions", rows=sessions(), changes=described()))
    sale = bought(*service(release))
    page = signed_in(sale.buyer.manager, 1280)
    page.goto(f"/en/delivery/{sale.entitlement.number}/")
    looked_at(page, "delivery-service-1280")
    page.get_by_role("button", name="Ask a question").click()
    page.get_by_label("Group by 1").focus()
    page.keyboard.type("note")
    page.get_by_label("Figure 2").focus()
    page.keyboard.type("Mean of energy")
    page.get_by_label("Value").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("groups are answered")).to_be_visible()
    looked_at(page, "delivery-ask-1280")
    with page.expect_download() as answer:
        page.get_by_role("button", name="save the answer").click()
    assert Path(answer.value.path()).read_bytes().startswith(b'"note","count","mean(energy)"')
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/zh-hans/delivery/{sale.entitlement.number}/ask/")
    page.locator("#id_column_1").select_option("energy")
    page.locator("#id_test_1").select_option("at_least")
    page.locator("#id_value_1").fill("1500")
    page.locator("form.ask button").first.click()
    expect(page.locator(".notice[role=status]")).to_be_visible()
    looked_at(page, "delivery-ask-too-few-360")
