"""Promise: supplier, assessor and officer do their part of a case in a browser; the pages are clean and fit a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from server.compliance.clearing import PDF, make_house
from server.looking import looked_at, signed_in

__all__ = ["signed_in"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_case(transactional_db: None, registered: Any, signed_in: Any, tmp_path: Path) -> None:
    house = make_house(registered, {"privacy": {"state": "unknown"}})
    page = signed_in(house.supplier.manager, 1280)
    page.goto("/en/compliance/open/traded/1.0.0/")
    page.get_by_label("Hong Kong").check()
    looked_at(page, "case-open-1280")
    page.get_by_role("button", name="Open the case").click()
    expect(page.get_by_text("What the machine can say is in it already.")).to_be_visible()
    looked_at(page, "case-opened-1280")
    case = page.url
    page.get_by_role("link", name="What is offered, to whom, for what").click()
    page.get_by_label("Your statement").fill("Air quality by district and hour, for insurers in Hong Kong.")
    (tmp_path / "product.pdf").write_bytes(PDF)
    page.get_by_label("A file that shows it", exact=True).set_input_files(tmp_path / "product.pdf")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("link", name="product.pdf")).to_be_visible()
    looked_at(page, "case-item-1280")
    page.set_viewport_size({"width": 360, "height": 900})
    looked_at(page, "case-item-360")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1, name="Who hands this in may act")).to_be_visible()
    answer_the_rest(house)
    page.goto(case)
    page.get_by_role("button", name="Hand in for assessment").click()
    expect(page.get_by_text("Handed in. The assessor is told.")).to_be_visible()
    looked_at(page, "case-submitted-360")

    page = signed_in(house.finder, 1280)
    page.goto("/en/compliance/cases/")
    looked_at(page, "case-list-1280")
    page.goto(case)
    page.get_by_role("button", name="Take over what the machine sees clear").click()
    page.get_by_role("link", name="Gate: no harm").click()
    page.get_by_label("Satisfied", exact=True).check()
    looked_at(page, "case-find-1280")
    page.get_by_role("button", name="Save and go on").click()
    find_the_rest(house)
    page.goto(case)
    page.get_by_label("Finding on the whole").fill("Everything holds.")
    looked_at(page, "case-assess-1280")
    page.get_by_role("button", name="Sign the finding").click()

    page = signed_in(house.officer, 360)
    page.goto("/en/compliance/desk/")
    looked_at(page, "case-desk-360")
    page.goto(case)
    page.get_by_label("Reason").fill("Nothing identifies people: districts and hours only.")
    looked_at(page, "case-decide-360")
    page.get_by_role("button", name="Sign the decision").click()
    page.get_by_role("link", name="Clearance K-").first.click()
    looked_at(page, "clearance-360")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(case + "report/")
    looked_at(page, "case-report-1280")
    page.goto("/zh-hans/compliance/checklist/")
    looked_at(page, "checklist-1280")


def answer_the_rest(house: Any) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import ComplianceCase

    for item in ComplianceCase.objects.get().items.filter(state="open"):
        cases.answer_item(house.supplier.manager, item, "As it should be.", item.revision)


def find_the_rest(house: Any) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import ComplianceCase

    for item in ComplianceCase.objects.get().items.filter(state="evidenced"):
        cases.find_item(house.finder, item, "satisfied", "")
