"""Promise: supplier, assessor, officer, operator and buyer take a product over the exchange with a browser alone.

From the page of a release to the buyer's own tools, and to the end of the delivery; on the way their pages are clean
to axe, fit a phone, say nothing to the console, and lead from one to the next.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dataferry.server import journal
from dataferry.server.journal import clock
from server.looking import looked_at, pressed_by_keyboard, signed_in, too_wide
from server.trip import AGGREGATE, Trip

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TITLE = "Trips of electric vehicles in Shanghai"
PHONE = {"width": 360, "height": 800}


@pytest.fixture
def trip(transactional_db: None, store: Path, settings: Any) -> Trip:
    settings.EXCHANGE_BANK_DETAILS = "Shanghai Data Exchange, CNAPS 000000000000"
    return Trip.begin()


def test_four_people_and_an_operator(
    trip: Trip, signed_in: Any, work: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trip.release()
    supplier, officer, operator = (signed_in(each) for each in (trip.supplying, trip.officer, trip.operator))
    case = a_case_is_opened_answered_and_handed_in(trip, supplier, tmp_path)
    the_officer_signs_the_border(officer)
    case.refresh_from_db()
    the_assessor_finds(trip, signed_in(trip.assessing), case)
    the_officer_decides(officer)
    registration = the_product_is_registered(supplier, operator)
    with everywhere_at(monkeypatch, registration.notice_until):
        operator.reload()
        operator.get_by_role("button", name="Certify").click()
        expect(operator.get_by_text("Certified").first).to_be_visible()
    registration.refresh_from_db()
    trip.handed_in(registration)
    the_operator_lists(operator)
    the_supplier_names_a_price(supplier)
    a_visitor_reads_it_in_three_languages(signed_in(None, 360))
    buyer = signed_in(trip.buying)
    the_two_agree(buyer, supplier)
    the_operator_confirms_the_payment(buyer, operator)
    journal.catch_up()
    work()
    the_buyer_loads(buyer, tmp_path)
    the_supplier_ends_it(supplier, buyer)
    assert journal.replay(journal.events()).findings == []


@contextmanager
def everywhere_at(monkeypatch: pytest.MonkeyPatch, instant: datetime) -> Iterator[None]:
    """The clock stands for the server's threads too, which inherit nothing from the test's."""
    with monkeypatch.context() as patch:
        patch.setattr(clock, "_standing", ContextVar("clock", default=instant))
        yield


def a_case_is_opened_answered_and_handed_in(trip: Trip, page: Page, folder: Path) -> Any:
    """From the page of the release; the border question on the way; one answer by hand with its file."""
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import ComplianceCase

    page.goto(f"/en/products/{AGGREGATE}/1.0.0/")
    page.get_by_role("link", name="Open a compliance case").click()
    page.get_by_label("Hong Kong").check()
    page.get_by_role("button", name="Open the case").click()
    address = page.url
    page.get_by_role("link", name="Ask whether it may cross to Hong Kong.").click()
    page.get_by_label("Important data").select_option("no")
    page.get_by_label("No cell holds a military or government site").select_option("yes")
    page.get_by_label("vehicles", exact=True).check()
    page.get_by_label("In what activity the data arose").select_option("transport")
    looked_at(page, "border-ask-1280")
    page.get_by_role("button", name="Ask the rules").click()
    expect(page.get_by_text("A person must decide")).to_be_visible()
    expect(page.get_by_role("button", name="Sign")).to_have_count(0)
    page.goto(address)
    page.get_by_role("link", name="items that are open").click()
    page.get_by_label("Your statement").fill("Sums by cell and hour for the planners of Hong Kong.")
    (folder / "statement.txt").write_text("What is offered, to whom, for what.", encoding="utf-8")
    page.get_by_label("A file that shows it", exact=True).set_input_files(folder / "statement.txt")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("link", name="statement.txt")).to_be_visible()
    case = ComplianceCase.objects.get()
    for item in case.items.filter(state="open"):
        cases.answer_item(trip.supplying, item, f"About {item.code}: as the papers show.", item.revision)
    page.goto(address)
    looked_at(page, "case-1280")
    page.set_viewport_size(PHONE)
    looked_at(page, "case-360")
    page.get_by_role("button", name="Hand in for assessment").click()
    expect(page.get_by_text("Handed in. The assessor is told.")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    return case


def the_officer_signs_the_border(page: Page) -> None:
    """Found at the border desk, without knowing any number."""
    page.goto("/en/compliance/border/")
    looked_at(page, "border-desk-1280")
    page.get_by_role("link", name="B-").first.click()
    page.get_by_role("link", name="To the signature").click()
    page.get_by_label("Outcome that you sign").select_option(label="Free to cross")
    page.get_by_label("Why").first.fill("Cells of a kilometre and an hour, ten vehicles at least.")
    looked_at(page, "border-decision-1280")
    pressed_by_keyboard(page, "Sign")
    expect(page.get_by_text("An officer signed this.")).to_be_visible()
    page.set_viewport_size(PHONE)
    page.goto(page.url.replace("/en/", "/zh-hant/"))
    looked_at(page, "border-decision-zh-hant-360")
    page.set_viewport_size({"width": 1280, "height": 900})


def the_assessor_finds(trip: Trip, page: Page, case: Any) -> None:
    from dataferry.server.compliance.actions import cases

    page.goto("/en/compliance/cases/")
    page.get_by_role("link", name=TITLE).first.click()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Take over what the machine sees clear").click()
    page.get_by_role("link", name="items that wait").click()
    page.get_by_label("Satisfied", exact=True).check()
    page.get_by_role("button", name="Save and go on").click()
    for item in case.items.filter(state="evidenced"):
        cases.find_item(trip.assessing, item, "satisfied", "")
    page.goto(f"/en/compliance/cases/{case.number}/")
    page.get_by_label("Finding on the whole").fill("Examined; in order.")
    page.get_by_role("button", name="Sign the finding").click()
    expect(page.get_by_text("Assessed. The compliance officers are told.")).to_be_visible()


def the_officer_decides(page: Page) -> None:
    page.goto("/en/compliance/desk/")
    page.get_by_role("link", name=TITLE).first.click()
    page.get_by_label("Passed", exact=True).check()
    page.get_by_label("Reason").first.fill("The findings hold.")
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_role("link", name="Clearance K-").first).to_be_visible()


def the_product_is_registered(supplier: Page, operator: Page) -> Any:
    from dataferry.server.exchange.models import Registration

    supplier.goto(f"/en/products/{AGGREGATE}/1.0.0/")
    looked_at(supplier, "release-1280")
    supplier.get_by_role("link", name="Register the product").click()
    supplier.get_by_label("Produced").check()
    supplier.get_by_label("Right to hold the data").check()
    supplier.get_by_label("On what they rest (English)").fill("Made by us.")
    pressed_by_keyboard(supplier, "Begin")
    supplier.get_by_role("button", name="Hand it in").click()
    operator.goto("/en/exchange/desk/")
    operator.get_by_role("link", name=TITLE).first.click()
    operator.get_by_role("button", name="Put it on public notice for three days").click()
    expect(operator.get_by_text("On public notice.").first).to_be_visible()
    return Registration.objects.get()


def the_operator_lists(page: Page) -> None:
    page.goto("/en/exchange/desk/")
    looked_at(page, "registrars-desk-1280")
    page.get_by_role("link", name=TITLE).first.click()
    page.get_by_role("button", name="Put it on the list").click()
    expect(page.get_by_text("The product is on the list").first).to_be_visible()


def the_supplier_names_a_price(page: Page) -> None:
    """A plan, a policy, and the offer of the two: reached from one's own products, on a phone."""
    page.set_viewport_size(PHONE)
    page.goto("/en/exchange/")
    page.get_by_role("link", name="My products").click()
    looked_at(page, "my-products-360")
    page.locator("#listings ~ ul").get_by_role("link", name=TITLE).click()
    page.locator("a", has_text="Prices and policies").click()
    page.locator("summary", has_text="Add a plan").click()
    adding = page.locator("form", has=page.get_by_role("button", name="Add the plan"))
    adding.get_by_label("Code").fill("year")
    adding.get_by_label("Kind").select_option("period")
    adding.get_by_label("Currency").select_option("HKD")
    adding.get_by_label("Price", exact=True).fill("1200.01")
    adding.get_by_label("Days of a period or trial").fill("365")
    adding.get_by_role("button", name="Add the plan").click()
    page.locator("summary", has_text="Add a policy").click()
    adding = page.locator("form", has=page.get_by_role("button", name="Add the policy"))
    adding.get_by_label("Code").fill("city")
    adding.get_by_label("Public services and planning").check()
    adding.get_by_label("Hong Kong").check()
    page.get_by_role("button", name="Add the policy").click()
    page.locator("summary", has_text="Open an offer").click()
    page.get_by_label("Open to negotiation").check()
    page.get_by_role("button", name="Open the offer").click()
    expect(page.get_by_role("link", name="1,200.01")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 900})


