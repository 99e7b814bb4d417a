"""Promise: a team is heard in its time on the edition's grounds; nobody decides on what they had a part in; an upheld
appeal needs a new revision. Whoever tries what, in whatever order, only the lives' own moves happen."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.test import Client

from dataferry.messages import DataferryError
from server.challenge.editions import make_organiser
from server.challenge.judging_house import make_judge
from server.challenge.result_house import ResultHouse
from server.persons import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(home: Any, clock: Any) -> ResultHouse:
    return ResultHouse(clock)


def told(answer: Any) -> str:
    return " ".join(str(each) for each in answer.context["messages"])


GIVEN = {"grounds": "arithmetic", "statement": "The total of sheet 2 is wrong."}


def test_a_team_appeals_and_the_result_is_corrected(house: ResultHouse, client: Client) -> None:
    from dataferry.server.challenge.actions import results
    from dataferry.server.challenge.models import Appeal
    from dataferry.server.letters import Letter

    entry = house.entries["hk"][0]
    page = f"/en/challenge/mine/teams/{entry.team_id}/appeals/"
    client.force_login(house.leader(entry))
    assert b"no result against which" in client.get(page).content
    provisional = house.provisional()
    shown = client.get(page).content.decode()
    assert "in Hong Kong" in shown
    assert "left" in shown
    assert client.post(page, {**GIVEN, "grounds": "taste"}).status_code == 422
    assert client.post(page, {**GIVEN, "statement": "x" * 10_001}).status_code == 422
    statement = "=1+1 <script>alert(1)</script> مرحبا 🚢"
    assert "The appeal is filed" in told(client.post(page, {**GIVEN, "statement": statement}, follow=True))
    assert "has an open appeal" in client.post(page, GIVEN).content.decode()
    appeal = Appeal.objects.get()

    organiser = Client()
    organiser.force_login(house.organiser)
    one = f"/en/challenge/appeals/{appeal.pk}/"
    seen = organiser.get(one).content.decode()
    assert "<script>alert" not in seen
    assert organiser.post(one, {"do": "refuse", "reason": ""}).status_code == 422
    organiser.post(one, {"do": "admit"})
    round_page = "/en/challenge/editions/harbour-2026/results/rounds/screening-hk/"
    assert "1 appeals" in told(organiser.post(round_page, {"do": "seal"}, follow=True))
    organiser.post(one, {"do": "uphold", "reason": "It was typed wrongly."})
    appeal.refresh_from_db()
    assert (appeal.state, appeal.decided_by) == ("upheld", house.organiser)
    assert "does not answer it" in told(organiser.post(round_page, {"do": "seal"}, follow=True))
    assert b"It was typed wrongly." in client.get(one).content
    assert Letter.objects.filter(key__startswith=f"appeal:{appeal.pk}/").count() == 2

    house.clock.advance(minutes=1)
    corrected = results.compute_result(house.organiser, provisional.round, "A sheet was corrected.")
    corrected = results.publish_provisional(house.organiser, corrected)
    provisional.refresh_from_db()
    assert (corrected.revision, provisional.state) == (2, "superseded")
    assert results.seal_result(house.organiser, corrected).state == "sealed"


def test_an_appeal_against_an_older_revision_is_not_lost(house: ResultHouse) -> None:
    from dataferry.server.challenge.actions import appeals, results

    entry = house.entries["hk"][1]
    first = house.provisional()
    appeals.file_appeal(house.leader(entry), first, entry, "procedure", "We were not asked.")
    second = results.publish_provisional(
        house.organiser, results.compute_result(house.organiser, first.round, "Computed again.")
    )
    with pytest.raises(DataferryError) as caught:
        results.seal_result(house.organiser, second)
    assert caught.value.code == "server.challenge.appeals_open"


def test_the_window_ends_to_the_second(house: ResultHouse) -> None:
    from datetime import timedelta

    from dataferry.server.challenge.actions import appeals

    first = house.provisional()
    entry = house.entries["hk"][0]
    house.clock.set(first.provisional_at + timedelta(days=7))
    with pytest.raises(DataferryError) as caught:
        appeals.file_appeal(house.leader(entry), first, entry, "procedure", "Too late.")
    assert caught.value.code == "server.challenge.appeal_window_shut"
    assert "Asia/Hong_Kong" in str(caught.value.data["until"])
    house.clock.advance(seconds=-1)
    assert appeals.file_appeal(house.leader(entry), first, entry, "procedure", "In time.").state == "filed"
    other = house.entries["sh"][0]
    with pytest.raises(DataferryError) as caught:
        appeals.file_appeal(house.leader(other), first, other, "procedure", "Not our round.")
    assert caught.value.code == "server.challenge.entry_not_in_round"


def bound_people(house: ResultHouse, entry: Any) -> dict[str, Any]:
    """Organisers who have a part in it, by what ties them."""
    from dataferry.server.challenge.clock import now
    from dataferry.server.challenge.models import Conflict, Mentorship, Relation, TeamMember
    from dataferry.server.people import Role
    from dataferry.server.people.models import RoleGrant

    def organiser_too(person: Any) -> Any:
        RoleGrant.objects.create(user=person, role=Role.ORGANISER, city="")
        return person

    member, mentor, named = (make_organiser() for _ in range(3))
    TeamMember.objects.create(
        team=entry.team, edition=house.edition, user=member, is_leader=False, joined_at=now(), left_at=now()
    )
    Mentorship.objects.create(team=entry.team, mentor=mentor, since=now(), ended_at=now())
    Relation.objects.create(
        edition=house.edition,
        team=entry.team,
        kind="family",
        other=named.email.upper(),
        other_folded=named.email,
        declared_at=now(),
    )
    judge = make_judge(house.organiser, house.edition, "shanghai")
    conflicted = organiser_too(judge.user)
    Conflict.objects.create(judge=judge, team=entry.team, source="organisation", found_at=now())
    scored = organiser_too(house.judges["hk"][0].user)
    return {"member": member, "mentor": mentor, "named": named, "conflict": conflicted, "scored": scored}


def test_nobody_decides_on_what_they_had_a_part_in(house: ResultHouse, client: Client) -> None:
    from dataferry.server.challenge.actions import appeals

    entry = house.entries["hk"][0]
    result = house.provisional()
    appeal = appeals.file_appeal(house.leader(entry), result, entry, "procedure", "We were not asked.")
    for tie, person in bound_people(house, entry).items():
        for act in (
            lambda who=person: appeals.admit(who, appeal),
            lambda who=person: appeals.refuse(who, appeal, "No."),
            lambda who=person: appeals.decide(who, appeal, upheld=True, reason="Yes."),
        ):
            with pytest.raises(DataferryError) as caught:
                act()
            assert caught.value.code == "server.challenge.not_independent", tie
        client.force_login(person)
        shown = client.get(f"/en/challenge/appeals/{appeal.pk}/").content.decode()
        assert caught.value.text() in shown or tie == "member"
        assert 'value="admit"' not in shown
    assert appeals.admit(make_organiser("hong-kong"), appeal).state == "admitted"


@pytest.mark.parametrize("seed", range(4))
def test_whoever_tries_what_only_the_lives_own_moves_happen(house: ResultHouse, seed: int) -> None:
    """A random walk by every role over results, appeals: no crash, no state outside its table, the replay holds."""
    from dataferry.server.challenge.actions import appeals, results
    from dataferry.server.challenge.models import Appeal, Result
    from dataferry.server.challenge.states import TRANSITIONS, Life

    chance = random.Random(seed)  # noqa: S311 - a play
    round_ = house.judge("screening-hk")
    entry = house.entries["hk"][0]
    roles = [
        house.organiser,
        house.organiser,
        make_organiser("hong-kong"),
        make_organiser("shanghai"),
        house.leader(entry),
        house.judges["hk"][0].user,
        make_person(),
    ]
    organisers = set(roles[:3])
    refused: set[str] = set()

    def one(model: Any) -> Any:
        return chance.choice(list(model.objects.select_related().order_by("pk")))

    acts: list[Any] = [
        lambda who: results.compute_result(who, round_, "Again."),
        lambda who: results.publish_provisional(who, one(Result)),
        lambda who: results.seal_result(who, one(Result)),
        lambda who: results.publish_result(who, one(Result)),
        lambda who: appeals.file_appeal(who, one(Result), entry, "arithmetic", "Wrong."),
        lambda who: appeals.admit(who, one(Appeal)),
        lambda who: appeals.refuse(who, one(Appeal), "No."),
        lambda who: appeals.decide(who, one(Appeal), upheld=chance.random() < 0.3, reason="Looked into."),
        lambda who: appeals.withdraw_appeal(who, one(Appeal)),
    ]
    results.compute_result(house.organiser, round_)
    before = states_of(Result, Appeal)
    for _step in range(40):
        house.clock.advance(seconds=1)
        who, act = chance.choice(roles), chance.choice(acts)
        try:
            act(who)
        except DataferryError as error:
            refused.add(error.code)
            assert states_of(Result, Appeal) == before, "what is refused changes nothing"
        except IndexError:
            continue
        else:
            assert who in organisers or who == house.leader(entry)
        after = states_of(Result, Appeal)
        for (life, pk), state in after.items():
            old = before.get((life, pk))
            assert old in (None, state) or state in TRANSITIONS[Life(life)][old]
        before = after
    assert refused
    assert results.replay_edition(house.edition).holds
    standing = Result.objects.filter(round=round_, state__in=("provisional", "sealed", "published"))
    assert standing.filter(state="provisional").count() <= 1
    assert standing.filter(state__in=("sealed", "published")).count() <= 1


def states_of(*models: Any) -> dict[tuple[str, int], str]:
    return {
        (model.__name__.lower(), pk): state
        for model in models
        for pk, state in model.objects.values_list("pk", "state")
    }


def test_a_long_queue_asks_the_database_no_more(house: ResultHouse, client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from dataferry.server.challenge.actions import appeals

    provisional = house.provisional()
    client.force_login(house.organiser)
    asked = []
    for entry in house.entries["hk"]:
        appeals.file_appeal(house.leader(entry), provisional, entry, "procedure", "We were not asked.")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/en/challenge/editions/harbour-2026/appeals/").status_code == 200
        asked.append(len(queries))
    assert asked[1:] == asked[1:2] * 3
