"""A policy survives ODRL and back, in the words of the vocabulary; what is not understood is refused as a whole."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.formats.odrl import CONTEXT, Kind, Policy, parse
from dataferry.messages import DataferryError, InputError

# The W3C's ODRL Vocabulary & Expression 2.2: sections 3 (core) and 4 (common vocabulary).
CORE = {"@context", "@id", "@type", "target", "assigner", "assignee", "permission", "prohibition", "action"}
CORE |= {"constraint", "leftOperand", "operator", "rightOperand"}
ACTIONS, OPERANDS = {"use", "distribute"}, {"purpose", "spatial", "dateTime", "elapsedTime"}
OPERATORS = {"eq", "gt", "gteq", "lt", "lteq", "neq", "isA", "hasPart", "isPartOf", "isAllOf", "isAnyOf", "isNoneOf"}

NAME = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=20)
INSTANT = st.integers(0, 4 * 10**12).map(lambda told: datetime.fromtimestamp(told // 1000, UTC))
POLICY = st.builds(
    Policy,
    uid=NAME,
    target=NAME,
    kind=st.sampled_from(Kind),
    assigner=NAME,
    assignee=NAME,
    purposes=st.lists(NAME, max_size=3).map(tuple),
    regions=st.lists(NAME, max_size=3).map(tuple),
    starts=st.none() | INSTANT,
    days=st.none() | st.integers(1, 999_999),
    onward_transfer=st.booleans(),
)


def agreement(**other: Any) -> dict[str, Any]:
    policy = Policy(
        "urn:a", "urn:t", Kind.AGREEMENT, "urn:s", "urn:b", ("research",), ("HK", "CN-SH"),
        datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), 30,
    )  # fmt: skip
    return policy.to_json() | other


@settings(max_examples=60)
@given(POLICY, st.none() | st.integers(1, 10**6))
def test_a_policy_comes_back_as_it_was(policy: Policy, seconds: int | None) -> None:
    if policy.starts and seconds:
        policy = Policy(**{**vars(policy), "until": policy.starts + timedelta(seconds=seconds)})
    document = policy.to_json()
    assert parse(json.dumps(document)) == parse(document) == policy
    assert words(document) <= CORE | {"@value"}


def words(part: Any) -> set[str]:
    if isinstance(part, dict):
        return set(part) | {name for value in part.values() for name in words(value)}
    return {name for value in part for name in words(value)} if isinstance(part, list) else set()


def test_an_agreement_speaks_the_vocabulary() -> None:
    document = agreement()
    assert document["@context"] == CONTEXT
    assert document["@type"] == "Agreement"
    limits = document["permission"][0]["constraint"]
    assert {limit["leftOperand"] for limit in limits} == OPERANDS
    assert {limit["operator"] for limit in limits} <= OPERATORS
    assert {rule["action"] for rule in document["permission"] + document["prohibition"]} == ACTIONS
    assert {"@value": "P30D", "@type": "xsd:duration"} in [limit["rightOperand"] for limit in limits]


def test_onward_transfer_is_permitted_under_the_same_limits_or_prohibited() -> None:
    free = Policy("urn:a", "urn:t", regions=("HK",), onward_transfer=True).to_json()
    assert [rule["action"] for rule in free["permission"]] == ["use", "distribute"]
    assert free["permission"][0]["constraint"] == free["permission"][1]["constraint"]
    assert "prohibition" not in free
    assert parse(agreement()).onward_transfer is False


def test_other_spellings_of_the_same_policy_are_read() -> None:
    document = agreement()
    document["uid"], document["type"] = document.pop("@id"), document.pop("@type")
    document["@context"] = [CONTEXT]
    document["target"] = {"@id": "urn:t"}
    document["permission"] = document["permission"][0]
    document["permission"]["constraint"][0] = {"leftOperand": "purpose", "operator": "eq", "rightOperand": "research"}
    assert parse(document) == parse(agreement())


USE = {"action": "use"}
KEEP = {"action": "distribute"}
NOBODY = {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": []}
PERSON = {"leftOperand": "recipient", "operator": "eq", "rightOperand": "x"}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "[" * 100_000,
        '{"@id": NaN}',
        agreement(**{"@context": {"use": "urn:evil"}}),
        agreement(**{"@type": "Ticket"}),
        agreement(**{"@type": ["Agreement"]}),
        agreement(obligation=[{"action": "compensate"}]),
        agreement(permission=[]),
        agreement(permission=[USE, USE]),
        agreement(permission=[{**USE, "duty": [{"action": "attribute"}]}]),
        agreement(permission=[{**USE, "target": "urn:other"}]),
        agreement(permission=[{**USE, "constraint": [PERSON]}]),
        agreement(permission=[{**USE, "constraint": [{**PERSON, "leftOperand": "purpose", "operator": "isNoneOf"}]}]),
        agreement(permission=[{**USE, "constraint": [{"and": []}]}]),
        agreement(permission=[{**USE, "constraint": [NOBODY]}]),
        agreement(permission=[{**USE, "constraint": "none"}]),
        agreement(permission=[USE, KEEP]),
        agreement(prohibition=[]),
        agreement(prohibition=[{**KEEP, "constraint": [PERSON]}]),
        agreement(prohibition=[{"action": "use"}]),
        agreement(assignee="\ud800"),
        agreement(assigner=" "),
        agreement(uid="urn:twice"),
        {name: value for name, value in agreement().items() if name != "assigner"},
        {name: value for name, value in agreement().items() if name != "target"},
    ],
)
def test_what_is_not_understood_is_refused(document: Any) -> None:
    with pytest.raises(DataferryError):
        parse(document)


def test_a_policy_that_says_nothing_certain_is_not_written() -> None:
    for other in (
        {"until": datetime.fromisoformat("2026-01-01")},
        {"kind": Kind.OFFER},
        {"days": 0},
        {"purposes": ("a\n",)},
    ):
        with pytest.raises(InputError):
            Policy("urn:a", "urn:t", **other).to_json()
