"""Promise: a round opens only when nothing stands in its way, and its entries come to judges without any conflict."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.challenge.actions import assigning, judges
from dataferry.server.challenge.models import ScoreSheet
from dataferry.server.web.problems import ConflictError

from .judging_house import JudgedRound, make_entries, make_judge, score, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(edition: Any, clock: Any) -> JudgedRound:
    clock.during("screening")
    return JudgedRound(edition)


def test_a_round_opens_when_judges_are_confirmed_and_have_declared(edition: Any, clock: Any) -> None:
    house = JudgedRound(edition, judges=1)
    late = make_judge(house.organiser, edition, ready=False)
    with pytest.raises(RefusedError) as refused:
        assigning.open_round(house.organiser, house.round)
    assert [each["code"] for each in refused.value.data["problems"]] == [
        "server.challenge.judges_unconfirmed",
        "server.challenge.judges_undeclared",
    ]
    judges.confirm_identity(house.organiser, late)
    judges.declare_done(late.user, late)
    opened = assigning.open_round(house.organiser, house.round)
    assert opened.state == "open"
    assert opened.rules["rubric"]["criteria"][0]["weight"] == "20"
    (event,) = journal.events(acts=["challenge.round_opened"])
    assert event.payload["rules"].startswith("sha256:")


def test_rules_are_copied_at_the_opening(judged: JudgedRound) -> None:
    judged.opened()
    edition = judged.edition
    document = {**edition.document}
    document["rubrics"] = [{**each, "criteria": each["criteria"][:1]} for each in document["rubrics"]]
    edition.document = document
    edition.save()
    judged.round.refresh_from_db()
    assert len(judged.round.rules["rubric"]["criteria"]) == 4


def test_assignment_meets_no_conflict_and_gives_every_entry_its_scores(judged: JudgedRound) -> None:
    barred = judged.judges[0], judged.entries[0]
    judges.declare_conflict(judged.organiser, barred[0], barred[1].team, "organiser", "They are neighbours.")
    judged.assigned()
    given = ScoreSheet.objects.filter(round=judged.round)
    assert not given.filter(judge=barred[0], entry=barred[1]).exists()
    assert {entry.sheets.count() for entry in judged.entries} == {2}
    loads = [given.filter(judge=judge).count() for judge in judged.judges]
    assert max(loads) - min(loads) <= 1
    with pytest.raises(ConflictError):
        assigning.assign_round(judged.organiser, judged.round)


def test_every_judge_has_an_order_of_their_own(edition: Any, clock: Any) -> None:
    house = JudgedRound(edition, judges=2, entries=8).assigned()
    orders = [list(judge.sheets.order_by("position").values_list("entry__code", flat=True)) for judge in house.judges]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert all(list(judge.sheets.values_list("position", flat=True)) == list(range(1, 9)) for judge in house.judges)


def test_anchors_are_scored_by_everybody_also_of_the_other_city(edition: Any, clock: Any) -> None:
    house = JudgedRound(edition)
    guest = make_judge(house.organiser, edition, "shanghai", rounds=list(edition.rounds.all()))
    assigning.set_anchors(house.organiser, house.round, [house.entries[1]])
    house.assigned()
    assert house.entries[1].sheets.count() == 4
    assert list(guest.sheets.values_list("entry", flat=True)) == [house.entries[1].pk]


def test_proposed_anchors_spread_over_topics_and_stay_the_same(judged: JudgedRound) -> None:
    from dataferry.server.challenge.queries.assigning import proposed_anchors

    chosen = proposed_anchors(judged.round, 3)
    assert len({entry.subcategory for entry in chosen}) == 3
    assert [entry.pk for entry in proposed_anchors(judged.round, 3)] == [entry.pk for entry in chosen]


def test_what_cannot_be_assigned_says_which_demand_fails_and_a_way_out(judged: JudgedRound) -> None:
    entry = judged.entries[0]
    for judge in judged.judges[:2]:
        judges.declare_conflict(judged.organiser, judge, entry.team, "organiser", "Known to each other.")
    judged.opened()
    with pytest.raises(RefusedError) as refused:
        assigning.assign_round(judged.organiser, judged.round)
    assert refused.value.code == "judging.infeasible"
    assert {each["entry"] for each in refused.value.data["relaxations"] if each["entry"]} == {entry.code}
    assert not judged.sheets
    assigning.assign_round(judged.organiser, judged.round, refused.value.data["relaxations"])
    assert entry.sheets.count() == 1


def test_a_judge_who_leaves_is_replaced_with_the_fewest_changes(judged: JudgedRound) -> None:
    judged.assigned()
    leaving = judged.judges[0]
    signed = leaving.sheets.first()
    sign(signed)
    begun = score(judged.judges[1].sheets.first())
    judges.drop_judge(judged.organiser, leaving, "Ill.")
    fresh = make_judge(judged.organiser, judged.edition)
    before = {(s.judge_id, s.entry_id) for s in judged.sheets if s.judge_id != leaving.pk}
    assigning.reassign_round(judged.organiser, judged.round)
    signed.refresh_from_db()
    begun.refresh_from_db()
    assert (signed.state, begun.state) == ("signed", "saved")
    after = {(s.judge_id, s.entry_id) for s in judged.sheets}
    assert len(before - after) <= 1
    assert fresh.sheets.exists()
    assert all(entry.sheets.exclude(state="withdrawn").count() == 2 for entry in judged.entries)


def test_a_final_needs_two_free_judges_of_each_city(edition: Any, clock: Any) -> None:
    house = JudgedRound(edition, judges=2, entries=1)
    final = edition.rounds.get(code="final")
    entry = make_entries(edition, "sh", 1, state="shortlisted")[0]
    first, _second = (make_judge(house.organiser, edition, "shanghai") for _ in range(2))
    judges.declare_conflict(house.organiser, first, entry.team, "organiser", "Known.")
    with pytest.raises(RefusedError) as refused:
        assigning.open_round(house.organiser, final)
    (problem,) = refused.value.data["problems"]
    assert (problem["code"], problem["data"]["city"], problem["data"]["free"]) == (
        "server.challenge.too_few_judges",
        "shanghai",
        1,
    )
    make_judge(house.organiser, edition, "shanghai")
    opened = assigning.open_round(house.organiser, final)
    assigning.assign_round(house.organiser, opened)
    assert entry.sheets.count() == 4


def test_practice_comes_before_the_round_and_never_counts(judged: JudgedRound) -> None:
    from dataferry.server.challenge.queries import chair, desk_view, sheets

    samples = judged.entries[:2]
    assigning.begin_calibration(judged.organiser, judged.round, samples)
    own = list(sheets.own_sheets(judged.judges[0].user))
    assert [sheet.calibration for sheet in own] == [True, True]
    sign(own[0])
    practised = chair.practice(judged.round)
    assert sum(total is not None for _judge, totals, *_rest in practised.rows for total in totals) == 1
    judged.assigned()
    assert not list(journal.events(acts=["challenge.sheet_signed"]))
    assert sheets.signed_scores(judged.round) == []
    assert all(not sheet.calibration for sheet in sheets.own_sheets(judged.judges[0].user))
    assert desk_view.groups(judged.judges[0].user)[0].groups[0].calibration is False


def test_closing_locks_what_is_signed_and_wants_a_reason_for_the_rest(judged: JudgedRound) -> None:
    judged.assigned()
    with pytest.raises(RefusedError, match="not signed"):
        assigning.close_round(judged.organiser, judged.round)
    with pytest.raises(RefusedError, match="Nobody has signed"):
        assigning.close_round(judged.organiser, judged.round, "In a hurry.")
    first, *others = judged.sheets
    sign(first)
    assigning.close_round(judged.organiser, judged.round, "Two judges never came.")
    states = {sheet.pk: sheet.state for sheet in ScoreSheet.objects.all()}
    assert states.pop(first.pk) == "locked"
    assert set(states.values()) == {"withdrawn"}
    assert len(states) == len(others)


def test_only_organisers_of_the_city_run_a_round(judged: JudgedRound, sh_organiser: Any) -> None:
    for person in (sh_organiser, judged.judges[0].user, judged.entries[0].team.people[0]):
        for act in (assigning.open_round, assigning.assign_round, assigning.reassign_round, assigning.close_round):
            with pytest.raises(RefusedError):
                act(person, judged.round)
