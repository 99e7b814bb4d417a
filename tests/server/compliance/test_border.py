"""Promise: nothing crosses the border without a named officer's signature under a decision that still holds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal
from dataferry.server.journal import clock
from server.built_examples import register
from server.market import Party, make_merchant
from server.persons import make_person

pytestmark = pytest.mark.django_db

OUTRIGHT = {"important_data": "no", "guarded_sites_removed": "yes", "domains": ["vehicle"], "activity": "transport"}


def propose(party: Party, release: Any, recipient: str = "hong-kong", **stated: Any) -> Any:
    from dataferry.server.compliance.actions.border import propose

    return propose(party.manager, release, party.merchant, recipient, {**OUTRIGHT, **stated})


def sign(officer: Any, decision: Any, outcome: str, note: str = "Read, compared, agreed.") -> Any:
    from dataferry.server.compliance.actions.border import sign_decision

    return sign_decision(officer, decision, outcome, note)


def allowed(release: Any, exporter: Party, recipient: Party) -> Any:
    from dataferry.server.compliance.queries.border import may_deliver

    return may_deliver(release, exporter.merchant, recipient.merchant)


def test_raw_tracks_of_shanghai_are_blocked_with_their_articles(
    shanghai: Party, hong_kong: Party, officer: Any
) -> None:
    release = register("ev-raw-tracks")
    decision = propose(shanghai, release)
    assert decision.outcome == "blocked"
    fired = {reason["rule"]: reason for reason in decision.document["reasons"]}
    assert {"EV-01", "GEO-01", "GEO-02"} <= set(fired)
    assert all(reason["article"]["zh-Hans"] and reason["words"]["zh-Hant"] for reason in fired.values())
    with pytest.raises(RefusedError) as refused:
        sign(officer, decision, "free")
    assert refused.value.code == "server.compliance.freer_than_rules"
    assert allowed(release, shanghai, hong_kong).code == "no_signed_decision"
    sign(officer, decision, "blocked")
    assert allowed(release, shanghai, hong_kong).code == "blocked"


def test_the_aggregate_by_cell_and_hour_goes_to_an_officer_and_may_cross_then(
    shanghai: Party, hong_kong: Party, officer: Any
) -> None:
    release = register("ev-trips-by-cell-and-hour")
    decision = propose(shanghai, release)
    assert decision.outcome == "needs-human", decision.document["missing"]
    assert not allowed(release, shanghai, hong_kong).allowed
    sign(officer, decision, "free", "Cells of 1 km and an hour, ten vehicles at least, no guarded sites.")
    assert allowed(release, shanghai, hong_kong).code == "clear"
    assert journal.replay(journal.events()).holds


def test_a_decision_about_an_exporter_that_came_back_as_another_opens_nothing(
    shanghai: Party, hong_kong: Party, officer: Any
) -> None:
    from dataferry.server.merchants.models import Merchant

    release = register("ev-trips-by-cell-and-hour")
    sign(officer, propose(shanghai, release), "free", "Cells of 1 km and an hour.")
    assert allowed(release, shanghai, hong_kong).code == "clear"
    before = Merchant.objects.values("critical", "place").get(pk=shanghai.merchant.pk)
    for changed in ({"critical": "yes"}, {"place": "mainland"}):
        # As `merchants.actions.apply_again` and a new verification leave it.
        Merchant.objects.filter(pk=shanghai.merchant.pk).update(**{**before, **changed})
        shanghai.merchant.refresh_from_db()
        assert allowed(release, shanghai, hong_kong).code == "exporter_changed"


def test_nobody_signs_for_their_own_house_or_another_city(shanghai: Party, officer: Any) -> None:
    from dataferry.server.people.models import Membership

    decision = propose(shanghai, register("ev-trips-by-cell-and-hour"))
    for person in (
        make_person("elsewhere@example.org", "compliance-officer", city="hong-kong"),
        make_person("operator@example.org", "exchange-operator"),
        shanghai.manager,
    ):
        with pytest.raises(RefusedError):
            sign(person, decision, "free")
    own = make_person("own@example.org", "compliance-officer", city="shanghai")
    Membership.objects.create(organisation=shanghai.organisation, user=own)
    with pytest.raises(RefusedError):
        sign(own, decision, "free")
    with pytest.raises(InputError) as needed:
        sign(officer, decision, "free", "  ")
    assert needed.value.code == "server.compliance.note_needed"


def test_a_decision_is_replayed_under_the_rules_of_its_day(shanghai: Party, officer: Any) -> None:
    from dataferry.server.compliance.actions.border import replay_decision
    from server.guards import without_triggers

    decision = propose(shanghai, register("ev-trips-by-cell-and-hour"))
    assert replay_decision(decision) == []
    with without_triggers():
        type(decision).objects.filter(pk=decision.pk).update(outcome="free")
    decision.refresh_from_db()
    assert [finding.data["field"] for finding in replay_decision(decision)] == ["outcome"]


def test_what_stays_on_its_side_needs_no_decision(shanghai: Party, hong_kong: Party) -> None:
    release = register("ev-trips-by-cell-and-hour")
    other = make_merchant("mainland", "buyer")
    assert allowed(release, shanghai, other).code == "no_border"
    with pytest.raises(RefusedError) as refused:
        propose(shanghai, release, "gba")
    assert refused.value.code == "server.compliance.no_border_there"


def test_the_house_does_not_let_people_state_what_it_knows(shanghai: Party) -> None:
    release = register("ev-raw-tracks")
    with pytest.raises(InputError) as refused:
        propose(shanghai, release, has_pi="no")
    assert refused.value.code == "server.compliance.fact_not_yours"
    decision = propose(shanghai, release, contents=["charging-operation"])
    assert {"charging-operation", "coordinates", "vehicle-track"} <= set(decision.facts["contents"])


def test_a_decision_lapses_and_can_be_taken_back(shanghai: Party, hong_kong: Party, officer: Any) -> None:
    from dataferry.server.compliance.actions.border import lapse_decisions, withdraw_decision

    release = register("ev-trips-by-cell-and-hour")
    decision = sign(officer, propose(shanghai, release), "free")
    withdraw_decision(officer, decision, "A cell holds a guarded site.")
    assert allowed(release, shanghai, hong_kong).code == "no_signed_decision"
    later = sign(officer, propose(shanghai, release), "free")
    if later.valid_until is not None:
        with clock.standing_at(datetime(later.valid_until.year + 1, 1, 2, tzinfo=UTC)):
            assert lapse_decisions() == 1
    assert journal.replay(journal.events()).holds


def test_a_decision_taken_back_does_not_bring_back_the_freer_one_before_it(
    shanghai: Party, hong_kong: Party, officer: Any
) -> None:
    from dataferry.server.compliance.actions.border import withdraw_decision

    release = register("ev-trips-by-cell-and-hour")
    sign(officer, propose(shanghai, release), "free")
    assert allowed(release, shanghai, hong_kong).allowed
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        stricter = sign(officer, propose(shanghai, release), "blocked")
        withdraw_decision(officer, stricter, "It is decided anew.")
        assert allowed(release, shanghai, hong_kong).code == "no_signed_decision"


def approve(
    officer: Any, other: Any, party: Party, most: int | None, mechanism: str = "certification", to: Any = None
) -> Any:
    from dataferry.server.compliance.actions.approvals import confirm_approval, record_approval

    today = clock.now().date()
    approval = record_approval(
        officer,
        party.merchant,
        mechanism=mechanism,
        paper_number="沪网信备 2026-17",
        recipient="hong-kong",
        party=to,
        general_most=most,
        valid_from=date(today.year, 1, 1),
        valid_until=date(today.year, 12, 31),
    )
    return confirm_approval(other, approval)


def count(party: Party, cause: str, people: range) -> Any:
    from django.db import transaction

    from dataferry.server.compliance.actions.heads import count_people

    with transaction.atomic():
        return count_people(
            party.merchant, cause, "sha256:" + "1" * 64, (f"person {n}" for n in people), sensitive=False
        )


def test_people_count_once_a_year_and_a_passed_meter_suspends_the_approval(shanghai: Party, officer: Any) -> None:
    from dataferry.server.compliance.queries.heads import counts_of

    other = make_person("second@example.org", "compliance-officer", city="shanghai")
    approval = approve(officer, other, shanghai, 150)
    assert count(shanghai, "agreement:A-2026-0001", range(100)).high == 100
    assert count(shanghai, "agreement:A-2026-0001", range(100, 200)).high == 100, "a cause counts once"
    assert count(shanghai, "agreement:A-2026-0002", range(50, 150)).high == 150, "people, not rows"
    approval.refresh_from_db()
    assert approval.state == "in_force"
    assert count(shanghai, "agreement:A-2026-0003", range(150, 151)).high == 151
    approval.refresh_from_db()
    assert (approval.state, approval.reason) == ("suspended", "meter_exceeded")
    year = clock.now().year
    assert counts_of(shanghai.merchant, year).general == 151
    assert counts_of(shanghai.merchant, year + 1).general == 0
    assert journal.replay(journal.events()).holds


def test_one_officer_records_and_another_confirms(shanghai: Party, officer: Any) -> None:
    from dataferry.server.compliance.actions.approvals import confirm_approval, resume_approval, suspend_approval
    from dataferry.server.compliance.models import ExportApproval

    with pytest.raises(RefusedError) as refused:
        approve(officer, officer, shanghai, 10)
    assert refused.value.code == "server.compliance.second_officer"
    approval, other = (
        ExportApproval.objects.get(),
        make_person("second@example.org", "compliance-officer", city="shanghai"),
    )
    with pytest.raises(RefusedError) as refused:
        resume_approval(officer, approval, "No second officer is in the house today.")
    assert refused.value.code == "server.compliance.approval_elsewhere"
    suspend_approval(other, confirm_approval(other, approval), "The paper is looked at again.")
    with pytest.raises(RefusedError) as refused:
        confirm_approval(other, approval)
    assert refused.value.code == "server.compliance.approval_elsewhere"
    assert resume_approval(officer, approval, "It holds.").state == "in_force"


def test_a_signed_decision_is_outgrown_by_the_people_counted_since(
    shanghai: Party, hong_kong: Party, officer: Any
) -> None:
    """Under 100,000 people it was free; one more, and the same facts need a standard contract or a certification."""
    from dataferry.server.compliance.models import BorderDecision
    from dataferry.server.compliance.queries import border as asked

    facts = {
        "exporter_place": "shanghai",
        "recipient_place": "hong-kong",
        "direction": "shanghai-to-hong-kong",
        "exporter_ciio": "no",
        "exporter_state_organ": "no",
        "exporter_people_held": 10,
        "has_pi": "yes",
        "has_sensitive_pi": "no",
        "important_data": "no",
        "people_general": 60_000,
        "people_sensitive": 0,
        "origin": "shanghai",
        "mixed": "no",
        "domains": ["other"],
        "contents": ["other"],
        "basis": "other",
        "anonymised": "no",
        "list_status": "not-covered",
        "sector": "other",
        "activity": "other",
        "source_terms": "none",
        "approval": "none",
        "exporter_ftz": "no",
    }
    decided = asked.decide(
        asked.Facts.parse({**facts, "people_general_so_far": 0, "people_sensitive_so_far": 0}), on=clock.now().date()
    )
    assert decided.outcome == "free", (decided.fired, decided.missing)
    release = register("ev-trips-by-cell-and-hour")
    decision = propose(shanghai, release)
    signed = BorderDecision.objects.create(
        **{
            field: getattr(decision, field)
            for field in ("release", "exporter", "recipient", "decided_on", "drafted_at")
        },
        number="B-2026-9999",
        facts=facts,
        document=decided.document(),
        digest=decided.digest,
        rules_version=decided.rules_version,
        outcome="free",
        signed_outcome="free",
        state="signed",
        signed_at=clock.now(),
    )
    assert allowed(release, shanghai, hong_kong).decision == signed
    assert allowed(release, shanghai, hong_kong).code == "clear"
    count(shanghai, "agreement:A-2026-0001", range(40_000))
    verdict = allowed(release, shanghai, hong_kong)
    assert verdict.code == "decision_outgrown"
    type(signed).objects.filter(pk=signed.pk).update(signed_outcome="contract-or-certification")
    assert allowed(release, shanghai, hong_kong).code == "no_approval"
    other = make_person("second@example.org", "compliance-officer", city="shanghai")
    approve(officer, other, shanghai, 200_000, "standard-contract", hong_kong.merchant)
    assert allowed(release, shanghai, hong_kong).code == "clear"
    rival = make_merchant("hong-kong", "buyer")
    assert allowed(release, shanghai, rival).code == "no_approval", "a standard contract is with one recipient"


def test_what_the_screening_hints_at_is_a_fact(shanghai: Party) -> None:
    from dataferry.products.border_facts import privacy_of

    release = register("ev-trips-by-cell-and-hour")
    report = {**release.document["privacy"]["report"], "findings": [{"code": "x", "data": {"rule": "EV-04"}}]}
    release.document["privacy"] = {"privacy_class": "possibly-important", "report": report}
    facts = privacy_of(release.document)
    assert "charging-operation" in facts["contents"]
    assert "has_pi" not in facts, "unknown stays unknown"