def a_visitor_reads_it_in_three_languages(page: Page) -> None:
    page.goto("/en/exchange/")
    product = page.get_by_role("link", name=TITLE).first.get_attribute("href") or ""
    parts = (product.removeprefix("/en/"), "exchange/registrations/", "merchants/", "compliance/checklist/")
    for language, tag in {"en": "en", "zh-hant": "zh-Hant-HK", "zh-hans": "zh-Hans-CN"}.items():
        for part in parts:
            answer = page.goto(f"/{language}/{part}")
            assert answer is not None
            assert answer.status == 200, part
            assert page.locator("html").get_attribute("lang") == tag
            assert not too_wide(page), part


def the_two_agree(buyer: Page, supplier: Page) -> None:
    """Found in the marketplace, bargained once, signed by both."""
    buyer.goto("/en/exchange/")
    buyer.get_by_label("Search products for sale").fill("electric vehicles")
    buyer.wait_for_url("**q=electric**")
    looked_at(buyer, "market-1280")
    buyer.get_by_role("link", name=TITLE).first.click()
    looked_at(buyer, "listing-1280")
    buyer.set_viewport_size(PHONE)
    buyer.goto(buyer.url.replace("/en/", "/zh-hant/"))
    looked_at(buyer, "listing-zh-hant-360")
    buyer.set_viewport_size({"width": 1280, "height": 900})
    buyer.goto(buyer.url.replace("/zh-hant/", "/en/"))
    buyer.get_by_role("link", name="1,200.01").click()
    asking = buyer.locator("form", has=buyer.get_by_role("button", name="Ask", exact=True))
    asking.get_by_label("Due first, in the currency of the plan").fill("900.00")
    asking.get_by_role("button", name="Ask", exact=True).click()
    supplier.goto("/en/exchange/trade/")
    supplier.locator("#bargains-title ~ ul").get_by_role("link").first.click()
    supplier.get_by_role("button", name="Say yes to these terms").click()
    supplier.get_by_role("button", name="Sign these terms").click()
    buyer.goto("/en/exchange/trade/")
    buyer.get_by_role("link", name=TITLE).first.click()
    buyer.get_by_role("button", name="Sign these terms").click()


