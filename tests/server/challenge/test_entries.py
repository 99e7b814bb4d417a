"""Entries: handed in to the second, late is late, versions that stay, a finalist's place goes to the same division."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.messages import DataferryError, InputError, RefusedError
from server.challenge.editions import Clock, make_team

pytestmark = pytest.mark.django_db

TEXTS = {"title": {"en": "Ferry times (synthetic)"}, "summary": {"en": "Made up for a test."}}


@pytest.fixture
def entry(edition: Any, clock: Clock) -> Any:
    """A Shanghai entry, written, with its deck, an hour before its deadline."""
    from dataferry.server.challenge.actions import entries

    team = make_team(edition, "sh", people=2)
    clock.set("2026-06-30T23:00:00+08:00")
    started = entries.start_entry(team.people[0], team, "transportation")
    entries.change_entry(team.people[1], started, 1, **TEXTS)
    started.refresh_from_db()
    put_deck(started)
    return started


def put_deck(entry: Any, findings: Any = ()) -> Any:
    from dataferry.server.challenge import clock
    from dataferry.server.challenge.models import Artefact

    return Artefact.objects.create(
        entry=entry,
        role="deck",
        language="zh-Hans",
        file_name="deck.pdf",
        bytes=10,
        sha256="0" * 64,
        place="00/0",
        received_at=clock.now(),
        findings=list(findings),
    )


def leader(entry: Any) -> Any:
    return entry.team.members.get(is_leader=True).user


def test_the_last_second_is_in_time_and_the_deadline_itself_is_late(entry: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions.entries import submit

    clock.set("2026-06-30T15:59:59Z")
    assert submit(leader(entry), entry).number == 1
    clock.set("2026-06-30T16:00:00Z")
    with pytest.raises(RefusedError) as caught:
        submit(leader(entry), entry)
    assert caught.value.code == "server.challenge.too_late"
    assert (caught.value.data["seconds"], caught.value.data["zone"]) == (0, "Asia/Shanghai")
    assert caught.value.data["closes"] == "2026-07-01 00:00:00"
    entry.refresh_from_db()
    assert (entry.state, entry.submissions.count()) == ("submitted", 1)


def test_a_clock_that_jumps_back_reopens_no_deadline(edition: Any, entry: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions import entries
    from dataferry.server.challenge.models import Submission

    entries.submit(leader(entry), entry)
    # A submission of this edition was received after the deadline's instant, by another division's calendar.
    Submission.objects.create(
        entry=entry, number=2, document={}, digest="", submitted_at=clock.set("2026-07-01T00:00:05+08:00")
    )
    clock.set("2026-06-30T12:00:00+08:00")
    with pytest.raises(RefusedError, match="too late"):
        entries.submit(leader(entry), entry)


def test_what_is_missing_or_refused_is_said_all_at_once(edition: Any, clock: Clock) -> None:
    from dataferry.server.challenge.actions import entries

    team = make_team(edition, "hk")
    clock.during("submission")
    started = entries.start_entry(team.people[0], team, "meteorology")
    with pytest.raises(RefusedError) as caught:
        entries.submit(team.people[0], started)
    assert caught.value.data["parts"] == "title, summary, file deck"
    put_deck(started, [{"code": "server.challenge.x", "severity": "refuse", "data": {}}])
    entries.change_entry(team.people[0], started, 1, **TEXTS)
    with pytest.raises(RefusedError) as caught:
        entries.submit(team.people[0], started)
    assert caught.value.data["parts"] == "refused deck"


def test_versions_stay_and_two_in_one_second_are_two(entry: Any) -> None:
    from dataferry.server.challenge.actions import entries

    first = entries.submit(leader(entry), entry)
    entry.refresh_from_db()
    entries.change_entry(leader(entry), entry, entry.revision, title={"en": "Ferry times, second try (synthetic)"})
    second = entries.submit(leader(entry), entry)
    assert (first.number, second.number, first.submitted_at) == (1, 2, second.submitted_at)
    assert first.digest != second.digest
    with pytest.raises(RefusedError):
        first.save()
    with pytest.raises(Exception, match="final"):
        type(first)._base_manager.filter(pk=first.pk)._raw_delete("default")


def test_two_people_of_a_team_do_not_overwrite_each_other(entry: Any) -> None:
    from dataferry.server.challenge.actions.entries import change_entry

    one, two = (member.user for member in entry.team.members.all())
    change_entry(one, entry, entry.revision, title={"en": "One"})
    with pytest.raises(DataferryError) as caught:
        change_entry(two, entry, entry.revision, title={"en": "Two"})
    assert caught.value.code == "server.challenge.entry_changed"
    entry.refresh_from_db()
    assert entry.title["en"] == "One"


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("渡輪🛳️時刻", "渡輪🛳️時刻"),
        ("مواعيد العبّارة", "مواعيد العبّارة"),
        ("  ferry\u0000\u202e times ", "ferry times"),
    ],
)
def test_names_of_all_scripts_are_kept_and_control_characters_go(entry: Any, title: str, kept: str) -> None:
    from dataferry.server.challenge.actions.entries import change_entry

    changed = change_entry(leader(entry), entry, entry.revision, title={"en": title})
    assert changed.title["en"] == kept


def test_a_title_of_ten_thousand_characters_is_refused_with_its_length(entry: Any) -> None:
    from dataferry.server.challenge.actions.entries import change_entry

    with pytest.raises(InputError) as caught:
        change_entry(leader(entry), entry, entry.revision, title={"en": "渡" * 10_000})
    assert (caught.value.data["most"], caught.value.data["found"]) == (200, 10_000)


def test_only_the_team_writes_and_only_its_city_decides(entry: Any, hk_organiser: Any, sh_organiser: Any) -> None:
    from dataferry.server.challenge.actions import entries
    from dataferry.server.challenge.models import Entry

    with pytest.raises(RefusedError):
        entries.submit(sh_organiser, entry)
    Entry.objects.filter(pk=entry.pk).update(state="locked")
    with pytest.raises(RefusedError):
        entries.decide_entry(hk_organiser, entry, "eligible")
    with pytest.raises(InputError, match="why"):
        entries.decide_entry(sh_organiser, entry, "ineligible")
    entries.decide_entry(sh_organiser, entry, "ineligible", "Registered elsewhere.")
    entry.refresh_from_db()
    assert (entry.state, entry.state_reason) == ("ineligible", "Registered elsewhere.")


def test_nothing_is_eligible_while_a_check_of_its_team_is_open(entry: Any, sh_organiser: Any) -> None:
    from dataferry.server.challenge.actions.entries import decide_entry
    from dataferry.server.challenge.models import EligibilityCheck, Entry

    Entry.objects.filter(pk=entry.pk).update(state="locked")
    check = EligibilityCheck.objects.create(team=entry.team, rule="residence", kind="documented")
    with pytest.raises(RefusedError) as caught:
        decide_entry(sh_organiser, entry, "eligible")
    assert caught.value.data["rules"] == "residence"
    EligibilityCheck.objects.filter(pk=check.pk).update(state="passed")
    assert decide_entry(sh_organiser, entry, "eligible").state == "eligible"
