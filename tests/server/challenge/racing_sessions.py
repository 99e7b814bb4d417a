"""A process in which teams book the last places at the same instant, on a house of its own. Prints what came of it."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from dataferry.server.challenge import clock  # noqa: E402
from dataferry.server.challenge.actions import sessions as actions  # noqa: E402
from dataferry.server.challenge.models import SessionBooking  # noqa: E402
from dataferry.server.web.problems import ConflictError  # noqa: E402
from server.challenge.editions import WHEN, make_edition, make_organiser, make_team  # noqa: E402

clock.now = lambda: datetime.fromisoformat(WHEN["registration"])  # type: ignore[assignment]


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """Run all at the same instant; how each ended."""
    ended, gate = [], threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        try:
            gate.wait()
            act()
            ended.append("done")
        except ConflictError as error:
            ended.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ended)


edition = make_edition()
begins = datetime.fromisoformat(WHEN["coaching"])
words = dict.fromkeys(("en", "zh-Hant", "zh-Hans"), "Hour")
plan = actions.Plan("training", words, begins, begins + timedelta(hours=1), capacity=2)
organiser = make_organiser()
session, wide = (actions.create_session(organiser, edition, plan) for _ in range(2))
teams = [make_team(edition, "hk") for _ in range(6)]
booked = at_once([lambda each=each: actions.book(each.people[0], session, each) for each in teams])
again = at_once([lambda: actions.book(teams[0].people[0], wide, teams[0]) for _ in range(4)])
print(
    json.dumps(
        {
            "booked": booked,
            "rows": SessionBooking.objects.filter(session=session).count(),
            "again": again,
            "of_one_team": SessionBooking.objects.filter(session=wide).count(),
        }
    )
)
