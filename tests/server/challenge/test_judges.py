"""Promise: no judge scores anybody they are tied to, whenever the tie comes to light and whoever knows of it."""

from __future__ import annotations

from typing import Any

import pytest

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal
from dataferry.server.challenge.actions import assigning, conflicts, judges, scoring
from dataferry.server.challenge.models import Conflict, Mentorship, TeamMember
from dataferry.server.challenge.queries import judges as queries
from dataferry.server.people import Role
from dataferry.server.people.models import Membership, Organisation
from dataferry.server.web.problems import ConflictError
from server.challenge.editions import make_edition, make_team
from server.persons import make_person

from .judging_house import JudgedRound, make_judge, score, sign

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(edition: Any, clock: Any) -> JudgedRound:
    clock.during("screening")
    return JudgedRound(edition).assigned()


def sources(judge: Any, team: Any) -> set[str]:
    standing = Conflict.objects.filter(judge=judge, team=team, withdrawn_at=None)
    return set(standing.values_list("source", flat=True))


def house_of(*people: Any, name: str = "海港研究所", slug: str = "harbour-institute") -> Organisation:
    organisation, _new = Organisation.objects.get_or_create(slug=slug, defaults={"name": {"zh-Hant": name}})
    for person in people:
        Membership.objects.create(organisation=organisation, user=person)
    return organisation


def test_who_may_be_appointed(edition: Any, organiser: Any, hk_organiser: Any) -> None:
    options: dict[str, Any] = {"city": "hong-kong", "languages": ["en"]}
    judge = make_judge(organiser, edition, ready=False)
    refused = {
        "no role": make_person(),
        "role of the other city": make_person("", Role.JUDGE, city="shanghai"),
        "organises": make_person("", Role.JUDGE, Role.ORGANISER),
        "takes part": make_team(edition).people[0],
        "themselves": hk_organiser,
    }
    for why, person in refused.items():
        with pytest.raises(RefusedError):
            judges.appoint(hk_organiser, edition, person, **options)
        assert not edition.judges.filter(user=person).exists(), why
    with pytest.raises(ConflictError):
        judges.appoint(organiser, edition, judge.user, **options)
    with pytest.raises(RefusedError):
        judges.appoint(hk_organiser, edition, make_person("", Role.JUDGE), city="shanghai", languages=["en"])
    for wrong in (
        {"languages": []},
        {"languages": ["fr"]},
        {"topics": ["alchemy"]},
        {"city": "macao"},
        {"capacity": 0},
    ):
        with pytest.raises(InputError):
            judges.appoint(organiser, edition, make_person("", Role.JUDGE), **{**options, **wrong})
    assert {each.code for each in judge.rounds.all()} == {"screening-hk", "final"}


def test_only_another_organiser_confirms_and_only_the_judge_declares(edition: Any, organiser: Any) -> None:
    judge = make_judge(organiser, edition, ready=False)
    for person in (judge.user, make_person()):
        with pytest.raises(RefusedError):
            judges.confirm_identity(person, judge)
    with pytest.raises(RefusedError):
        judges.declare_done(organiser, judge)
    assert judges.confirm_identity(organiser, judge).confirmed_by == organiser


def test_conflicts_are_derived_from_what_the_house_knows(edition: Any, organiser: Any) -> None:
    judge = make_judge(organiser, edition)
    colleagues, former, mentored, stranger = (make_team(edition) for _ in range(4))
    house_of(judge.user, colleagues.people[0])
    earlier = make_edition("harbour-2025")
    old = make_team(earlier)
    for person in (judge.user, former.people[0]):
        TeamMember.objects.create(
            team=old,
            edition=earlier,
            user=person,
            exclusive=False,
            joined_at=old.registered_at,
            left_at=old.registered_at,
        )
    Mentorship.objects.create(team=mentored, mentor=judge.user, since=mentored.registered_at)
    judges.derive_conflicts(edition)
    assert sources(judge, colleagues) == {"organisation"}
    assert sources(judge, former) == {"membership"}
    assert sources(judge, mentored) == {"mentor"}
    assert sources(judge, stranger) == set()


def test_every_change_is_looked_at_in_its_own_transaction(judged: JudgedRound) -> None:
    """Nobody calls `derive_conflicts` here: the rows themselves are listened to."""
    sheet = judged.sheet()
    judge, team = sheet.judge, sheet.entry.team
    house_of(judge.user)
    house_of(team.members.get().user)
    assert sources(judge, team) == {"organisation"}
    other = next(each for each in judged.sheets if each.judge_id != judge.pk)
    Mentorship.objects.create(team=other.entry.team, mentor=other.judge.user, since=other.assigned_at)
    assert sources(other.judge, other.entry.team) == {"mentor"}
    third = next(each for each in judged.judges if each.pk not in (judge.pk, other.judge_id))
    TeamMember.objects.create(team=team, edition=team.edition, user=third.user, joined_at=team.registered_at)
    assert sources(third, team) == {"membership"}
    for row in (sheet, other):
        row.refresh_from_db()
        assert row.state == "withdrawn"


