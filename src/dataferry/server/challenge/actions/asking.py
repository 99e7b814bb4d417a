"""The edition's eligibility rules become checks of a team and of each of its members, and end with them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.papers import destroy_papers_of
from dataferry.server.challenge.eligibility_rules import Asked, asked_of, identity_is_asked
from dataferry.server.challenge.models import EligibilityCheck, Team, TeamMember


def ask_checks(team: Team) -> int:
    """Ask what the edition asks and nobody has asked yet. In the caller's transaction, with the team locked.

    Returns:
        how many checks are new.
    """
    file = team.edition.file
    with_identity = identity_is_asked(file, team.division.code, clock.now())
    asked = asked_of(file, team.kind, with_identity=with_identity)
    members = list(team.members.filter(left_at=None))
    known = set(team.checks.filter(dropped_at=None).values_list("member_id", "rule"))
    new = [row for one in asked for row in _rows(team, members, one) if (row.member_id, row.rule) not in known]
    EligibilityCheck.objects.bulk_create(new)
    return len(new)


def _rows(team: Team, members: list[TeamMember], asked: Asked) -> list[EligibilityCheck]:
    whom: list[TeamMember | None] = [*members] if asked.of_member else [None]
    return [EligibilityCheck(team=team, member=member, rule=asked.rule, kind=asked.kind) for member in whom]


def drop_checks(user: Any, checks: QuerySet[EligibilityCheck], because: str) -> None:
    """Ask no more, and destroy the papers that were handed in for it. In the caller's transaction."""
    for check in checks.filter(dropped_at=None).select_for_update():
        destroy_papers_of(people.actor(user), check, because)
        check.dropped_at = clock.now()
        check.save(update_fields=["dropped_at"])
