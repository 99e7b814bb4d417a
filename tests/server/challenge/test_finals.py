"""Promise: the running order names every finalist once, a draw can be drawn again by anybody, and the timer shows the
same to everybody in the room and to nobody else."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from server.challenge.result_house import ResultHouse
from server.persons import make_person

pytestmark = pytest.mark.django_db
ORDER = "/en/challenge/editions/harbour-2026/final/final/"


@pytest.fixture
def house(home: Any, clock: Any) -> ResultHouse:
    return ResultHouse(clock).shortlisted()


def test_order_draw_and_timer(house: ResultHouse, client: Client) -> None:
    from dataferry.server import journal

    client.force_login(house.organiser)
    final = house.round("final")
    assert b"HK-001" in client.get(ORDER).content
    times = {"starts_at": "2026-08-12T09:00", "present": "8", "questions": "5"}
    assert client.post(ORDER, {"do": "save", "starts_at": "", "present": "0"}).status_code == 422

    client.post(ORDER, {"do": "draw", **times})
    seed = journal.selected(["round:harbour-2026/final"], ["challenge.running_order_set"]).last().payload["seed"]
    drawn = [slot.entry for slot in final.slots.order_by("position")]
    assert [entry.code for entry in drawn] == sorted(
        (entry.code for entry in drawn), key=lambda code: hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()
    )
    assert seed in client.get(ORDER).content.decode()
    assert len(drawn) == 5
    # Nine in the morning in the zone of the edition, whatever zone the visitor has.
    assert final.slots.get(position=0).starts_at.isoformat() == "2026-08-12T01:00:00+00:00"

    numbers = {f"place-{entry.pk}": str(number + 1) for number, entry in enumerate(drawn)}
    moved = client.post(ORDER, {"do": f"down-{drawn[0].pk}", **times, **numbers}).content.decode()
    assert "Not saved yet." in moved
    assert moved.index(drawn[1].code) < moved.index(drawn[0].code)
    swapped = {**numbers, f"place-{drawn[0].pk}": "2", f"place-{drawn[1].pk}": "1"}
    client.post(ORDER, {"do": "save", **times, **swapped})
    assert final.slots.get(position=0).entry == drawn[1]
    last = journal.selected(["round:harbour-2026/final"], ["challenge.running_order_set"]).last().payload
    assert "seed" not in last, "an order by hand is no draw"

    timer, state = f"{ORDER}timer/", f"{ORDER}clock.json"
    slot = final.slots.get(position=0)
    assert client.get(state).json()["part"] == "none"
    client.post(timer, {"do": "begin", "slot": slot.pk})
    house.clock.advance(seconds=61)
    assert client.get(state).json() == {"slot": slot.pk, "part": "present", "left": 419.0, "seconds": 480}
    assert b"6:59" in client.get(timer).content
    other = final.slots.get(position=1)
    answer = client.post(timer, {"do": "begin", "slot": other.pk}, follow=True)
    assert "cannot do this now" in " ".join(map(str, answer.context["messages"]))
    client.post(timer, {"do": "questions", "slot": slot.pk})
    house.clock.advance(seconds=312)
    assert client.get(state).json()["left"] == -12.0
    assert "−0:12" in client.get(timer).content.decode()
    client.post(timer, {"do": "end", "slot": slot.pk})
    assert client.get(state).json()["part"] == "none"
    refused = client.post(ORDER, {"do": "draw", **times}, follow=True).content.decode()
    assert "have begun" in refused

    # The second screen is for the room: a finalist's team, but no team outside the final and nobody else.
    screen = f"{ORDER}screen/"
    for person, status in (
        (house.leader(slot.entry), 200),
        (house.leader(house.entries["hk"][3]), 404),
        (make_person(), 404),
    ):
        client.force_login(person)
        assert client.get(screen).status_code == client.get(state).status_code == status
    client.force_login(house.leader(slot.entry))
    page = client.get(f"/en/challenge/mine/teams/{slot.entry.team_id}/feedback/").content.decode()
    assert "Number 1 in the running order" in page


def test_an_order_that_is_not_of_the_finalists_is_refused(house: ResultHouse) -> None:
    from datetime import timedelta

    from dataferry.messages import InputError
    from dataferry.server.challenge.actions import presentations
    from dataferry.server.challenge.queries.finals import finalists

    final, times = house.round("final"), {"present": timedelta(minutes=8), "questions": timedelta(0)}
    entries = finalists(final)
    for order, seed, code in (
        (entries[1:], "", "order_incomplete"),
        ([*entries, entries[0]], "", "order_incomplete"),
        ([*entries[1:], house.entries["hk"][3]], "", "order_incomplete"),
        (presentations.drawn(entries, "a")[::-1], "a", "not_the_draw"),
    ):
        with pytest.raises(InputError) as caught:
            presentations.set_running_order(house.organiser, final, order, starts_at=house.clock.at, seed=seed, **times)
        assert caught.value.code == f"server.challenge.{code}"
