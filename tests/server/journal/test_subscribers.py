"""Promise: a subscriber hears every event of its acts once, in order, also after a failure or a crash."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from dataferry.server import journal
from dataferry.server.journal import subscribers as room
from server.journal.chains import write

ACT = "catalogue.dataset_withdrawn"


@pytest.fixture(autouse=True)
def _no_other_subscribers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(room, "_subscribers", {})
    return


def heard() -> list[str]:
    return list(Group.objects.order_by("pk").values_list("name", flat=True))


@pytest.mark.django_db(transaction=True)
def test_news_arrives_on_commit_and_old_news_too() -> None:
    write(2, ACT)

    @journal.subscribe(ACT, name="exchange.test")
    def note(event: journal.Event) -> None:
        Group.objects.create(name=event.object)

    write(1, "catalogue.dataset_published")
    assert heard() == []
    with transaction.atomic():
        journal.append("system", ACT, "dataset:late", {})
        assert heard() == []
    assert heard() == ["dataset:d0", "dataset:d1", "dataset:late"]
    assert journal.catch_up() == 0


@pytest.mark.django_db(transaction=True)
def test_a_failure_holds_up_only_its_own_subscriber_and_leaves_nothing(caplog: Any) -> None:
    broken = [True]

    @journal.subscribe(ACT, name="exchange.broken")
    def half(event: journal.Event) -> None:
        Group.objects.create(name=f"half {event.object}")
        if broken[0] and event.object == "dataset:d1":
            raise ZeroDivisionError

    @journal.subscribe(ACT, name="exchange.sound")
    def whole(event: journal.Event) -> None:
        Group.objects.create(name=f"whole {event.object}")

    write(3, ACT)
    assert sorted(heard()) == ["half dataset:d0", *(f"whole dataset:d{n}" for n in range(3))]
    cursor = journal.Cursor.objects.get(pk="exchange.broken")
    assert (cursor.sequence, cursor.failed_at) == (1, 2)
    assert cursor.failures >= 1
    broken[0] = False
    assert journal.catch_up() == 2
    assert sum(name.startswith("half") for name in heard()) == 3
    assert journal.Cursor.objects.get(pk="exchange.broken").failed_at is None


@pytest.mark.django_db(transaction=True)
def test_an_answer_to_news_is_news_too() -> None:
    @journal.subscribe(ACT, name="exchange.answering")
    def answer(event: journal.Event) -> None:
        journal.append("system", "exchange.listing_suspended", event.object, {"because": event.sequence})

    @journal.subscribe("exchange.listing_suspended", name="delivery.listening")
    def listen(event: journal.Event) -> None:
        Group.objects.create(name=f"{event.object} because {event.payload['because']}")

    write(2, ACT)
    assert heard() == ["dataset:d0 because 1", "dataset:d1 because 2"]
    assert [event.act for event in journal.events(after=2)] == ["exchange.listing_suspended"] * 2


def test_two_subscribers_cannot_share_a_cursor() -> None:
    journal.subscribe(ACT, name="same")(lambda event: None)

    def other(event: journal.Event) -> None:
        """Nothing."""

    with pytest.raises(ValueError, match="same"):
        journal.subscribe(ACT, name="same")(other)


@pytest.mark.django_db
def test_replay_by_object_and_act() -> None:
    write(4)
    write(2, ACT)
    assert [e.sequence for e in journal.events(objects=["dataset:d1"])] == [2, 6]
    assert [e.sequence for e in journal.events(acts=[ACT], after=5)] == [6]
    assert journal.told("catalogue.no_such_act") == "server.journal.told_by_code"
