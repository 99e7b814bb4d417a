"""Licence algebra: the table case by case, and for any inputs: stricter with each, unknown never permits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataferry.messages import LANGUAGES
from dataferry.products import InputTerms, judge_licences, licence_ids, terms_of
from dataferry.products.licence import ACTS, licences_as_of

ORDER = ("clear", "unknown", "attention", "blocked")
OUTPUTS = ("CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "MIT", "DATAFERRY-SYNTHETIC")


def given_input(licence: str, name: str = "a", attribution: str | None = "Source: X") -> InputTerms:
    return InputTerms(name, licence, attribution)


@pytest.mark.parametrize(
    ("licence", "output", "state", "reasons"),
    [
        ("DATA.GOV.HK", "CC-BY-4.0", "clear", {"licence_caution"}),
        ("CC0-1.0", "CC-BY-4.0", "clear", set()),
        ("CC0-1.0", "CC0-1.0", "clear", set()),
        ("CC-BY-4.0", "CC-BY-4.0", "clear", set()),
        ("CC-BY-4.0", "CC0-1.0", "blocked", {"licence_drops_attribution"}),
        ("MIT", "CC-BY-4.0", "clear", set()),
        ("SHANGHAI-UNCONDITIONAL", "CC-BY-4.0", "clear", set()),
        ("SHANGHAI-CONDITIONAL", "CC-BY-4.0", "attention", {"licence_conditional"}),
        ("SHANGHAI-NOT-OPEN", "CC-BY-4.0", "blocked", {"licence_refused"}),
        ("CC-BY-SA-4.0", "CC-BY-4.0", "blocked", {"licence_share_alike_other"}),
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", "blocked", {"licence_share_alike"}),
        ("none", "CC-BY-4.0", "blocked", {"licence_none"}),
        ("unknown", "CC-BY-4.0", "unknown", {"licence_unknown"}),
        ("some-terms-nobody-knows", "CC-BY-4.0", "unknown", {"licence_unknown"}),
        ("DATAFERRY-SYNTHETIC", "CC-BY-4.0", "clear", set()),
        ("CC0-1.0", "unknown", "unknown", {"licence_output_unknown"}),
        ("CC0-1.0", "none", "attention", {"licence_output_not_yours"}),
        ("CC0-1.0", "CC-BY-SA-4.0", "blocked", {"licence_output_share_alike"}),
        ("SHANGHAI-UNCONDITIONAL", "SHANGHAI-UNCONDITIONAL", "attention", {"licence_output_not_yours"}),
    ],
)
def test_the_table(licence: str, output: str, state: str, reasons: set[str]) -> None:
    verdict = judge_licences([given_input(licence)], output)
    assert verdict.state == state
    assert verdict.listable == (state == "clear")
    assert {finding.code.removeprefix("products.") for finding in verdict.findings} == reasons
    for finding in verdict.findings:
        for language in LANGUAGES:
            assert finding.data.get("input", output) in finding.text(language)


def test_the_blocking_input_is_named_among_others() -> None:
    verdict = judge_licences(
        [given_input("CC0-1.0", "fine"), given_input("SHANGHAI-NOT-OPEN", "closed"), given_input("unknown", "riddle")],
        "CC-BY-4.0",
    )
    blocking = [finding.data["input"] for finding in verdict.findings if finding.severity == "blocked"]
    assert blocking == ["closed"]
    assert verdict.state == "blocked"
    assert "closed" in next(finding for finding in verdict.findings if finding.severity == "blocked").text()


def test_attribution_is_gathered_once_and_asked_for_where_it_is_owed() -> None:
    verdict = judge_licences(
        [
            given_input("CC-BY-4.0", "a", "© A"),
            given_input("CC-BY-4.0", "b", "© A"),
            given_input("CC-BY-4.0", "c", None),
        ],
        "CC-BY-4.0",
    )
    assert verdict.attribution == ("© A",)
    assert verdict.state == "attention"
    assert [finding.data["input"] for finding in verdict.findings] == ["c"]
    assert not verdict.listable


def test_no_input_is_no_permission() -> None:
    verdict = judge_licences([], "CC0-1.0")
    assert verdict.state == "unknown"
    assert not verdict.listable


def test_the_table_of_terms_is_dated_and_sourced() -> None:
    assert licences_as_of().year >= 2026
    for identifier in licence_ids():
        terms = terms_of(identifier)
        assert set(terms.title) == set(LANGUAGES)
        assert len(terms.source) > 30
        assert terms.read in {"terms", "report", "rule"}
        assert {terms.permissions()[act] for act in ACTS} <= {"yes", "conditional", "no", "unknown"}


INPUTS = st.lists(
    st.builds(
        InputTerms,
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from([*licence_ids(), "made-up"]),
        st.sampled_from([None, "© A", "© B"]),
    ),
    min_size=1,
    max_size=5,
)


@given(INPUTS, INPUTS, st.sampled_from([*licence_ids(), "made-up"]))
def test_an_input_never_makes_the_verdict_more_permissive(
    inputs: list[InputTerms], more: list[InputTerms], output: str
) -> None:
    before, after = judge_licences(inputs, output), judge_licences([*inputs, *more], output)
    assert ORDER.index(after.state) >= ORDER.index(before.state)
    assert after.listable <= before.listable
    assert set(before.attribution) <= set(after.attribution)


@given(INPUTS, st.sampled_from(OUTPUTS))
def test_only_full_permission_of_every_input_is_listable(inputs: list[InputTerms], output: str) -> None:
    verdict = judge_licences(inputs, output)
    for item in inputs:
        terms = terms_of(item.licence)
        permitted = set(terms.permissions().values()) == {"yes"} and not terms.share_alike
        if not permitted:
            assert not verdict.listable
            assert any(finding.data.get("input") == item.name for finding in verdict.findings)


@given(INPUTS, st.randoms(use_true_random=False))
def test_the_order_of_inputs_does_not_matter(inputs: list[InputTerms], random: object) -> None:
    shuffled = list(inputs)
    random.shuffle(shuffled)
    assert judge_licences(shuffled, "CC-BY-4.0").state == judge_licences(inputs, "CC-BY-4.0").state
