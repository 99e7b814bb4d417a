"""Promise: the machine says what it found and no more: unknown stays unknown, blocked stops a clearance."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dataferry.server.journal import clock
from server.compliance.clearing import CLEAR, GOOD_TERMS, House, make_house, refused, told_by_journal

pytestmark = pytest.mark.django_db


def states(house: House, *recipients: str) -> dict[str, str]:
    from dataferry.server.compliance.evidence import gather

    found = gather(house.release, house.supplier.merchant, recipients or ("hong-kong",))
    return {each.kind: each.state for each in found}


def test_an_old_release_is_unknown_not_harmless(registered: Any) -> None:
    bare = {"privacy": {"state": "unknown"}, "licence_verdict": {}, "quality": {}, "inputs": [], "evidence": {}}
    assert states(make_house(registered, bare)) == {
        "licence": "unknown",
        "privacy": "unknown",
        "border": "clear",
        "quality": "unknown",
        "lineage": "unknown",
    }


@pytest.mark.parametrize(
    ("wrong", "kind", "expected"),
    [
        ({"privacy": {"state": "blocked", "privacy_class": "sensitive-personal"}}, "privacy", "blocked"),
        ({"privacy": {"state": "harmless"}}, "privacy", "unknown"),
        ({"quality": {"state": "attention", "results": []}}, "quality", "attention"),
        ({"licence_verdict": {**GOOD_TERMS, "inputs": [{"input": "stops", "licence": "none"}]}}, "licence", "blocked"),
        ({"licence_verdict": {**GOOD_TERMS, "state": "blocked"}}, "licence", "blocked"),
        ({"licence_verdict": {**GOOD_TERMS, "inputs": [{"input": "stops"}]}}, "licence", "unknown"),
        ({"evidence": {"source": "clear"}}, "lineage", "unknown"),
    ],
)
def test_each_kind_takes_the_strictest_that_is_known(registered: Any, wrong: Any, kind: str, expected: str) -> None:
    assert states(make_house(registered, wrong))[kind] == expected


def test_files_that_are_not_the_ones_built_block(registered: Any, home: Path) -> None:
    house = make_house(registered)
    assert states(house)["lineage"] == "clear"
    data = home / house.release.folder / "data.parquet"
    data.write_bytes(data.read_bytes() + b" ")
    assert states(house)["lineage"] == "blocked"
    data.unlink()
    assert states(house)["lineage"] == "blocked"


def test_a_new_look_is_a_new_row_and_stops_the_decision(registered: Any, home: Path) -> None:
    from dataferry.server.compliance.actions import cases
    from dataferry.server.compliance.models import Clearance

    house = make_house(registered)
    case = house.assessed()
    data = home / house.release.folder / "data.parquet"
    whole = data.read_bytes()
    data.write_bytes(whole[:-1])
    with refused("server.compliance.evidence_blocked"):
        cases.decide_case(house.officer, case, "passed", "Fine.")
    assert [row.state for row in cases.gather_again(house.officer, case)] == ["blocked"]
    assert list(case.machine_evidence.filter(kind="lineage").values_list("state", flat=True)) == ["blocked", "clear"]
    data.write_bytes(whole)
    assert isinstance(cases.decide_case(house.officer, case, "passed", "Whole again."), Clearance)
    assert case.machine_evidence.filter(kind="lineage").count() == 3
    told_by_journal()


def test_what_the_machine_blocks_cannot_be_found_satisfied(registered: Any) -> None:
    from dataferry.server.compliance.actions import cases

    house = make_house(registered, {"privacy": {"state": "blocked", "privacy_class": "personal"}})
    case = house.submitted()
    item = case.items.get(code="tradability-privacy")
    for state in ("satisfied", "condition", "not_applicable"):
        with refused("server.compliance.machine_blocks"):
            cases.find_item(house.finder, item, state, "All the same.")
    cases.find_item(house.finder, item, "not_satisfied", "It names people.")


def sign(house: House, outcome: str, until: date | None = None) -> Any:
    """A border decision as a signed one lies in the table."""
    from django.db import transaction

    from dataferry.server import journal
    from dataferry.server.compliance.models import BorderDecision
    from dataferry.server.compliance.states import DECISION

    with transaction.atomic():
        decision = BorderDecision.objects.create(
            number=journal.next_number("B", clock.now()),
            release=house.release,
            exporter=house.supplier.merchant,
            recipient="shanghai",
            facts={},
            document={},
            digest="sha256:" + "2" * 64,
            rules_version="test",
            outcome=outcome,
            decided_on=clock.now().date(),
            valid_until=until,
            drafted_at=clock.now(),
        )
        DECISION.begin(decision, "system", "compliance.decision_drafted")
        if until is not None:
            decision.signed_outcome, decision.signed_at = outcome, clock.now()
            DECISION.move(decision, "signed", "system", "compliance.decision_signed", {}, "signed_outcome", "signed_at")
    return decision


def test_a_border_needs_a_signed_decision(registered: Any) -> None:
    from dataferry.server.compliance.actions import cases

    house = make_house(registered)
    assert states(house, "hong-kong", "shanghai")["border"] == "unknown"
    case = house.assessed("hong-kong", "shanghai")
    with refused("server.compliance.border_unsigned") as caught:
        cases.decide_case(house.officer, case, "passed", "Fine.")
    assert caught.value.data["places"] == "shanghai"
    sign(house, "free")
    with refused("server.compliance.border_unsigned"):
        cases.decide_case(house.officer, case, "passed", "Fine.")
    until = (clock.now() + timedelta(days=30)).date()
    signed = sign(house, "free", until)
    clearance = cases.decide_case(house.officer, case, "passed", "Signed now.")
    assert clearance is not None
    assert clearance.valid_until == until
    newest = case.machine_evidence.filter(kind="border").first()
    assert newest.document["ways"][1]["digest"] == signed.digest


def test_a_blocked_border_stops(registered: Any) -> None:
    house = make_house(registered)
    soon = (clock.now() + timedelta(days=30)).date()
    sign(house, "contract-or-certification", soon)
    assert states(house, "shanghai")["border"] == "attention"
    sign(house, "blocked", soon)
    assert states(house, "shanghai")["border"] == "blocked"


def test_the_same_evidence_has_the_same_digest(registered: Any) -> None:
    from dataferry.server.compliance.evidence import gather

    house = make_house(registered)
    one, two = (gather(house.release, house.supplier.merchant, ["hong-kong", "abroad"]) for _ in range(2))
    assert [each.digest for each in one] == [each.digest for each in two]
    changed = copy.deepcopy(CLEAR["inputs"])
    changed[0]["publisher"] = "Somebody else"
    house.release.document["inputs"] = changed
    three = gather(house.release, house.supplier.merchant, ["hong-kong", "abroad"])
    assert [a.kind for a, b in zip(one, three, strict=True) if a.digest != b.digest] == ["lineage"]
