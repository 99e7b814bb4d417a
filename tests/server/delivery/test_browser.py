"""Promise: in a real browser a buyer makes a key and downloads, the supplier stops it; pages are clean and fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server.delivery.house import deliver
from server.looking import looked_at, signed_in

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_buyer_and_a_supplier(transactional_db: None, home: Path, signed_in: Any, release_folder: Path) -> None:
    from dataferry.server.workshop.actions import register_release

    columns = ["city", "district", "chargers", "geometry"]
    policy = {"columns": columns, "rows": {"city": ["shanghai"]}, "calls_a_day": 50}
    sale = deliver(register_release(release_folder), policy=policy)
    page = signed_in(sale.buyer.manager, 1280)
    page.goto("/en/delivery/")
    looked_at(page, "delivery-mine-1280")
    page.locator("main ul.rows").get_by_role("link").first.click()
    page.get_by_label("Name of the key").fill("Notebook of the analysts")
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("heading", name="The key is ready")).to_be_visible()
    with page.expect_download() as profile:
        page.get_by_role("button", name="Save the profile file").click()
    assert profile.value.suggested_filename == f"{sale.entitlement.share}.share"
    looked_at(page, "delivery-key-1280")
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV").click()
    assert Path(table.value.path()).read_bytes().startswith(b'"city"')
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"/zh-hant/delivery/{sale.entitlement.number}/")
    looked_at(page, "delivery-entitlement-360")
    page.goto(f"/en/delivery/{sale.entitlement.number}/usage/")
    expect(page.get_by_text("Downloads")).to_be_visible()
    looked_at(page, "delivery-usage-360")

    other = signed_in(sale.supplier.manager, 1280)
    other.goto(f"/en/delivery/{sale.entitlement.number}/")
    other.get_by_label("Reason").fill("The invoice was not paid.")
    other.get_by_role("button", name="Suspend").click()
    expect(other.get_by_text("Delivery is suspended. Both parties get a notice.")).to_be_visible()
    looked_at(other, "delivery-stopped-1280")
