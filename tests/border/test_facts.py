"""Promise: facts that are no facts are refused with place and hint, never with a traceback, never repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.border import Facts
from dataferry.border.facts import ALIASES, values_of
from dataferry.messages import LANGUAGES, DataferryError, InputError, LimitError

PAGE = Path(__file__).parents[2] / "docs/reference/border-facts.md"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({"has_pii": "no"}, "border.fact_unknown_name", "has_pii"),
        ({"people_general": 1.0}, "border.fact_no_count", "people_general"),
        ({"people_general": True}, "border.fact_no_count", "people_general"),
        ({"people_general": "12"}, "border.fact_no_count", "people_general"),
        ({"people_general": -1}, "border.fact_no_count", "people_general"),
        ({"people_general": 10**11}, "border.fact_no_count", "people_general"),
        ({"people_general": 10**400}, "border.fact_no_count", "people_general"),
        ({"direction": "north"}, "border.fact_no_such_value", "direction"),
        ({"direction": ["unknown"]}, "border.fact_no_such_value", "direction"),
        ({"contents": ["vehicle-tracks"]}, "border.fact_no_such_value", "contents"),
        ({"contents": {"vehicle-track": 1}}, "border.fact_no_such_value", "contents"),
        ({"approval_until": "2026-13-01"}, "border.fact_no_date", "approval_until"),
        ({"approval_until": 20261301}, "border.fact_no_date", "approval_until"),
        ({"exporter": "x" * 201}, "border.fact_no_text", "exporter"),
        ({"has_personal": "no", "has_pi": "no"}, "border.fact_twice", "has_pi"),
        ({"has_pi": "no", "people_general": 1}, "border.facts_contradict", "has_pi"),
        ({"has_pi": "no", "has_sensitive_pi": "yes"}, "border.facts_contradict", "has_pi"),
        ({"has_pi": "yes", "people_general": 0, "has_sensitive_pi": "no"}, "border.facts_contradict", "has_pi"),
        ({"has_sensitive_pi": "no", "people_sensitive": 2}, "border.facts_contradict", "has_sensitive_pi"),
        ({"people_general_so_far": 9, "people_general_after": 8}, "border.facts_contradict", "people_general_after"),
        (
            {"people_general": 1, "people_general_so_far": 9, "people_general_after": 11},
            "border.facts_contradict",
            "people_general_after",
        ),
    ],
)
def test_a_wrong_fact_is_named(given: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        Facts.parse(given)
    assert (caught.value.code, caught.value.data["field"]) == (code, field)
    assert all(field in caught.value.text(language) for language in LANGUAGES)


def test_a_name_that_is_nearly_right_gets_a_hint() -> None:
    with pytest.raises(InputError, match="people_sensitive_so_far"):
        Facts.parse({"people_sensitive_sofar": 1})


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '"x"', '{"has_pi": NaN}', '{"has_pi": "no", "has_pi": "yes"}', "[" * 50_000, b"\xff\xfe",
     '{"people_general": ' + "9" * 5_000 + "}", '{"people_general": 1e400}', "\ud800"],
)  # fmt: skip
def test_text_that_is_no_facts_is_refused(text: str | bytes) -> None:
    with pytest.raises(InputError):
        Facts.parse(text)


def test_a_text_without_end_is_not_read() -> None:
    with pytest.raises(LimitError):
        Facts.parse('{"exporter": "' + "x" * 200_000 + '"}')


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted([*Facts.model_fields, *ALIASES, "nothing"])), ANYTHING, max_size=4))
def test_anything_is_read_or_refused(given: dict[str, Any]) -> None:
    for form in (given, json.dumps(given)):
        try:
            facts = Facts.parse(form)
        except DataferryError:
            continue
        assert Facts.parse(json.dumps(facts.known())) == facts


def test_ways_to_say_the_same() -> None:
    one = Facts.parse({"ciio": True, "domain": "vehicle", "year_to_date_people_general": 5, "mixed": None})
    other = Facts.parse(
        {"exporter_ciio": "yes", "domains": ["vehicle", "vehicle"], "people_general_so_far": 5, "mixed": "unknown"}
    )
    assert one == other
    assert one.known() == {"exporter_ciio": "yes", "people_general_so_far": 5, "domains": ["vehicle"]}
    assert Facts.parse({}) == Facts()


def test_the_reference_names_every_fact_every_value_and_every_alias() -> None:
    rows = {
        row.split("|")[1].strip().strip("`"): row
        for row in PAGE.read_text(encoding="utf-8").splitlines()
        if row.startswith("| `")
    }
    assert set(Facts.model_fields) <= set(rows)
    assert set(rows) - set(Facts.model_fields) == set(ALIASES), "aliases have a table of their own"
    for name in Facts.model_fields:
        words = values_of(name)
        assert all(f"`{word}`" in rows[name] for word in words if words[0] not in {"count", "date", "text", "yes"}), (
            name
        )
    assert all(f"`{name}`" in rows[alias] for alias, name in ALIASES.items())
