"""Promise: what a release tells of a border question is what its build saw; what it does not tell stays unknown."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.products.border_facts import facts_of, way

TRACKS = {"anonymity": {"tracks": {"entity": "vin"}}, "subjects": {"distinct": 90}, "coordinates": {"crs": "x"}}
STEP = {"step": {"step": "aggregate_cell_hour", "grid_m": 1000, "k": 10}}


def document(report: dict[str, Any], privacy_class: str, **more: Any) -> dict[str, Any]:
    return {"privacy": {"privacy_class": privacy_class, "report": report, **more}, "output": {"crs": "DATAFERRY:GCJ02"}}


def test_tracks_are_sensitive_and_their_subjects_are_counted() -> None:
    facts = facts_of(document(TRACKS, "sensitive-personal"))
    assert facts["contents"] == ["coordinates", "vehicle-track"]
    assert (facts["has_sensitive_pi"], facts["people_sensitive"], facts["people_general"]) == ("yes", 90, 0)
    assert "grain" not in facts, "nobody said that it is aggregated"


def test_an_aggregate_names_what_it_was_aggregated_from() -> None:
    """Else the rules of tracks would not ask for its form."""
    facts = facts_of(document({"coordinates": {"crs": "x"}}, "none", before=TRACKS, steps=[STEP]))
    assert facts["contents"] == ["coordinates", "vehicle-track"]
    assert (facts["has_pi"], facts["grain"], facts["cell_metres"], facts["step_minutes"]) == (
        "no",
        "aggregated",
        1000,
        60,
    )


def test_a_column_that_was_taken_out_is_not_in_the_release() -> None:
    steps = [{"step": {"step": "suppress", "columns": ["vin"]}}]
    assert "contents" not in facts_of(document({}, "none", before=TRACKS, steps=steps))


def test_whole_messages_of_vehicles_are_tracks() -> None:
    report = {"findings": [{"code": "privacy.vehicle_frames", "data": {"rule": "EV-01", "columns": ["m"]}}]}
    facts = facts_of(document(report, "sensitive-personal"))
    assert (facts["contents"], facts["has_sensitive_pi"]) == (["vehicle-track"], "yes")


@pytest.mark.parametrize(
    ("cities", "told"),
    [
        ((), None),
        (("shanghai", None), None),
        (("shanghai", "shenzhen"), None),
        (("hong-kong",), ("hong-kong", "no")),
        (("hong-kong", "shanghai"), ("shanghai", "yes")),
    ],
)
def test_origin_is_told_only_when_every_input_says_it(cities: tuple[str | None, ...], told: Any) -> None:
    facts = facts_of({"inputs": [{"city": city} for city in cities]})
    assert ((facts["origin"], facts["mixed"]) if told else facts.get("origin")) == told


def test_an_empty_document_tells_nothing_but_that_it_has_no_datum() -> None:
    assert facts_of({}) == {"datum": "none"}


@pytest.mark.parametrize(
    ("exporter", "recipient", "direction"),
    [
        ("shanghai", "hong-kong", "shanghai-to-hong-kong"),
        ("hong-kong", "shanghai", "hong-kong-to-shanghai"),
        ("hong-kong", "gba-nine-cities", "hong-kong-to-gba-city"),
        ("gba-nine-cities", "hong-kong", None),
        ("unknown", "hong-kong", None),
    ],
)
def test_a_direction_is_told_only_where_the_rules_have_one(
    exporter: str, recipient: str, direction: str | None
) -> None:
    facts = way(exporter, recipient)
    assert (facts["exporter_place"], facts["recipient_place"]) == (exporter, recipient)
    assert facts.get("direction") == direction
