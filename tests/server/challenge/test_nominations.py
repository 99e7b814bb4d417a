"""Promise: an entry goes to the national contest only with its team's consent, in one track, as a package that can be
checked; whoever tries what, only the moves of its life happen."""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import Any

import pytest
from django.test import Client

from dataferry.messages import DataferryError
from server.challenge.editions import make_organiser
from server.challenge.result_house import ResultHouse
from server.persons import make_person

pytestmark = pytest.mark.django_db
PAGE = "/en/challenge/editions/harbour-2026/nominations/"


@pytest.fixture
def house(home: Any, clock: Any) -> ResultHouse:
    house = ResultHouse(clock)
    house.finished()
    return house


def told(answer: Any) -> str:
    return " ".join(str(each) for each in answer.context["messages"])


def test_from_selection_to_the_national_answer(house: ResultHouse, client: Client) -> None:
    from dataferry.server.challenge.models import Nomination
    from dataferry.server.letters import Letter

    client.force_login(house.organiser)
    assert "nominated" in told(client.post(PAGE, {"do": "select"}, follow=True))
    rows = list(Nomination.objects.select_related("entry").order_by("pk"))
    assert rows
    assert all(row.entry.state == "awarded" for row in rows), "this edition nominates those with an award"
    assert Letter.objects.filter(key__startswith="nomination:").count() == len(rows)
    row = next(each for each in rows if each.track)
    do = {"nomination": row.pk}
    client.post(PAGE, {"do": "package", **do})
    row.refresh_from_db()
    assert row.state == "selected", "nothing is packaged before the team agrees"

    team = Client()
    question = f"/en/challenge/nominations/{row.pk}/"
    team.force_login(make_person())
    assert team.get(question).status_code == 404
    team.force_login(house.leader(row.entry))
    assert b"We agree" in team.get(question).content
    assert "You agree" in told(team.post(question, {"do": "agree"}, follow=True))

    for act in ("package", "send", "returned", "package", "send", "accepted"):
        answer = client.post(PAGE, {"do": act, "words": "For the files.", **do}, follow=True)
        assert answer.status_code == 200, told(answer)
    row.refresh_from_db()
    assert (row.state, row.entry.__class__.objects.get(pk=row.entry_id).state) == ("accepted", "nominated")
    body = b"".join(client.get(f"{PAGE}{row.pk}/package.zip").streaming_content)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        document = json.loads(archive.read("nomination.json"))
    assert (document["entry"], document["track"]) == (row.entry.code, row.track)
    assert team.get(f"{PAGE}{row.pk}/package.zip").status_code == 404


def test_an_entry_without_a_track_is_told_and_blocked(house: ResultHouse, client: Client) -> None:
    from dataferry.server.challenge.actions import nominations
    from dataferry.server.challenge.models import Entry

    entry = Entry.objects.filter(edition=house.edition, state="awarded").order_by("pk")[0]
    Entry.objects.filter(pk=entry.pk).update(subcategory="governance")
    entry.refresh_from_db()
    (row,) = nominations.select(house.organiser, house.edition, [entry])
    nominations.consent(house.leader(entry), row, True)
    client.force_login(house.organiser)
    page = client.get(PAGE).content.decode()
    assert "no track" in page
    assert 'value="package"' not in page
    answer = client.post(PAGE, {"do": "package", "nomination": row.pk}, follow=True)
    assert entry.code in told(answer)
    row.refresh_from_db()
    assert row.state == "consented"


def test_an_entry_of_another_edition_with_the_same_code_is_not_nominated(house: ResultHouse) -> None:
    from dataferry.server.challenge.actions import nominations
    from server.challenge.editions import make_edition, make_entry, make_team

    other = make_edition("harbour-2027")
    entry = make_entry(make_team(other, "hk"), state="awarded", code="HK-001")
    with pytest.raises(DataferryError) as caught:
        nominations.select(house.organiser, house.edition, [entry])
    assert caught.value.code == "server.challenge.not_in_final"


def test_whoever_tries_what_only_the_moves_of_a_nomination_happen(house: ResultHouse) -> None:
    from dataferry.server.challenge.actions import nominations
    from dataferry.server.challenge.models import Nomination
    from dataferry.server.challenge.states import TRANSITIONS, Life

    chance = random.Random(3)  # noqa: S311 - a play
    rows = nominations.select(house.organiser, house.edition)
    roles = [house.organiser, house.organiser, make_organiser("hong-kong"), make_person()]
    roles += [house.leader(row.entry) for row in rows] * 2
    acts: list[Any] = [
        lambda who, row: nominations.consent(who, row, chance.random() < 0.8),
        nominations.package,
        nominations.send,
        lambda who, row: nominations.answer(who, row, accepted=chance.random() < 0.5),
    ]
    seen: set[str] = set()
    for _step in range(120):
        row = Nomination.objects.select_related("edition", "entry__team").get(pk=chance.choice(rows).pk)
        who, act, old = chance.choice(roles), chance.choice(acts), row.state
        try:
            act(who, row)
        except DataferryError:
            assert Nomination.objects.get(pk=row.pk).state == old
        new = Nomination.objects.get(pk=row.pk).state
        assert new == old or new in TRANSITIONS[Life.NOMINATION][old]
        seen.add(new)
    assert "consented" in seen
