"""Promise: whatever is tried in whatever order, a check, an invitation and a team take only the moves of their tables;
a move that is refused changes nothing and says why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataferry.messages import DataferryError
from dataferry.server import journal
from dataferry.server.challenge.actions import eligibility, teams
from dataferry.server.challenge.models import EligibilityCheck, Team, TeamInvitation, TeamMember
from dataferry.server.challenge.states import TRANSITIONS, Life
from server.challenge.editions import make_edition, make_organiser
from server.persons import make_person

WALK = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

ROLES = ("leader", "second", "invited", "organiser", "stranger")
ACTS = ("invite", "accept", "decline", "take_back", "leave", "remove", "lead", "withdraw", "freeze", "yes", "no",
        "place", "pass", "query", "fail", "reply")  # fmt: skip
STEPS = st.lists(st.tuples(st.sampled_from(ROLES), st.sampled_from(ACTS), st.integers(0, 1)), max_size=14)


class World:
    """A team of two with an invitation out, and people of every role."""

    def __init__(self) -> None:
        self.edition = make_edition(f"walk-{Team.objects.count()}-{journal.selected().count()}")
        self.people = {role: make_person() for role in ROLES if role != "organiser"}
        self.people["organiser"] = make_organiser("hong-kong")
        self.hk = self.edition.divisions.get(code="hk")
        leader, second = self.people["leader"], self.people["second"]
        self.team = teams.register_team(leader, self.edition, self.hk, name="Walkers", kind="individual")
        teams.answer_invitation(second, teams.invite(leader, self.team, second.email), True)
        teams.invite(leader, self.team, self.people["invited"].email)

    def act(self, role: str, act: str, which: int) -> None:
        user, team = self.people[role], Team.objects.get(pk=self.team.pk)
        invitation = team.invitations.order_by("-pk").first()
        member = team.members.order_by("pk")[which]
        rule = "residence" if act in {"place", "pass", "query", "fail", "reply"} else "minimum-age"
        check = team.checks.filter(rule=rule).order_by("pk")[which]
        run = {
            "invite": lambda: teams.invite(user, team, self.people["invited"].email),
            "accept": lambda: teams.answer_invitation(user, invitation, True),
            "decline": lambda: teams.answer_invitation(user, invitation, False),
            "take_back": lambda: teams.take_back_invitation(user, invitation),
            "leave": lambda: teams.leave_team(user, team),
            "remove": lambda: teams.remove_member(user, team, member),
            "lead": lambda: teams.hand_over_lead(user, team, member),
            "withdraw": lambda: teams.withdraw_team(user, team),
            "freeze": lambda: teams.freeze_teams(user, self.hk),
            "yes": lambda: eligibility.declare(user, check, {"said": "yes"}),
            "no": lambda: eligibility.declare(user, check, {"said": "no"}),
            "place": lambda: eligibility.declare(user, check, {"said": "mainland"}),
            "reply": lambda: eligibility.declare(user, check, {}, "We live here."),
            "pass": lambda: eligibility.decide_check(user, check, "passed", ""),
            "query": lambda: eligibility.decide_check(user, check, "queried", "Where?"),
            "fail": lambda: eligibility.decide_check(user, check, "failed", "No."),
        }
        run[act]()

    def state(self) -> dict[str, Any]:
        team = Team.objects.get(pk=self.team.pk)
        return {
            "checks": dict(EligibilityCheck.objects.filter(team=team).values_list("pk", "state")),
            "invitations": dict(TeamInvitation.objects.filter(team=team).values_list("pk", "state")),
            "members": sorted(TeamMember.objects.filter(team=team, left_at=None).values_list("pk", "is_leader")),
            "team": (team.frozen_at, team.withdrawn_at),
            "events": journal.selected().count(),
        }


def only_allowed(life: Life, before: dict[int, str], after: dict[int, str]) -> None:
    """Every change is a chain of moves of the table: an answer that decides itself makes two at once."""
    table = TRANSITIONS[life]
    for key, state in after.items():
        was = before.get(key)
        if was is not None and was != state:
            one = table[was]
            two = {further for step in one for further in table[step]}
            assert state in one | two, (life, was, state)


@pytest.mark.django_db
@WALK
@given(steps=STEPS)
def test_no_walk_leaves_the_tables(clock: Any, home: Any, steps: list[tuple[str, str, int]]) -> None:
    world = World()
    before = world.state()
    for role, act, which in steps:
        try:
            world.act(role, act, which)
        except DataferryError as refused:
            why = refused.text()
        else:
            why = ""
        after = world.state()
        if why:
            assert after == before, (role, act, "a refusal changes nothing")
            assert "{" not in why
        only_allowed(Life.CHECK, before["checks"], after["checks"])
        only_allowed(Life.INVITATION, before["invitations"], after["invitations"])
        if before["team"] != (None, None):
            assert [key for key, _leads in after["members"]] == [key for key, _leads in before["members"]]
        assert before["team"][1] is None or after["team"][1] == before["team"][1], "what is withdrawn stays so"
        assert before["team"][0] is None or after["team"][0] == before["team"][0], "what is frozen stays so"
        assert sum(leads for _key, leads in after["members"]) == 1, "one leads"
        assert role != "stranger" or after == before, "a stranger changes nothing"
        before = after