def the_operator_confirms_the_payment(buyer: Page, operator: Page) -> None:
    buyer.get_by_role("link", name="900.00").first.click()
    buyer.get_by_role("button", name="Bank transfer").click()
    expect(buyer.get_by_text("CNAPS").first).to_be_visible()
    operator.goto("/en/exchange/desk/money/")
    operator.get_by_role("link", name="900.00").click()
    operator.get_by_label("The bank's reference").fill("HSBC-2026-11-22-0017")
    operator.get_by_label("Amount that came in").fill("900.00")
    operator.get_by_role("button", name="Confirm").click()
    expect(operator.get_by_text("Done.").first).to_be_visible()


def the_buyer_loads(page: Page, folder: Path) -> None:
    """A key, the profile file, how to load it, the table itself, what was used."""
    page.goto("/en/exchange/")
    page.get_by_role("link", name="My data").click()
    looked_at(page, "my-data-1280")
    page.locator("main ul.rows").get_by_role("link").first.click()
    page.get_by_label("Name of the key").fill("Notebook of the planners")
    pressed_by_keyboard(page, "Make the key")
    with page.expect_download() as profile:
        page.get_by_role("button", name="Save the profile file").click()
    profile.value.save_as(folder / "bought.share")
    told = json.loads((folder / "bought.share").read_text(encoding="utf-8"))
    assert told["endpoint"].endswith("/delta-sharing")
    expect(page.get_by_text("load_as_pandas").first).to_be_visible()
    assert told["bearerToken"] in page.content(), "shown this once"
    page.goto(page.url)
    assert told["bearerToken"] not in page.content()
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV").click()
    assert Path(table.value.path()).read_bytes().startswith(b'"cell"')
    looked_at(page, "entitlement-1280")
    page.goto(f"{page.url}usage/")
    expect(page.get_by_text("39").first).to_be_visible()
    page.set_viewport_size(PHONE)
    looked_at(page, "usage-360")


def the_supplier_ends_it(supplier: Page, buyer: Page) -> None:
    supplier.goto("/en/delivery/")
    supplier.locator("main ul.rows").get_by_role("link").first.click()
    supplier.get_by_label("Reason").fill("The source was withdrawn.")
    supplier.get_by_role("button", name="Revoke for good").click()
    buyer.goto("/en/delivery/")
    buyer.locator("main ul.rows").get_by_role("link").first.click()
    expect(buyer.get_by_text("Delivery is over.").first).to_be_visible()
    expect(buyer.get_by_text("The source was withdrawn.").first).to_be_visible()
    looked_at(buyer, "revoked-360")
