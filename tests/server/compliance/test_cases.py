"""Promise: a clearance rests on evidence, an independent finding and an officer's decision, and says so in digests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dataferry.server import journal
from dataferry.server.journal import clock
from server.compliance.clearing import House, make_house, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(registered: Any) -> House:
    return make_house(registered)


def whole() -> None:
    """Every state is told by the journal alone."""
    findings = journal.replay(journal.selected()).findings
    assert [finding for finding in findings if "compliance_case" in str(finding.data["object"])] == []


def test_a_case_from_opening_to_clearance(house: House) -> None:

    case = house.opened()
    states = dict(case.machine_evidence.values_list("kind", "state"))
    assert states == {"licence": "clear", "privacy": "clear", "border": "clear", "quality": "clear", "lineage": "clear"}
    assert case.items.get(code="tradability-privacy").state == "evidenced"
    assert case.items.get(code="source-shared").state == "open"
    whole()
    case.delete if False else None


def test_clearance_holds_until_it_is_ended(house: House) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.evidence import digest_of
    from dataferry.server.compliance.queries.clearances import in_force

    clearance = house.cleared()
    document = clearance.document
    assert clearance.digest == digest_of(document)
    assert document["release"]["digest"] == house.release.digest
    assert {row["state"] for row in document["items"]} == {"satisfied"}
    assert set(document["machine"]) == {"licence", "privacy", "border", "quality", "lineage"}
    assert in_force(house.release, house.supplier.merchant) == clearance
    assert in_force(house.release, house.assessor.merchant) is None
    with clock.standing_at(clock.now() + timedelta(days=366)):
        assert in_force(house.release) is None
    cases.end_clearance(house.officer, clearance, "A source was withdrawn.")
    assert in_force(house.release) is None
    with refused("server.compliance.clearance_ended_already"):
        cases.end_clearance(house.officer, clearance, "Again.")
    ended = journal.selected(acts=["compliance.clearance_ended"]).get()
    assert ended.object == clearance.reference
    assert "withdrawn" not in str(ended.payload)
    whole()
