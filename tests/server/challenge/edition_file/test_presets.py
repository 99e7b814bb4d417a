"""Presets ship what was found and nothing else: every value has its source, what was not found is null."""

from decimal import Decimal

import pytest

from dataferry.server.challenge.edition_file import findings_of, from_preset, preset_text, presets, unfilled
from dataferry.server.challenge.edition_file.shipped import PRESETS

OURS = {"edition", "slug", "synthetic"}
CHANGES = {
    "phases.registration.opens": "2027-04-13T10:00:00+08:00",
    "phases.registration.closes": "2027-05-31 24:00",
    "phases.submission.opens": "2027-05-01 00:00",
    "phases.submission.closes": "2027-06-30 24:00",
}


@pytest.mark.parametrize("code", PRESETS)
def test_every_preset_is_read_without_a_finding(code: str) -> None:
    assert findings_of(preset_text(code)) == []
    assert presets()[code].slug == code


@pytest.mark.parametrize("code", PRESETS)
def test_every_value_of_a_preset_has_a_source(code: str) -> None:
    preset = presets()[code]
    uncovered = [
        path for path in preset.values() if path not in OURS and preset.provenance_of(path).mark == "organiser"
    ]
    assert uncovered == []


@pytest.mark.parametrize("code", PRESETS)
def test_only_what_was_seen_counts_as_verified_and_names_its_source(code: str) -> None:
    for path, row in presets()[code].provenance.items():
        assert row.is_verified == (row.mark == "seen"), path
        assert row.source or row.mark in ("house", "inferred"), path


def test_the_facts_are_as_found() -> None:
    all_presets = presets()
    quotas = {code: [one.quota for one in preset.divisions.values()] for code, preset in all_presets.items()}
    assert quotas["hsodc-2024"] == [8, 12]
    assert quotas["hsodc-2025"] == [13, None]
    assert quotas["hsodc-current"] == [None, None]
    weights = [one.weight for one in all_presets["csdi-2024-open"].rubrics["shortlisting"].criteria.values()]
    assert weights == [30, 30, 30, 10]
    stages = all_presets["appcontest-hk"].rubrics
    assert [[one.weight for one in rubric.criteria.values()] for rubric in stages.values()] == [
        [50, 40, 10],
        [40, 25, 25, 10],
    ]
    assert {one.floor for rubric in stages.values() for one in rubric.criteria.values()} == {Decimal("0.6")}
    (first,) = all_presets["hsodc-current"].rubrics["first-judging"].criteria.values()
    assert (
        first.weight,
        all_presets["hsodc-current"]
        .provenance_of("rubrics.first-judging.criteria.innovation-and-creativity.weight")
        .is_verified,
    ) == (20, True)
    assert all_presets["soda-phase1"].anonymity.leak_more_than == 2
    assert len(all_presets["data-element-x-local"].tracks) == 15
    assert all(award.exclusive is False for award in all_presets["hsodc-2025"].awards.values())


def test_every_subcategory_of_the_challenge_has_its_own_national_track() -> None:
    for code in ("hsodc-2024", "hsodc-2025", "hsodc-current"):
        tracks = [subcategory.track for _theme, subcategory in presets()[code].subcategories()]
        assert len(tracks) == len(set(tracks)) == 13
        assert set(tracks) == set(presets()[code].tracks)


@pytest.mark.parametrize("code", PRESETS)
def test_no_preset_opens_a_round_by_itself(code: str) -> None:
    preset = presets()[code]
    for rounds in preset.rounds:
        assert preset.openable(rounds)
        assert all(finding.text("zh-Hant") for finding in preset.openable(rounds))


@pytest.mark.parametrize("code", [code for code in PRESETS if code.startswith("hsodc")])
def test_unknown_weights_stay_unknown(code: str) -> None:
    codes = {one.code for one in presets()[code].openable("screening-hong-kong", {"rounds", "rubrics", "divisions"})}
    assert "server.challenge.edition_weights_not_100" in codes
    assert "server.challenge.edition_value_unknown" in codes


def test_a_new_year_is_a_preset_with_its_instants_filled_in() -> None:
    edition = from_preset("hsodc-2024", "hsodc-2027", CHANGES)
    assert (edition.slug, edition.preset) == ("hsodc-2027", "hsodc-2024")
    assert edition.deadline("shanghai", "submission").isoformat() == "2027-07-01T00:00:00+08:00"
    before = {one.path for one in unfilled(presets()["hsodc-2024"])}
    after = {one.path for one in unfilled(edition)}
    assert before - after == set(CHANGES)
    assert not [one for one in unfilled(edition) if one.stops == "announce"]
