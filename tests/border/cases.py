"""Facts for tests: complete ones that settle, and one small change of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from dataferry.border import Decision, Facts, decide
from dataferry.border.facts import is_set, values_of
from dataferry.messages import InputError

NOW = date(2026, 11, 22)
PLAIN: Mapping[str, Any] = {
    "direction": "shanghai-to-hong-kong",
    "exporter_place": "shanghai",
    "exporter_ciio": "no",
    "exporter_ftz": "no",
    "exporter_state_organ": "no",
    "recipient_place": "hong-kong",
    "has_pi": "no",
    "important_data": "no",
    "origin": "shanghai",
    "domains": [],
    "contents": [],
    "basis": "consent",
    "activity": "trade",
    "sector": "other",
    "approval": "none",
    "source_terms": "none",
}
"""Neither personal nor important: free by SH-13."""

PERSONAL = {
    **PLAIN,
    "has_pi": "yes",
    "has_sensitive_pi": "no",
    "people_general": 1,
    "people_general_so_far": 0,
    "people_sensitive_so_far": 0,
}
"""General personal information of one person: free by SH-08."""

SENSITIVE = {**PERSONAL, "has_sensitive_pi": "yes", "people_sensitive": 1}

TRACKS = {**PLAIN, "domains": ["vehicle"], "contents": ["vehicle-track"], "grain": "record", "deoffset": "no"}
CELLS = {
    **TRACKS,
    "grain": "aggregated",
    "area_unit": "grid",
    "cell_metres": 1000,
    "step_minutes": 60,
    "smallest_cell": 10,
    "guarded_sites_removed": "yes",
}
RELEASED = {**CELLS, "release_form_confirmed": "yes"}
TRANSIT = {**SENSITIVE, "people_sensitive": 50_000, "origin": "hong-kong", "mixed": "no"}
LISTED = {
    **PERSONAL,
    "people_general": 200_000,
    "exporter_ftz": "yes",
    "sector": "shipping",
    "list_status": "outside",
}
ASSESSED = {
    **SENSITIVE,
    "people_sensitive": 20_000,
    "approval": "security-assessment",
    "approval_until": "2028-01-31",
    "approved_people_general": 1_000_000,
    "approved_people_sensitive": 30_000,
    "within_approval": "yes",
}
HOMEWARD = {
    "direction": "hong-kong-to-shanghai",
    "exporter_place": "hong-kong",
    "recipient_place": "shanghai",
    "has_pi": "yes",
    "source_terms": "none",
    "mainland_residents_targeted": "no",
}
SETTLED = (PLAIN, PERSONAL, SENSITIVE, TRACKS, CELLS, RELEASED, TRANSIT, LISTED, ASSESSED, HOMEWARD)
NUMBERS = (
    0,
    1,
    9,
    10,
    59,
    60,
    999,
    1000,
    9_999,
    10_000,
    10_001,
    99_999,
    100_000,
    100_001,
    999_999,
    1_000_000,
    10_000_000,
)


def decided(given: Mapping[str, Any], on: date = NOW, **changed: Any) -> Decision:
    return decide(Facts.parse({**given, **changed}), on)


def without(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in names}


def value_of(name: str) -> st.SearchStrategy[Any]:
    """Any value that a fact may have, unknown among them."""
    words = values_of(name)
    if words == ("count",):
        return st.sampled_from(("unknown", *NUMBERS))
    if words == ("date",):
        return st.sampled_from(("unknown", "2025-03-31", "2026-11-22", "2028-01-31"))
    if words == ("text",):
        return st.just("unknown")
    if is_set(name):
        return st.lists(st.sampled_from((*words, "unknown")), max_size=3)
    return st.sampled_from(("unknown", *words))


@st.composite
def given_facts(draw: st.DrawFn) -> dict[str, Any]:
    """Facts that settle, with a few of them drawn anew; never a contradiction."""
    given = dict(draw(st.sampled_from(SETTLED)))
    for name in draw(st.lists(st.sampled_from(sorted(Facts.model_fields)), max_size=5, unique=True)):
        given[name] = draw(value_of(name))
    assume(agrees(given))
    return given


def agrees(given: Mapping[str, Any]) -> bool:
    try:
        Facts.parse(given)
    except InputError:
        return False
    return True
