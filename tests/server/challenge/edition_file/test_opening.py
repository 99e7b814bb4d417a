"""A round opens only with exact, known weights, a quota, a method, and values that somebody verified or answers for."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.server.challenge.edition_file import EditionFile, changed_text, from_preset, read_edition, weight_total
from server.challenge.editions import edition_text

EDITION = read_edition(edition_text())


def codes(edition: EditionFile, code: str, accepted: set[str] | frozenset[str] = frozenset()) -> set[str]:
    return {finding.code.rpartition(".")[2] for finding in edition.openable(code, accepted)}


def changed(changes: dict[str, object]) -> EditionFile:
    return read_edition(changed_text(edition_text(), changes))


@pytest.mark.parametrize("code", ["screening-hk", "screening-sh", "final"])
def test_a_complete_edition_opens_every_round(code: str) -> None:
    assert EDITION.openable(code) == []


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("rubrics.first.criteria.data.weight", None, {"edition_weight_unknown", "edition_weights_not_100"}),
        ("rubrics.first.criteria.data.weight", 29, {"edition_weights_not_100"}),
        ("rubrics.first.criteria.data.bonus", True, {"edition_weights_not_100"}),
        ("rounds.screening-hk.method", None, {"edition_value_unknown"}),
        ("rounds.screening-hk.ties", [], {"edition_value_unknown"}),
        ("rounds.screening-hk.judges_per_entry", None, {"edition_value_unknown"}),
        ("rounds.screening-hk.rubric", None, {"edition_value_unknown"}),
        ("divisions.hk.quota", None, {"edition_value_unknown"}),
        ("anonymity.screening", None, {"edition_value_unknown"}),
        ("anonymity.leak_more_than", None, {"edition_value_unknown"}),
        ("phases.screening.closes", None, {"edition_value_unknown"}),
        ("phases.screening.division", "sh", {"edition_no_phase"}),
        ("rounds.screening-hk.pairwise", False, set()),
    ],
)
def test_what_is_not_known_keeps_the_round_shut(path: str, value: object, expected: set[str]) -> None:
    assert codes(changed({path: value}), "screening-hk") == expected


def test_a_pairwise_round_in_the_chain_must_be_allowed() -> None:
    assert codes(changed({"rounds.final.pairwise": False}), "final") == {"edition_pairwise_not_allowed"}
    assert codes(changed({"rounds.final.pairwise": None}), "final") == {"edition_value_unknown"}


def test_a_joint_screening_needs_anchors() -> None:
    edition = changed({"rounds.screening-hk.division": None, "rounds.screening-hk.anchors": None})
    assert {finding.data["field"] for finding in edition.openable("screening-hk")} == {"rounds.screening-hk.anchors"}


def test_a_round_that_is_not_there_cannot_open() -> None:
    assert codes(EDITION, "semi-final") == {"edition_no_such_name"}


WEIGHTS = st.lists(st.decimals(0, 100, places=3), min_size=3, max_size=3)


@given(WEIGHTS)
@settings(max_examples=25)
def test_weights_are_added_exactly(weights: list[Decimal]) -> None:
    """0.1 + 0.2 + 99.7 is 100, and 100.001 is not: no float comes near."""
    last = Decimal(100) - sum(weights)
    names = ["novelty", "data", "benefit", "doing"]
    values = [*weights, last if 0 <= last <= 100 else Decimal(0)]
    edition = changed({f"rubrics.first.criteria.{n}.weight": v for n, v in zip(names, values, strict=True)})
    assert weight_total(edition.rubrics["first"]) == sum(values)
    assert ("edition_weights_not_100" in codes(edition, "screening-hk")) == (sum(values) != 100)


def test_tenths_that_floats_would_miss() -> None:
    weights = dict.fromkeys(["novelty", "data", "benefit"], "33.3") | {"doing": "0.1"}
    text = edition_text()
    for name, weight in weights.items():
        text = changed_text(text, {f"rubrics.first.criteria.{name}.weight": weight})
    assert codes(read_edition(text.replace("'33.3'", "33.3").replace("'0.1'", "0.1")), "screening-hk") == set()


def test_unverified_values_need_somebody_who_answers_for_them() -> None:
    edition = from_preset("csdi-2024-open", "trial", {
        "phases.screening.opens": "2026-06-01 00:00",
        "phases.screening.closes": "2026-06-30 24:00",
    })  # fmt: skip
    assert codes(edition, "shortlisting") == {"edition_unverified"}
    unverified = set(edition.unverified("shortlisting"))
    assert "rounds.shortlisting.method" in unverified
    assert "rubrics.shortlisting.criteria.content.weight" not in unverified
    assert edition.openable("shortlisting", unverified) == []
    assert edition.openable("shortlisting", {"rounds", "rubrics"}) == []
    still = edition.openable("shortlisting", unverified - {"rounds.shortlisting.method"})
    assert [finding.data["field"] for finding in still] == ["rounds.shortlisting.method"]


def test_a_changed_value_no_longer_carries_the_source_of_the_preset() -> None:
    path = "rubrics.shortlisting.criteria.content.weight"
    preset = from_preset("csdi-2024-open", "as-it-is")
    assert preset.provenance_of(path).mark == "seen"
    changed_one = from_preset("csdi-2024-open", "changed", {path: 25})
    assert changed_one.provenance_of(path).mark == "organiser"
    assert changed_one.provenance_of(path.replace("content", "bonus")).mark == "seen"
    assert changed_one.value_digest(path) != preset.value_digest(path)


def test_a_stand_in_is_labelled_and_must_be_accepted() -> None:
    edition = from_preset("hsodc-2024", "stand-in", {
        "rubrics.first-judging.criteria": {"one": {"weight": 60}, "two": {"weight": 40}},
        "provenance.rubrics.first-judging": {"mark": "stand-in", "source": "csdi-2024-open"},
    })  # fmt: skip
    path = "rubrics.first-judging.criteria.one.weight"
    assert edition.provenance_of(path).mark == "stand-in"
    assert path in edition.unverified("screening-shanghai")