def test_relations_match_across_scripts_and_tell_nobody(edition: Any, organiser: Any) -> None:
    judge = make_judge(organiser, edition)
    ours, theirs, unknown = (make_team(edition) for _ in range(3))
    house_of(judge.user, name="港灣大學", slug="bay-university")
    house_of(theirs.people[0], name="黃埔數據公司", slug="whampoa-data")
    judges.declare_relation(ours.people[0], ours, "employer", "港湾大学")
    judges.declare_relation(judge.user, judge, "family", "  黄埔数据公司 ")
    judges.declare_relation(unknown.people[0], unknown, "family", judge.user.email.upper())
    judges.declare_relation(unknown.people[0], unknown, "other", "Somebody else Ltd")
    assert sources(judge, ours) == {"team"}
    assert sources(judge, theirs) == {"family"}
    assert sources(judge, unknown) == {"family"}
    assert [each.other for each in queries.unmatched(edition)] == []
    nobody = make_team(edition)
    judges.declare_relation(nobody.people[0], nobody, "employer", "Unheard of Ltd")
    assert [each.other for each in queries.unmatched(edition)] == ["Unheard of Ltd"]
    for wrong in ("", " \n ", "x" * 301):
        with pytest.raises(InputError):
            judges.declare_relation(judge.user, judge, "family", wrong)
    with pytest.raises(RefusedError):
        judges.declare_relation(ours.people[0], theirs, "family", "a@example.org")
    assert all("other" not in event.payload for event in journal.events(acts=["challenge.relation_declared"]))


def test_an_unsigned_sheet_goes_and_a_signed_one_is_flagged(judged: JudgedRound) -> None:
    begun, signed, *_rest = judged.sheets
    score(begun)
    sign(signed)
    for row in (begun, signed):
        judges.declare_conflict(judged.organiser, row.judge, row.entry.team, "organiser", "Known late.")
        row.refresh_from_db()
        assert row.state == "withdrawn"
    assert queries.flagged(judged.edition) == [signed]
    told = {event.object: event.payload for event in journal.events(acts=["challenge.sheet_withdrawn"])}
    assert told[f"sheet:{signed.pk}"]["signed"] is True
    assert told[f"sheet:{begun.pk}"]["signed"] is False
    assert told[f"sheet:{begun.pk}"]["round"] == "screening-hk"
    with pytest.raises(RefusedError):
        score(begun)
    assigning.reassign_round(judged.organiser, judged.round)
    assert begun.entry.sheets.exclude(state="withdrawn").count() == 2


def test_a_team_cannot_undo_a_score_by_its_word_alone(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    sign(sheet)
    team = sheet.entry.team
    judges.declare_relation(team.members.get().user, team, "employer", sheet.judge.user.email)
    sheet.refresh_from_db()
    assert sheet.state == "signed"
    assert queries.flagged(judged.edition) == [sheet]
    with pytest.raises(RefusedError):
        conflicts.set_aside(sheet.judge.user, sheet, "I would rather not.")
    conflicts.set_aside(judged.organiser, sheet, "It is true.")
    sheet.refresh_from_db()
    assert sheet.state == "withdrawn"


def test_a_conflict_that_is_none_is_withdrawn_by_an_organiser_and_does_not_come_back(judged: JudgedRound) -> None:
    judge, team = judged.judges[0], judged.entries[0].team
    house_of(judge.user, team.members.get().user)
    conflict = Conflict.objects.get(judge=judge, team=team)
    with pytest.raises(RefusedError):
        judges.withdraw_conflict(judge.user, conflict, "It is nothing.")
    with pytest.raises(InputError):
        judges.withdraw_conflict(judged.organiser, conflict, " ")
    judges.withdraw_conflict(judged.organiser, conflict, "Another institute of the same name.")
    judges.derive_conflicts(judged.edition)
    assert sources(judge, team) == set()


def test_a_judge_in_conflict_can_do_nothing_even_before_the_sheet_is_gone(judged: JudgedRound) -> None:
    sheet = judged.sheet()
    Conflict.objects.create(
        judge=sheet.judge,
        team=sheet.entry.team,
        source="organiser",
        found_at=sheet.assigned_at,
        reason="Put past the action.",
    )
    for act in (scoring.open_sheet, scoring.sign_sheet):
        with pytest.raises(RefusedError, match="conflict of interest"):
            act(sheet.judge.user, sheet)


def test_the_lists_do_not_ask_more_when_they_grow(judged: JudgedRound) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dataferry.server.challenge.queries import chair, desk_view

    def asked(act: Any) -> int:
        with CaptureQueriesContext(connection) as seen:
            act()
        return len(seen)

    person = judged.judges[0].user
    acts = [
        lambda: list(queries.judges_of(judged.edition)),
        lambda: queries.derived(judged.edition),
        lambda: chair.matrix(judged.edition),
        lambda: desk_view.groups(person),
    ]
    before = [asked(act) for act in acts]
    for _ in range(3):
        make_judge(judged.organiser, judged.edition)
        team = make_team(judged.edition)
        judges.declare_conflict(judged.organiser, judged.judges[1], team, "organiser", "Known.")
    assert [asked(act) for act in acts] == before
