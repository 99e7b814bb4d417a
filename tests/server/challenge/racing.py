"""A process in which people accept and register at the same instant, on a house of its own. Prints what came of it.

Two threads of a test share one connection to an embedded database in memory; here each has its own, as on a server.
"""

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from dataferry.server.challenge import clock  # noqa: E402
from dataferry.server.challenge.actions import teams as actions  # noqa: E402
from dataferry.server.challenge.models import Team, TeamInvitation, TeamMember  # noqa: E402
from dataferry.server.web.problems import ConflictError  # noqa: E402
from server.challenge.editions import WHEN, make_edition  # noqa: E402
from server.persons import make_person  # noqa: E402

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
division = edition.divisions.get(code="hk")


def register(person: Any, name: str) -> Team:
    return actions.register_team(person, edition, division, name=name, kind="individual")


names = ["North", "South", "NORTH", "East"]
entering = [(make_person(), name) for name in names]
registered = at_once([lambda pair=pair: register(*pair) for pair in entering])
person = make_person()
leaders = [row.user for row in TeamMember.objects.filter(is_leader=True).order_by("pk")[:2]]
invitations = [actions.invite(leader, leader.challenge_teams.get().team, person.email) for leader in leaders]
accepted = at_once([lambda each=each: actions.answer_invitation(person, each, True) for each in invitations])
print(
    json.dumps(
        {
            "registered": registered,
            "numbers": sorted(Team.objects.values_list("number", flat=True)),
            "accepted": accepted,
            "memberships": TeamMember.objects.filter(user=person, left_at=None).count(),
            "invitations": sorted(TeamInvitation.objects.values_list("state", flat=True)),
        }
    )
)
