"""Promise: the strictest certain rule wins, unknown never permits, thresholds are exact, a decision can be replayed."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.border import Decision, Facts, Outcome, decide

from .cases import (
    ASSESSED,
    CELLS,
    HOMEWARD,
    LISTED,
    NOW,
    PERSONAL,
    PLAIN,
    RELEASED,
    SENSITIVE,
    TRACKS,
    TRANSIT,
    agrees,
    decided,
    given_facts,
    without,
)

DAYS = st.sampled_from((NOW, date(2024, 6, 1), date(2025, 6, 1), date(2026, 1, 15)))
FREE, REPORT, CONTRACT = Outcome.FREE, Outcome.REPORT, Outcome.CONTRACT_OR_CERTIFICATION
ASSESSMENT, HUMAN, BLOCKED = Outcome.SECURITY_ASSESSMENT, Outcome.NEEDS_HUMAN, Outcome.BLOCKED
COUNTS = ("people_general", "people_sensitive", "people_general_so_far", "people_sensitive_so_far")
WORSE = {
    "exporter_ciio": "yes",
    "exporter_state_organ": "yes",
    "has_pi": "yes",
    "has_sensitive_pi": "yes",
    "important_data": "published",
    "mixed": "yes",
    "deoffset": "yes",
    "grain": "record",
    "guarded_sites_removed": "no",
    "release_form_confirmed": "no",
    "surveying_qualified": "no",
    "map_approval": "no",
    "within_approval": "no",
    "vehicle_guide_case": "assessment",
}
CONTENTS = ("vehicle-track", "charging-operation", "map", "video", "coordinates", "guarded-area", "vehicle-flow")


def no_more_permissive(after: Decision, before: Decision) -> bool:
    """The strictest that may turn out did not fall, and what could not cross still cannot."""
    return after.at_most.rank >= before.at_most.rank and (before.outcome.permits or not after.outcome.permits)


# ---- thresholds


@pytest.mark.parametrize(
    ("people", "outcome"),
    [(1, FREE), (99_999, FREE), (100_000, CONTRACT), (100_001, CONTRACT), (999_999, CONTRACT), (1_000_000, ASSESSMENT),
     (1_000_001, ASSESSMENT)],
)  # fmt: skip
@pytest.mark.parametrize("before", [0, 1])
def test_general_people_of_the_year_with_this_transfer(people: int, outcome: Outcome, before: int) -> None:
    found = decided(
        PERSONAL, people_general=max(people - before, 1), people_general_so_far=people - max(people - before, 1)
    )
    assert found.outcome is outcome


@pytest.mark.parametrize(
    ("people", "outcome"),
    [(1, CONTRACT), (2, CONTRACT), (9_999, CONTRACT), (10_000, ASSESSMENT), (10_001, ASSESSMENT)],
)
def test_sensitive_people_are_counted_apart(people: int, outcome: Outcome) -> None:
    assert decided(SENSITIVE, people_sensitive=people).outcome is outcome
    assert decided(SENSITIVE, people_sensitive=1, people_sensitive_so_far=people - 1).outcome is outcome
    assert decided(SENSITIVE, people_sensitive=people, people_general=99_999).outcome is outcome, "kinds are not added"


def test_no_people_at_all() -> None:
    assert decided(PLAIN, people_general=0, people_sensitive=0).fired == decided(PLAIN).fired
    assert decided(PERSONAL, people_sensitive=0).outcome is FREE


def test_a_distinct_count_of_the_whole_beats_the_sum() -> None:
    half = {**PERSONAL, "people_general": 60_000, "people_general_so_far": 60_000}
    assert decided(half).outcome is CONTRACT
    assert decided(half, people_general_after=99_999).outcome is FREE


@pytest.mark.parametrize("people", [100_000, 100_001])
def test_the_two_texts_on_vehicle_data_need_a_person(people: int) -> None:
    facts = {**PERSONAL, "domains": ["vehicle"], "vehicle_guide_case": "neither", "people_general": people}
    found = decided(facts)
    assert ("EV-06" in found.fired) == (people > 100_000)
    assert found.at_least is CONTRACT
    assert (found.outcome, found.at_most) == ((HUMAN, ASSESSMENT) if people > 100_000 else (CONTRACT, CONTRACT))
    before = decided(facts, date(2026, 2, 2))
    assert before.outcome is (ASSESSMENT if people > 100_000 else CONTRACT), "before the guide only one text spoke"


def test_a_question_never_hides_what_is_certain() -> None:
    facts = {**PERSONAL, "domains": ["vehicle"], "vehicle_guide_case": "neither", "people_general": 1_000_000}
    assert decided(facts).outcome is ASSESSMENT, "both readings of EV-06 come to no more"
    assert decided({**facts, "contents": ["charging-operation"]}).outcome is BLOCKED
    found = decided(without(SENSITIVE, "exporter_ciio"), people_general=200_000)
    assert (found.outcome, found.at_least, found.at_most) == (HUMAN, CONTRACT, ASSESSMENT)
    assert found.decisive == ("exporter_ciio",)


# ---- sector, list, general


@pytest.mark.parametrize("basis", ["contract", "hr", "emergency"])
def test_an_exemption_lifts_the_counts_and_nothing_stricter(basis: str) -> None:
    many = {**SENSITIVE, "people_sensitive": 20_000, "people_general": 2_000_000, "basis": basis}
    found = decided(many)
    assert found.outcome is FREE
    assert all(reason.lifted_by for reason in found.reasons if reason.rule in {"SH-04", "SH-05"})
    assert decided(many, important_data="notified").outcome is ASSESSMENT
    assert decided(many, exporter_ciio="yes").outcome is ASSESSMENT
    assert decided(many, exporter_state_organ="yes").outcome is ASSESSMENT
    assert decided({**many, **TRACKS, "has_pi": "yes", "basis": basis}).outcome is BLOCKED
    assert decided(many, basis="unknown").outcome is ASSESSMENT, "an exemption that is not shown lifts nothing"


def test_the_lists_of_shanghai_by_their_days() -> None:
    day_before, day_of, new = date(2025, 2, 7), date(2025, 2, 8), date(2026, 4, 24)
    assert decided(LISTED, day_before).outcome is CONTRACT
    assert decided(LISTED, day_of).outcome is REPORT
    outside_zone = {**LISTED, "exporter_ftz": "no"}
    assert decided(outside_zone, date(2026, 4, 23)).outcome is CONTRACT
    assert decided(outside_zone, new).outcome is REPORT, "the list of 2026 is of the whole city"
    assert decided({**LISTED, "sector": "weather"}, date(2026, 4, 23)).outcome is CONTRACT
    assert decided({**LISTED, "sector": "weather"}, new).outcome is REPORT
    inside = {**LISTED, "list_status": "inside"}
    assert decided(inside, list_mechanism="security-assessment").outcome is ASSESSMENT
    assert decided(inside).outcome is HUMAN
    assert decided(LISTED, exporter_ciio="yes").outcome is ASSESSMENT


def test_transit_is_exempt_until_mainland_data_joins() -> None:
    assert decided(TRANSIT).outcome is FREE
    assert decided(TRANSIT, mixed="yes").outcome is ASSESSMENT
    assert decided(TRANSIT, mixed="unknown").outcome is not FREE
    tracks_of_hong_kong = {**TRANSIT, "domains": ["vehicle"], "contents": ["vehicle-track"]}
    assert decided(tracks_of_hong_kong).outcome is FREE, "what was collected in Hong Kong is no Mainland survey"
    assert decided(tracks_of_hong_kong, mixed="yes").outcome is BLOCKED


@pytest.mark.parametrize("content", ["vehicle-track", "charging-operation"])
def test_shanghai_tracks_and_charging_data_are_blocked_until_aggregated(content: str) -> None:
    raw = {**TRACKS, "contents": [content]}
    assert decided(raw).outcome is BLOCKED
    cells = {**CELLS, "contents": [content], "vehicle_guide_case": "neither"}
    assert decided(cells).outcome is HUMAN
    assert decided({**RELEASED, "contents": [content]}).outcome is FREE
    for short in ({"cell_metres": 999}, {"step_minutes": 59}, {"smallest_cell": 9}, {"guarded_sites_removed": "no"},
                  {"area_unit": "point"}, {"grain": "record"}, {"smallest_cell": "unknown"}):  # fmt: skip
        assert decided({**RELEASED, "contents": [content], **short}).outcome is BLOCKED
    assert decided({**RELEASED, "contents": [content], "area_unit": "district", "cell_metres": 1}).outcome is FREE


def test_hong_kong_to_shanghai_is_free_with_duties() -> None:
    found = decided(HOMEWARD)
    assert found.outcome is FREE
    assert [reason.rule for reason in found.duties] == ["HK-02", "HK-03", "HK-05"]
    assert found.options == ("recommended-model-clauses",)


def test_ways_that_are_open_depend_on_the_day() -> None:
    assert decided(SENSITIVE, date(2025, 12, 31)).options == ("standard-contract",)
    assert set(decided(SENSITIVE, date(2026, 1, 1)).options) == {"standard-contract", "certification"}
    assert decided(PERSONAL).options == ()


@settings(max_examples=100, deadline=None)
@given(facts=given_facts(), on=DAYS, side=st.sampled_from(("exporter_place", "recipient_place")))
def test_the_bay_area_contract_is_never_offered_to_a_shanghai_party(facts: dict[str, Any], on: date, side: str) -> None:
    document = decided({**facts, side: "shanghai"}, on).document()
    assert "gba-standard-contract" not in document["options"]
    assert not [reason for reason in document["reasons"] if reason["offers"] == "gba-standard-contract"]
    assert "HK-04" not in document["fired"]


def test_the_bay_area_contract_is_offered_to_the_nine_cities() -> None:
    found = decided(HOMEWARD, direction="hong-kong-to-gba-city", recipient_place="gba-nine-cities")
    assert "gba-standard-contract" in found.options


# ---- properties


@settings(max_examples=100, deadline=None)
@given(facts=given_facts(), on=DAYS, data=st.data())
def test_never_more_permissive_with_a_fact_removed(facts: dict[str, Any], on: date, data: st.DataObject) -> None:
    before = decided(facts, on)
    gone = data.draw(st.sampled_from(sorted(name for name in facts if facts[name] != "unknown")))
    assert no_more_permissive(decided(without(facts, gone), on), before)


@settings(max_examples=100, deadline=None)
@given(facts=given_facts(), on=DAYS, data=st.data())
def test_never_more_permissive_with_a_bad_fact(facts: dict[str, Any], on: date, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(("contents", *(name for name in WORSE if name in facts))))
    old = facts.get(name, "unknown")
    if old == "unknown":
        return
    worse = {**facts, name: [*old, data.draw(st.sampled_from(CONTENTS))] if name == "contents" else WORSE[name]}
    if agrees(worse):
        assert no_more_permissive(decided(worse, on), decided(facts, on))


@settings(max_examples=100, deadline=None)
@given(facts=given_facts(), on=DAYS, name=st.sampled_from(COUNTS), more=st.sampled_from((1, 9_999, 100_000, 10**6)))
def test_more_people_never_make_it_easier(facts: dict[str, Any], on: date, name: str, more: int) -> None:
    old = facts.get(name, "unknown")
    if old == "unknown" or not agrees({**facts, name: old + more}):
        return
    before, after = decided(facts, on), decided({**facts, name: old + more}, on)
    assert after.at_most.rank >= before.at_most.rank
    assert after.at_least.rank >= before.at_least.rank


@settings(max_examples=60, deadline=None)
@given(facts=given_facts(), on=DAYS)
def test_a_decision_replays_to_the_same_bytes(facts: dict[str, Any], on: date) -> None:
    first = decided(facts, on)
    again = decide(Facts.parse(json.dumps(first.document()["facts"])), date.fromisoformat(first.document()["on"]))
    assert again.to_bytes() == first.to_bytes()
    assert again.digest == first.digest
    assert json.loads(first.to_bytes()) == first.document()
    assert first.requires_officer
    assert first.at_least.rank <= first.at_most.rank
    assert first.outcome is (first.at_least if first.at_least is first.at_most else HUMAN)


def plain(general: int, sensitive: int) -> Outcome:
    """Articles 5(4), 7(2) and 8 as one would write them by hand."""
    if general >= 1_000_000 or sensitive >= 10_000:
        return ASSESSMENT
    return CONTRACT if general >= 100_000 or sensitive > 0 else FREE


@settings(max_examples=100, deadline=None)
@given(
    general=st.one_of(st.integers(1, 2_000_000), st.sampled_from((99_999, 100_000, 999_999, 1_000_000))),
    sensitive=st.one_of(st.integers(0, 20_000), st.sampled_from((0, 1, 9_999, 10_000))),
    on=DAYS,
)
def test_the_general_counts_agree_with_a_chain_of_ifs(general: int, sensitive: int, on: date) -> None:
    facts = {**PERSONAL, "people_general": general, "people_sensitive_so_far": sensitive}
    assert decided(facts, on).outcome is plain(general, sensitive)


# ---- validity, approval, coverage


def test_how_long_a_decision_holds() -> None:
    assert decided(PERSONAL).valid_until == date(2026, 12, 31), "counts start again with the year"
    assert decided(PLAIN).valid_until is None
    assert decided(LISTED, date(2026, 1, 5)).valid_until == date(2026, 4, 23), "the list ends"
    assert decided(PLAIN, date(2026, 1, 5), sector="weather", list_status="outside").valid_until == date(2026, 4, 23)
    assert decided(ASSESSED, date(2028, 1, 15)).valid_until == date(2028, 1, 31), "the approval ends"


def test_an_approval_covers_only_what_it_was_given_for() -> None:
    assert decided(ASSESSED).outcome is ASSESSMENT
    assert decided(ASSESSED).approval_covers
    assert not decided(ASSESSED, date(2028, 2, 1)).approval_covers, "it has ended"
    assert not decided(ASSESSED, within_approval="unknown").approval_covers
    assert not decided(SENSITIVE, people_sensitive=20_000).approval_covers
    assert not decided(ASSESSED, approval="standard-contract").approval_covers
    assert decided(ASSESSED, people_sensitive=30_000).approval_covers
    assert decided(ASSESSED, people_sensitive=30_001).outcome is BLOCKED


def test_what_no_rule_speaks_of_needs_a_person() -> None:
    nothing = decide(Facts(), NOW)
    assert (nothing.outcome, nothing.at_least, nothing.at_most) == (HUMAN, FREE, BLOCKED)
    assert "direction" in nothing.decisive
    other = decided(PLAIN, activity="other")
    assert (other.outcome, other.covered) == (HUMAN, False)
    early = decided(PLAIN, date(2024, 3, 21))
    assert (early.outcome, early.at_most, early.covered) == (HUMAN, BLOCKED, False)
    assert decided(PLAIN, date(2024, 3, 22)).outcome is FREE


def test_a_rule_that_is_open_says_what_it_lacks() -> None:
    found = decided(without(PERSONAL, "people_general_so_far", "exporter_state_organ"))
    lacking = {each.rule: each.missing for each in found.not_evaluated}
    assert lacking["SH-04"] == ("people_general_so_far",)
    assert lacking["SH-20"] == ("exporter_state_organ",)
    assert set(found.missing) >= {"people_general_so_far", "exporter_state_organ"}
    assert found.decisive == ("exporter_state_organ", "people_general_so_far")
