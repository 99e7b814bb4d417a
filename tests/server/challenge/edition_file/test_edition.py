"""The same meaning has the same digest; deadlines are exact to the second in both zones; amendments are told apart."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.messages import MissingError, RefusedError
from dataferry.server.challenge.edition_file import (
    EditionFile,
    EditionFileError,
    changed_text,
    diff,
    findings_of,
    from_preset,
    locked_part,
    read_edition,
)
from server.challenge.editions import edition_text

EDITION = read_edition(edition_text())
DOCUMENT = EDITION.document()


def shuffled(value: Any, draw: st.DataObject) -> Any:
    """The same values with every mapping in another order."""
    if isinstance(value, dict):
        keys = draw.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], draw) for key in keys}
    return value


def as_mappings(value: Any) -> Any:
    """Stored lists of coded items as the file writes them."""
    if isinstance(value, dict):
        return {key: as_mappings(item) for key, item in value.items()}
    if isinstance(value, list) and value and all(isinstance(item, dict) and "code" in item for item in value):
        return {item["code"]: as_mappings({k: v for k, v in item.items() if k != "code"}) for item in value}
    return [as_mappings(item) for item in value] if isinstance(value, list) else value


@given(st.data())
@settings(max_examples=25)
def test_the_order_of_keys_does_not_change_the_digest(data: st.DataObject) -> None:
    other = EditionFile.model_validate(shuffled(as_mappings(DOCUMENT), data))
    assert other.canonical() == EDITION.canonical()
    assert other.digest() == EDITION.digest()
    assert diff(EDITION, other) == []


def test_comments_spelling_of_numbers_and_of_times_do_not_change_the_digest() -> None:
    text = edition_text(changes={
        "weight: 20}\n      data": "weight: 20.00}  # a comment\n      data",
        '"2026-06-01T00:00"': "2026-05-31T16:00:00Z",
        "[individual, corporate]": "[corporate, individual, corporate]",
    })  # fmt: skip
    assert read_edition(text).digest() == EDITION.digest()


def test_a_stored_document_is_the_same_edition_in_the_same_order() -> None:
    stored = json.loads(json.dumps(DOCUMENT, sort_keys=True))
    again = EditionFile.model_validate(stored)
    assert again == EDITION
    assert list(again.phases) == list(EDITION.phases)
    assert list(again.rubrics["first"].criteria) == ["novelty", "data", "benefit", "doing"]


@pytest.mark.parametrize("path", ["divisions.hk.quota", "rubrics.first.criteria.data.weight", "awards.grand.count"])
def test_another_value_has_another_digest_and_is_told(path: str) -> None:
    other = read_edition(changed_text(edition_text(), {path: 7}))
    assert other.digest() != EDITION.digest()
    (change,) = diff(EDITION, other)
    assert (change.path, str(change.new)) == (path, "7")
    assert change.locked == (not path.startswith("awards"))
    assert (locked_part(other) != locked_part(EDITION)) == change.locked


def test_what_is_taken_away_and_what_is_new_is_told() -> None:
    other = read_edition(edition_text(changes={"pairwise: true": "anchors: 4"}))
    assert {(one.path, one.old, one.new) for one in EDITION.changes_to(other)} == {
        ("rounds.final.pairwise", True, None),
        ("rounds.final.anchors", None, 4),
    }


@given(
    division=st.sampled_from(["hk", "sh"]),
    day=st.datetimes(datetime(2026, 5, 2), datetime(2026, 6, 30, 23, 59, 59)),  # noqa: DTZ001 - local on purpose
)
@settings(max_examples=25)
def test_a_deadline_is_exact_to_the_second(division: str, day: datetime) -> None:
    day = day.replace(microsecond=0)
    phase = f"submission-{division}"
    edition = read_edition(changed_text(edition_text(), {f"phases.{phase}.closes": day.strftime("%Y-%m-%d %H:%M:%S")}))
    deadline = edition.deadline(division, "submission")
    assert deadline.replace(tzinfo=None) == day
    assert deadline.utcoffset() == timedelta(hours=8)
    assert edition.is_open("submission", division, deadline - timedelta(microseconds=1))
    assert not edition.is_open("submission", division, deadline)


def test_a_midnight_of_shanghai_is_sixteen_hours_utc() -> None:
    edition = read_edition(changed_text(edition_text(), {"phases.submission-sh.closes": "2026-06-30 24:00"}))
    late = datetime(2026, 6, 30, 16, 0, 0, tzinfo=UTC)
    assert edition.deadline("sh", "submission") == late
    assert edition.is_open("submission", "sh", datetime(2026, 6, 30, 15, 59, 59, tzinfo=UTC))
    assert "submission-sh" not in edition.phase_at(late, "sh")
    assert edition.deadline("sh", "submission").tzinfo == ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("written", "code"), [("2026-03-29 02:30", "edition_time_left_out"), ("2026-10-25 02:30", "edition_time_twice")]
)
def test_a_local_time_that_the_clocks_skip_or_repeat_is_refused(written: str, code: str) -> None:
    text = changed_text(
        edition_text(), {"phases.registration.time_zone": "Europe/Paris", "phases.registration.opens": written}
    )
    refused = [finding.code.rpartition(".")[2] for finding in findings_of(text) if finding.severity == "blocked"]
    assert refused[:1] == [code]
    assert read_edition(text.replace(written, "2026-03-29T02:30+02:00")).phases["registration"].opens


def test_a_calendar_out_of_order_is_refused_and_a_hole_is_only_said() -> None:
    overlapping = changed_text(edition_text(), {"phases.screening.opens": "2026-06-20 00:00"})
    with pytest.raises(EditionFileError) as caught:
        read_edition(overlapping)
    assert {(one.code.rpartition(".")[2], one.data["first"]) for one in caught.value.problems} == {
        ("edition_phases_overlap", "submission-hk"),
        ("edition_phases_overlap", "submission-sh"),
    }
    hole = changed_text(edition_text(), {"phases.final.closes": "2026-08-15 00:00"})
    assert [(one.code.rpartition(".")[2], one.severity) for one in findings_of(hole)] == [("edition_hole", "attention")]
    assert read_edition(hole)


def test_two_phases_of_one_kind_for_one_division_are_refused() -> None:
    twice = changed_text(edition_text(), {"phases.late": {"kind": "submission"}})
    with pytest.raises(EditionFileError) as caught:
        read_edition(twice)
    assert {one.code for one in caught.value.problems} == {"server.challenge.edition_phase_twice"}


def test_unknown_deadlines_and_names_are_said() -> None:
    template = from_preset("hsodc-2024", "next-year")
    with pytest.raises(RefusedError):
        template.deadline("shanghai", "submission")
    with pytest.raises(MissingError):
        EDITION.deadline("hk", "training")
    with pytest.raises(MissingError):
        EDITION.track_of("no-such-thing")
    with pytest.raises(MissingError):
        EDITION.demands("poster")
    with pytest.raises(MissingError):
        EDITION.rubric("third")


def test_age_tracks_demands_and_rubric_are_as_written() -> None:
    assert str(EDITION.age_day("hk")) == "2026-06-01"
    assert EDITION.track_of("transportation") == "transport"
    assert EDITION.track_of("governance") is None
    assert EDITION.theme_of("meteorology") == "environment"
    demands = EDITION.demands("deck")
    assert (demands.types, demands.most_pages) == (("pdf",), 10)
    assert demands.languages == (frozenset({"en", "zh-Hans"}), frozenset({"zh-Hans"}))
    rubric = EDITION.rubric("first")
    assert [(one.code, str(one.weight)) for one in rubric.criteria][:2] == [("novelty", "20"), ("data", "30")]
    assert rubric.findings() == ()
