"""Promise: the exporter asks, the officer reads the articles and signs; strangers find nothing there."""

from __future__ import annotations

from typing import Any

import pytest

from server.built_examples import register
from server.compliance.test_border import OUTRIGHT, approve, count, propose
from server.market import Party
from server.persons import make_person

pytestmark = pytest.mark.django_db


def test_from_the_question_to_the_signature(client: Any, shanghai: Party, officer: Any) -> None:
    release = register("ev-trips-by-cell-and-hour")
    client.force_login(shanghai.manager)
    address = f"/zh-hant/compliance/border/ask/{release.product.slug}/{release.version}/"
    assert client.get(address).status_code == 200
    sent = {"exporter": shanghai.merchant.number, "recipient": "hong-kong", **OUTRIGHT}
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.content.decode()
    shown = client.get(answer["Location"]).content.decode()
    assert "第十六" in shown or "GEO-05" in shown
    assert 'value="sign"' not in shown, "nobody signs their own"
    client.force_login(officer)
    desk = client.get("/en/compliance/border/").content.decode()
    assert "Waiting for your signature" in desk
    assert "B-" in desk
    refused = client.post(answer["Location"], {"do": "sign", "outcome": "free", "note": ""})
    assert refused.status_code == 200
    signed = client.post(answer["Location"], {"do": "sign", "outcome": "free", "note": "Cells of a kilometre."})
    assert signed.status_code == 302
    assert 'value="withdraw"' in client.get(answer["Location"]).content.decode()


def test_strangers_find_nothing(client: Any, shanghai: Party, officer: Any) -> None:
    decision = propose(shanghai, register("ev-trips-by-cell-and-hour"))
    second = make_person("second@example.org", "compliance-officer", city="shanghai")
    approval = approve(officer, second, shanghai, 100)
    pages = (
        f"/en/compliance/border/decisions/{decision.number}/",
        f"/en/compliance/border/approvals/{approval.number}/",
        f"/en/compliance/border/ledgers/{shanghai.merchant.number}/",
    )
    for page in pages:
        assert client.get(page).status_code == 302, "sign in first"
    client.force_login(make_person("stranger@example.org"))
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]
    assert decision.number not in client.get("/en/compliance/border/").content.decode()
    client.force_login(shanghai.manager)
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    assert client.post(pages[1], {"do": "end", "reason": "mine"}).status_code in (200, 403)
    approval.refresh_from_db()
    assert approval.state == "in_force"


def test_the_ledger_shows_people_and_thresholds_and_the_approval_is_worked_with(
    client: Any,
    shanghai: Party,
    officer: Any,
) -> None:
    count(shanghai, "agreement:A-2026-0001", range(60))
    client.force_login(officer)
    ledger = client.get(f"/en/compliance/border/ledgers/{shanghai.merchant.number}/").content.decode()
    told = "60 people so far; the threshold of 100,000 is "
    assert f'role="img" aria-label="{told}' in ledger, "what is drawn is said too"
    assert "Security assessment first" in ledger, "what is due from the threshold on"
    assert "A-2026-0001" in ledger
    given = {
        "exporter": shanghai.merchant.number,
        "mechanism": "certification",
        "paper_number": "2026-17",
        "recipient": "hong-kong",
        "general_most": "100",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    }
    for wrong in (
        {"valid_until": "2025-01-01"},
        {"general_most": "-1"},
        {"mechanism": "gift"},
        {"paper_number": " "},
        {"mechanism": "standard-contract"},
        {"party": "M-2026-9999"},
    ):
        answer = client.post("/en/compliance/border/approvals/", {**given, **wrong})
        assert answer.status_code == 200, wrong
    answer = client.post("/en/compliance/border/approvals/", given)
    assert answer.status_code == 302, answer.content.decode()
    page = answer["Location"]
    assert "another officer" in client.get(page).content.decode()
    client.force_login(make_person("second@example.org", "compliance-officer", city="shanghai"))
    assert client.post(page, {"do": "confirm"}).status_code == 302
    assert client.post(page, {"do": "suspend", "reason": "Under review."}).status_code == 302
    assert client.post(page, {"do": "resume", "reason": "Reviewed."}).status_code == 302
    assert client.post(page, {"do": "burn", "reason": "x"}).status_code == 404
    assert "In force" in client.get(page).content.decode()
