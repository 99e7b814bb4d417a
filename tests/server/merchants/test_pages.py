"""Promise: everybody finds their own side of a merchant, strangers find nothing, and no query count grows with rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from server.market import make_merchant, make_organisation
from server.merchants.joining import PDF, applied, confirmed, in_state, operator, told_by_journal
from server.persons import make_person

pytestmark = pytest.mark.django_db


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_from_application_to_directory(home: Path) -> None:
    from dataferry.server.merchants.market_rules import rules_in_force
    from dataferry.server.merchants.models import Merchant

    organisation, manager = make_organisation("hong-kong")
    own, person = browser(manager), operator()
    desk = browser(person)
    assert reverse("merchants-apply", args=[organisation.slug]) in own.get(reverse("merchants-mine")).content.decode()
    address = reverse("merchants-apply", args=[organisation.slug])
    wrong = own.post(address, {"classes": ["buyer"], "place": "shanghai", "register_number": "123"})
    assert wrong.status_code == 422
    facts = {"critical": "no", "free_trade_zone": "no", "state_organ": "unknown", "website": "https://company.example"}
    sent = own.post(address, {"classes": ["buyer"], "place": "hong-kong", "register_number": "12345678", **facts})
    merchant = Merchant.objects.get()
    inside = reverse("merchants-application", args=[merchant.number])
    assert sent["Location"] == inside
    file = SimpleUploadedFile("licence.pdf", PDF, "application/pdf")
    assert own.post(inside, {"do": "paper", "kind": "licence", "file": file}).status_code == 302
    assert merchant.number in desk.get(reverse("merchants-desk")).content.decode()
    checks = {f"outcome_{code}": "holds" for code in confirmed(merchant)}
    assert desk.post(inside, {"do": "verify", "revision": "1", **checks}).status_code == 302
    assert rules_in_force().digest in own.get(inside).content.decode()
    assert own.post(inside, {"do": "sign", "digest": rules_in_force().digest}).status_code == 422
    assert own.post(inside, {"do": "sign", "digest": rules_in_force().digest, "agreed": "on"}).status_code == 302
    page = Client().get(reverse("merchants-merchant", args=[merchant.number])).content.decode()
    assert "https://company.example" in page
    assert 'rel="nofollow' in page
    told_by_journal()


def test_strangers_find_nothing_inside(home: Path) -> None:
    from dataferry.server.merchants import actions
    from server.merchants.joining import taken

    merchant, manager = applied()
    paper = actions.add_paper(manager, merchant, "licence", taken(home))
    inside = reverse("merchants-application", args=[merchant.number])
    file = reverse("merchants-paper", args=[merchant.number, paper.pk])
    for user in (
        make_person(),
        operator("shanghai"),
        make_person("", "administrator"),
        make_merchant("abroad").manager,
    ):
        for address in (inside, file, reverse("merchants-merchant", args=[merchant.number])):
            assert browser(user).get(address).status_code == 404
        assert browser(user).post(inside, {"do": "leave", "sure": "yes"}).status_code == 404
    assert Client().get(inside).status_code == 302
    assert browser(make_person()).get(reverse("merchants-desk")).status_code == 403
    got = browser(operator()).get(file)
    assert got["Content-Disposition"].startswith("attachment")
    assert got["Content-Type"] == "application/octet-stream"
    assert b"".join(got.streaming_content) == PDF


def test_acts_that_do_not_exist_or_are_not_theirs(db: None) -> None:
    merchant, manager, person = in_state("active")
    inside = reverse("merchants-application", args=[merchant.number])
    assert browser(manager).post(inside, {"do": "suspend", "reason": "me"}).status_code == 422
    assert browser(manager).post(inside, {"do": "explode"}).status_code == 404
    assert browser(manager).post(inside, {"do": "remove_paper", "number": "9" * 30}).status_code == 404
    assert browser(person).post(inside, {"do": "suspend", "reason": "Rules broken."}).status_code == 302
    assert "Rules broken." in browser(manager).get(inside).content.decode()
    assert Client().get(reverse("merchants-merchant", args=[merchant.number])).status_code == 404
    assert browser(manager).get(reverse("merchants-rules")).status_code == 200


def test_the_directory_is_filtered_and_its_queries_do_not_grow(db: None, django_assert_max_num_queries: Any) -> None:
    make_merchant("shanghai", "supplier", slug="plum")
    for _number in range(8):
        make_merchant("hong-kong", "buyer", "assessor")
    address = reverse("merchants-directory")
    with django_assert_max_num_queries(4):
        everybody = Client().get(address).content.decode()

    def shown(**asked: str) -> int:
        return Client().get(address, asked).content.decode().count("<li><div>")

    assert everybody.count("<li><div>") == 9
    assert shown(merchant_class="supplier") == 1
    assert shown(place="shanghai", words="plum") == 1
    assert shown(merchant_class="assessor", place="shanghai") == 0
    assert Client().get(address, {"words": "%' OR 1=1 \x00", "page": "x", "place": "<"}).status_code == 200
