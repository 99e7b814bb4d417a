"""Promise: supplier, assessor and officer each find their side of a case, strangers nothing; files are downloads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from server.compliance.clearing import PDF, House, make_house, taken, told_by_journal
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(registered: Any) -> House:
    return make_house(registered)


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_case_in_the_browser_from_opening_to_clearance(house: House) -> None:
    from dataferry.server.compliance.models import Clearance, ComplianceCase

    supplier, assessor, officer = (browser(user) for user in (house.supplier.manager, house.finder, house.officer))
    opening = reverse("compliance-open", args=["traded", "1.0.0"])
    assert supplier.post(opening, {"supplier": house.supplier.merchant.number}).status_code == 422
    supplier.post(opening, {"supplier": house.supplier.merchant.number, "recipients": ["hong-kong"]})
    case = ComplianceCase.objects.get()
    page, report = (reverse(name, args=[case.number]) for name in ("compliance-case", "compliance-report"))
    assert assessor.get(page).status_code == 404
    assert 'id="evidence-privacy"' in supplier.get(page).content.decode()
    for row in case.items.filter(state="open"):
        item = reverse("compliance-item", args=[case.number, row.code])
        said = supplier.post(item, {"do": "answer", "revision": row.revision, "statement": f"<b>{row.code}</b>"})
        assert said.status_code == 302
    file = SimpleUploadedFile("x.pdf", PDF, "application/pdf")
    first = reverse("compliance-item", args=[case.number, "general-scope"])
    general = case.items.get(code="general-scope")
    both = {"do": "answer", "revision": general.revision, "statement": general.statement, "file": file}
    assert supplier.post(first, both)["Location"] == first
    assert supplier.post(first, {**both, "revision": 1}).status_code == 422
    assert "&lt;b&gt;general-scope" in supplier.get(first).content.decode()
    assert supplier.post(page, {"do": "submit", "assessor": house.assessor.merchant.number}).status_code == 302
    assert case.number in assessor.get(reverse("compliance-cases")).content.decode()
    assessor.post(page, {"do": "find_clear"})
    for row in case.items.filter(state="evidenced"):
        item = reverse("compliance-item", args=[case.number, row.code])
        found = {"do": "find", "revision": row.revision, "state": "satisfied", "finding": ""}
        assert assessor.post(item, found).status_code == 302
    assert assessor.post(page, {"do": "assess", "finding": "All well.", "conditions": "\n"}).status_code == 302
    assert case.number in officer.get(reverse("compliance-desk")).content.decode()
    assert officer.post(page, {"do": "decide", "outcome": "passed", "reason": "So it is."}).status_code == 302
    clearance = Clearance.objects.get()
    for client in (supplier, assessor, officer):
        text = client.get(report).content.decode()
        assert clearance.digest in text
        assert "All well." in text
    paper = officer.get(reverse("compliance-clearance-document", args=[clearance.number]))
    assert json.loads(paper.content) == clearance.document
    end = reverse("compliance-clearance", args=[clearance.number])
    assert supplier.post(end, {"reason": "Mine."}).status_code == 422
    assert officer.post(end, {"reason": "Over."}).status_code == 302
    assert "Over." in supplier.get(end).content.decode()
    told_by_journal()


def test_strangers_find_nothing(house: House) -> None:
    clearance = house.cleared()
    case = clearance.case
    item = case.items.get(code="general-scope")
    addresses = [
        reverse("compliance-case", args=[case.number]),
        reverse("compliance-report", args=[case.number]),
        reverse("compliance-item", args=[case.number, item.code]),
        reverse("compliance-clearance", args=[clearance.number]),
        reverse("compliance-clearance-document", args=[clearance.number]),
    ]
    strangers = (
        make_person(),
        make_person("", "assessor"),
        make_person("", "compliance-officer", city="shanghai"),
        make_person("", "administrator"),
        house.assessor.manager,
    )
    for user in strangers:
        client = browser(user)
        for address in addresses:
            assert client.get(address).status_code == 404, (user, address)
        assert client.post(addresses[0], {"do": "withdraw", "sure": "yes"}).status_code == 404
        assert case.number not in client.get(reverse("compliance-cases")).content.decode()
    assert browser(make_person()).get(reverse("compliance-desk")).status_code == 403
    assert Client().get(addresses[0]).status_code == 302
    assert Client().get(reverse("compliance-checklist")).status_code == 200


def test_files_are_downloads_for_those_of_the_case(house: House, home: Path) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.opened()
    text = b"<script>alert(1)</script>\n"
    item = case.items.get(code="general-scope")
    kept = cases.add_evidence(house.supplier.manager, item, taken(home, text, "<b>.html"))
    address = reverse("compliance-evidence", args=[case.number, kept.pk])
    got = browser(house.officer).get(address)
    assert b"".join(got.streaming_content) == text
    assert got["Content-Type"] == "application/octet-stream"
    assert got["Content-Disposition"] == f'attachment; filename="{case.number}-evidence-{kept.pk}.txt"'
    assert "private" in got["Cache-Control"]
    assert browser(house.finder).get(address).status_code == 404
    other = make_house_case(house)
    assert browser(house.officer).get(reverse("compliance-evidence", args=[other.number, kept.pk])).status_code == 404


def make_house_case(house: House) -> Any:
    """A second case of the same supplier, of another release."""
    from dataferry.server.compliance.actions import cases
    from dataferry.server.workshop.models import Release

    release = Release.objects.create(
        product=house.release.product,
        version="2.0.0",
        digest=house.release.digest,
        folder=house.release.folder,
        document=house.release.document,
    )
    return cases.open_case(house.supplier.manager, release, house.supplier.merchant, ["hong-kong"])


def test_what_a_form_may_not_say(house: House) -> None:
    case = house.submitted()
    page = reverse("compliance-case", args=[case.number])
    item = reverse("compliance-item", args=[case.number, "gate-harm"])
    supplier, assessor = browser(house.supplier.manager), browser(house.finder)
    assert supplier.post(page, {"do": "assess", "finding": "Mine is fine."}).status_code == 422
    assert supplier.post(page, {"do": "explode"}).status_code == 404
    assert supplier.post(page, {"do": "withdraw"}).status_code == 302
    assert assessor.post(item, {"do": "find", "revision": "1", "state": "condition", "finding": "x"}).status_code == 422
    assert assessor.post(item, {"do": "find", "revision": "x", "state": "satisfied"}).status_code == 422
    assert assessor.post(page, {"do": "request", "items": ["no-such"], "reason": "x"}).status_code == 422
    assert assessor.get(reverse("compliance-item", args=[case.number, "no-such"])).status_code == 404
    case.refresh_from_db()
    assert case.state == "submitted"


def test_queries_do_not_grow_with_files_or_cases(house: House, home: Path, django_assert_max_num_queries: Any) -> None:
    from dataferry.server.compliance.actions import cases

    case = house.opened()
    for item in case.items.all()[:12]:
        cases.add_evidence(house.supplier.manager, item, taken(home, f"{item.code}\n".encode(), "x.txt"))
    client = browser(house.supplier.manager)
    with django_assert_max_num_queries(24):
        assert client.get(reverse("compliance-case", args=[case.number])).status_code == 200
    make_house_case(house)
    with django_assert_max_num_queries(16):
        assert client.get(reverse("compliance-cases")).content.decode().count("<li><div>") == 2
