"""Promise: whose data crosses is counted before the first byte, once, and nothing leaves past what was approved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dataferry.server import journal
from dataferry.server.compliance.actions.border import propose, sign_decision, withdraw_decision
from dataferry.server.compliance.models import HeadEntry
from dataferry.server.delivery.actions.preparing import bring_all_into_line
from dataferry.server.delivery.models import FirstDelivery, MeterEvent
from dataferry.server.journal import clock
from dataferry.server.workshop.actions import register_release
from server.compliance.test_border import OUTRIGHT, approve
from server.delivery.house import Delivered, bearer, deliver
from server.persons import make_person
from server.releases import hexagons, make_release

pytestmark = pytest.mark.django_db
PERSONAL = {
    "privacy": {
        "state": "attention",
        "privacy_class": "personal",
        "report": {"privacy_class": "personal", "subjects": {"column": "district", "kind": "person", "distinct": 34}},
    }
}


@pytest.fixture(scope="module")
def personal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release about 34 people, 16 of them in Shanghai."""
    return make_release(tmp_path_factory.mktemp("border") / "personal", changes=PERSONAL)


def crossing(folder: Path, most: int) -> tuple[Delivered, Any, Any]:
    """A sale from Shanghai to Hong Kong, with a signed decision and an approval for so many people."""
    sale = deliver(
        register_release(folder),
        places=("shanghai", "hong-kong"),
        policy={"columns": ["city"], "rows": {"city": ["shanghai"]}},
    )
    officers = [make_person("", "compliance-officer", city="shanghai") for _ in range(2)]
    facts = {**OUTRIGHT, "domains": [], "exporter_people_held": 34}
    decision = propose(sale.supplier.manager, sale.agreement.release, sale.supplier.merchant, "hong-kong", facts)
    assert decision.outcome != "blocked", decision.document
    sign_decision(officers[0], decision, "contract-or-certification", "Read, compared, agreed.")
    journal.catch_up()
    assert sale.again().reason == "border"
    approve(officers[0], officers[1], sale.supplier, most)
    journal.catch_up()
    assert sale.again().state == "granted"
    return sale, decision, officers[0]


def rows(sale: Delivered) -> Any:
    return Client().get(f"/delivery/rows/{sale.entitlement.share}", **bearer(sale.key("rows")[1]))


def test_people_of_the_rows_are_counted_once_for_an_agreement_and_release(personal: Path) -> None:
    sale, decision, officer = crossing(personal, 100)
    assert HeadEntry.objects.count() == 0
    for _ in range(2):
        answer = rows(sale)
        assert answer.status_code == 200, answer.content
    entry = HeadEntry.objects.get()
    assert (entry.cause, entry.people) == (sale.agreement.reference, 16)
    assert FirstDelivery.objects.get().people == 16
    withdraw_decision(officer, decision, "A source was misread.")
    journal.catch_up()
    assert (sale.again().state, sale.again().reason) == ("suspended", "border")
    assert rows(sale).status_code == 403
    assert journal.replay(journal.selected()).holds


def test_in_a_new_year_its_ledger_counts_the_people_anew(personal: Path) -> None:
    old, new = (datetime(year, 1, 10, tzinfo=UTC) for year in (2026, 2027))
    with clock.standing_at(old):
        sale, _decision, officer = crossing(personal, 100)
        assert rows(sale).status_code == 200
    with clock.standing_at(new):
        facts = {**OUTRIGHT, "domains": [], "exporter_people_held": 34}
        again = propose(sale.supplier.manager, sale.agreement.release, sale.supplier.merchant, "hong-kong", facts)
        sign_decision(officer, again, "contract-or-certification", "Read again.")
        approve(officer, make_person("", "compliance-officer", city="shanghai"), sale.supplier, 100)
        bring_all_into_line()
        for _ in range(2):
            answer = rows(sale)
            assert answer.status_code == 200, answer.content
    assert list(HeadEntry.objects.order_by("pk").values_list("ledger__year", "people")) == [(2026, 16), (2027, 16)]
    assert FirstDelivery.objects.count() == 1


def test_nothing_leaves_past_what_was_approved(personal: Path) -> None:
    sale, _decision, _officer = crossing(personal, 15)
    answer = rows(sale)
    assert (answer.status_code, answer.json()["code"]) == (403, "server.delivery.border")
    assert MeterEvent.objects.count() == 0
    journal.catch_up()
    assert sale.again().state == "suspended"


def test_where_nothing_tells_people_apart_every_row_is_a_person(tmp_path: Path) -> None:
    report = {"privacy_class": "personal", "subjects": None}
    privacy = {"state": "attention", "privacy_class": "personal", "report": report}
    sale, _decision, _officer = crossing(make_release(tmp_path / "release", changes={"privacy": privacy}), 100)
    assert rows(sale).status_code == 200
    assert HeadEntry.objects.get().people == FirstDelivery.objects.get().people == len(rows(sale).json()["items"])


def test_rows_that_name_nobody_are_about_somebody_each(tmp_path: Path) -> None:
    places = hexagons()
    for number, row in enumerate([row for row in places if row["city"] == "shanghai"][:3]):
        row["district"] = " " * number
    sale, _decision, _officer = crossing(make_release(tmp_path / "unnamed", rows=places, changes=PERSONAL), 20)
    assert rows(sale).status_code == 200
    assert HeadEntry.objects.get().people == 16


def test_without_a_signed_decision_nothing_crosses(personal: Path) -> None:
    sale = deliver(register_release(personal), places=("shanghai", "hong-kong"))
    assert (sale.again().state, sale.again().reason) == ("suspended", "border")
    assert rows(sale).json()["code"] == "server.delivery.entitlement_suspended"
    assert HeadEntry.objects.count() == 0
