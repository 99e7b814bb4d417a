"""Promise: a score is exactly what its judge signed; nobody else writes it, and no order of acts leads around that."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from dataferry.messages import DataferryError, InputError, RefusedError
from dataferry.server import journal
from dataferry.server.challenge.actions import assigning, judges, panels, scoring
from dataferry.server.challenge.models import ScoreSheet, SheetRevision
from dataferry.server.journal.canonical import canonical, digest
from dataferry.server.web.problems import ConflictError
from server.persons import make_person

from .judging_house import FIRST, JudgedRound, score, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(edition: Any, clock: Any) -> JudgedRound:
    clock.during("screening")
    return JudgedRound(edition).assigned()


def test_a_signed_sheet_stands_in_the_journal_with_scores_and_digest(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    signed = sign(sheet, {**FIRST, "doing": "９０"})
    (event,) = journal.events(acts=["challenge.sheet_signed"])
    assert event.object == f"sheet:{sheet.pk}"
    assert dict(event.payload["scores"]) == FIRST == signed.scores
    places = {
        "edition": judged.edition.slug,
        "round": "screening-hk",
        "entry": sheet.entry.code,
        "judge": str(sheet.judge_id),
        "panel": "hong-kong",
    }
    assert {key: event.payload[key] for key in places} == places
    told = {**places, "sheet": sheet.pk, "revision": 1, "scores": FIRST, "comment_team": "", "comment_panel": ""}
    assert event.payload["digest"] == signed.digest == f"sha256:{digest(canonical(told))}"


@pytest.mark.parametrize(
    "text",
    ["NaN", "Infinity", "1e400", "1e2", "-1", "100.5", "101", "7.5", "0x10", "1_0", "八十", "80 90", "٣", "--1", "+5"],
)
def test_what_is_no_score_of_the_scale_is_refused_and_changes_nothing(judged: JudgedRound, text: str) -> None:
    sheet = judged.sheet()
    with pytest.raises(InputError) as refused:
        score(sheet, {**FIRST, "data": text})
    assert refused.value.data["field"] == "data"
    sheet.refresh_from_db()
    assert (sheet.scores, sheet.revision) == ({}, 1)


def test_numbers_have_one_way_of_writing(judged: JudgedRound) -> None:
    saved = score(judged.sheet(), {"novelty": " ０７０ ", "data": "80.000", "benefit": "", "doing": "0"})
    assert saved.scores == {"novelty": "70", "data": "80", "doing": "0"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=12), st.decimals().map(str), st.floats().map(str), st.integers().map(str)))
def test_any_text_is_a_score_on_the_scale_or_refused(judged: JudgedRound, text: str) -> None:
    try:
        kept = scoring.read_scores(judged.round, {"data": text})
    except InputError:
        return
    if kept:
        value = Decimal(kept["data"])
        assert value == value.to_integral_value()
        assert 0 <= value <= 100
        assert scoring.read_scores(judged.round, kept) == kept


def test_two_windows_cannot_overwrite_each_other(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    user = sheet.judge.user
    scoring.save_sheet(user, sheet, 1, {"data": "50"})
    with pytest.raises(ConflictError) as refused:
        scoring.save_sheet(user, sheet, 1, {"data": "60"})
    assert (refused.value.data["yours"], refused.value.data["theirs"]) == (1, 2)
    with pytest.raises(ConflictError):
        scoring.sign_sheet(user, sheet, revision=1)
    sheet.refresh_from_db()
    assert sheet.scores == {"data": "50"}


def test_an_incomplete_sheet_is_saved_but_not_signed(judged: JudgedRound) -> None:
    saved = score(judged.sheet(), {"data": "50"})
    with pytest.raises(InputError) as refused:
        scoring.sign_sheet(saved.judge.user, saved)
    assert refused.value.data["missing"] == ["novelty", "benefit", "doing"]


def test_two_officials_who_do_not_judge_reopen_a_sheet(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    judge = sheet.judge.user
    sign(sheet)
    assigning.close_round(judged.organiser, judged.round, "Enough.")
    with pytest.raises(RefusedError):
        scoring.propose_reopening(judge, sheet, "I changed my mind.")
    reopening = scoring.propose_reopening(judged.organiser, sheet, "A digit was dropped.")
    with pytest.raises(RefusedError, match="Two different"):
        scoring.confirm_reopening(judged.organiser, reopening)
    scoring.confirm_reopening(judged.second, reopening)
    with pytest.raises(ConflictError):
        scoring.confirm_reopening(judged.second, reopening)
    sheet.refresh_from_db()
    assert sheet.state == "reopened"
    again = sign(sheet, {**FIRST, "data": "81"})
    sheet.refresh_from_db()
    assert (sheet.state, again.number) == ("locked", 2)
    assert [r.scores["data"] for r in SheetRevision.objects.order_by("number")] == ["80", "81"]
    acts = [event.act for event in journal.events() if event.object == f"sheet:{sheet.pk}"]
    assert acts == [
        "challenge.sheet_signed",
        "challenge.reopening_proposed",
        "challenge.sheet_reopened",
        "challenge.sheet_signed",
    ]


def test_a_recused_judge_does_not_get_the_entry_again(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    scoring.recuse(sheet.judge.user, sheet, "We share an office.")
    assigning.reassign_round(judged.organiser, judged.round)
    assert ScoreSheet.objects.filter(judge=sheet.judge, entry=sheet.entry).get().state == "recused"
    assert sheet.entry.sheets.exclude(state="recused").count() == 2


def test_reports_of_more_judges_than_the_edition_allows_may_be_upheld(edition: Any, clock: Any) -> None:
    house = JudgedRound(edition, judges=3)
    assigning.set_anchors(house.organiser, house.round, house.entries[:1])
    house.assigned()
    entry = house.entries[0]
    for judge in house.judges[:2]:
        panels.report_anonymity(judge.user, entry, "A logo on page 2.")
    with pytest.raises(ConflictError):
        panels.report_anonymity(house.judges[0].user, entry, "Again.")
    with pytest.raises(RefusedError, match="More than 2"):
        panels.decide_anonymity(house.organiser, entry, uphold=True, reason="Seen.")
    panels.report_anonymity(house.judges[2].user, entry, "A name in the video.")
    with pytest.raises(RefusedError):
        panels.decide_anonymity(house.judges[2].user, entry, uphold=True, reason="Seen.")
    assert panels.decide_anonymity(house.organiser, entry, uphold=True, reason="The logo is the team's.") == 3
    entry.refresh_from_db()
    assert entry.state == "disqualified"


def test_judges_vote_once_on_entries_that_a_result_leaves_tied(judged: JudgedRound, monkeypatch: Any) -> None:
    from dataferry.server.challenge.queries import panels as queries

    for sheet in judged.sheets:
        sign(sheet)
    assigning.close_round(judged.organiser, judged.round)
    one, other, third = judged.entries[:3]
    monkeypatch.setattr(queries, "open_pairs", lambda _round: {frozenset((one.code, other.code))})
    voter = judged.judges[0]
    panels.cast_ballot(voter.user, judged.round, one, other)
    for better, worse in ((one, other), (other, one)):
        with pytest.raises(ConflictError):
            panels.cast_ballot(voter.user, judged.round, better, worse)
    with pytest.raises(RefusedError, match="not tied"):
        panels.cast_ballot(voter.user, judged.round, one, third)
    judges.declare_conflict(judged.organiser, judged.judges[1], other.team, "organiser", "Late.")
    for person in (judged.judges[1].user, judged.organiser, one.team.people[0]):
        with pytest.raises(RefusedError):
            panels.cast_ballot(person, judged.round, one, other)
    (event,) = journal.events(acts=["challenge.ballot_cast"])
    assert event.payload == {"judge": str(voter.pk), "better": one.code, "worse": other.code}


class SheetLife(RuleBasedStateMachine):
    """Everybody tries everything with one sheet, in any order. A model says who should have succeeded."""

    house: Any = None

    def __init__(self) -> None:
        super().__init__()
        from django.db import transaction

        self.undo = transaction.atomic()
        self.undo.__enter__()
        house = type(self).house
        self.sheet = house.sheets[0]
        self.people = {
            "judge": self.sheet.judge.user,
            "other judge": next(each for each in house.judges if each.pk != self.sheet.judge_id).user,
            "organiser": house.organiser,
            "second organiser": house.second,
            "team": self.sheet.entry.team.members.get().user,
            "stranger": house.stranger,
        }
        self.signed: list[dict[str, str]] = []
        self.waiting: tuple[str, Any] | None = None

    def teardown(self) -> None:
        from django.db import transaction

        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    @property
    def state(self) -> str:
        return ScoreSheet.objects.get(pk=self.sheet.pk).state

    def attempt(self, who: str, act: Any) -> bool:
        """Whether it was allowed. A refusal has words; the people's standing is read anew."""
        from django.contrib.auth.models import User
        from django.db import transaction

        try:
            with transaction.atomic():
                act(User.objects.get(pk=self.people[who].pk), ScoreSheet.objects.get(pk=self.sheet.pk))
        except DataferryError:
            return False
        return True

    WHO = st.sampled_from(["judge", "other judge", "organiser", "second organiser", "team", "stranger"])

    @rule(who=WHO, data=st.sampled_from(["0", "55", "100", "NaN", "100.5", ""]), complete=st.booleans())
    def save(self, who: str, data: str, complete: bool) -> None:
        before = self.state
        scores = {**FIRST, "data": data} if complete else {"data": data}
        done = self.attempt(who, lambda user, row: scoring.save_sheet(user, row, row.revision, scores))
        allowed = who == "judge" and before in ("assigned", "opened", "saved", "reopened")
        assert done == (allowed and data not in ("NaN", "100.5"))

    @rule(who=WHO)
    def sign(self, who: str) -> None:
        row = ScoreSheet.objects.get(pk=self.sheet.pk)
        done = self.attempt(who, scoring.sign_sheet)
        assert done == (who == "judge" and row.state in ("saved", "reopened") and set(row.scores) == set(FIRST))
        if done:
            self.signed.append(dict(row.scores))

    @rule(who=WHO)
    def recuse(self, who: str) -> None:
        before = self.state
        done = self.attempt(who, lambda user, row: scoring.recuse(user, row, "A reason."))
        assert done == (who == "judge" and before in ("assigned", "opened", "saved", "signed"))

    @rule(who=WHO)
    def propose(self, who: str) -> None:
        before, kept = self.state, []
        done = self.attempt(who, lambda user, row: kept.append(scoring.propose_reopening(user, row, "A reason.")))
        free = self.waiting is None and before in ("signed", "locked")
        assert done == (who in ("organiser", "second organiser") and free)
        if done:
            self.waiting = (who, kept[0])

    @precondition(lambda self: self.waiting is not None)
    @rule(who=WHO)
    def confirm(self, who: str) -> None:
        before = self.state
        proposer, reopening = self.waiting or ("", None)
        done = self.attempt(who, lambda user, _row: scoring.confirm_reopening(user, reopening))
        officials = {"organiser", "second organiser"} - {proposer}
        assert done == (who in officials and before in ("signed", "locked"))
        if done:
            self.waiting = None

    @rule(who=WHO)
    def conflict(self, who: str) -> None:
        before = self.state
        team, judge = self.sheet.entry.team, self.sheet.judge
        done = self.attempt(who, lambda user, _row: judges.declare_conflict(user, judge, team, "self", "A reason."))
        assert done == (who in ("judge", "organiser", "second organiser"))
        if done and before not in ("recused", "withdrawn"):
            assert self.state == "withdrawn"

    @invariant()
    def every_signature_is_kept(self) -> None:
        kept = list(SheetRevision.objects.filter(sheet=self.sheet).order_by("number").values_list("scores", flat=True))
        assert kept == self.signed

    @invariant()
    def what_counts_is_what_was_signed_last(self) -> None:
        row = ScoreSheet.objects.get(pk=self.sheet.pk)
        if row.state in ("signed", "locked"):
            assert row.scores == self.signed[-1]


def test_no_order_of_acts_by_anybody_leads_around_the_rules(judged: JudgedRound) -> None:
    judged.stranger = make_person()
    SheetLife.house = judged
    run_state_machine_as_test(SheetLife, settings=settings(max_examples=40, stateful_step_count=14, deadline=None))
