"""Conflicts are derived anew whenever a row changes that they follow from, in the same transaction.

The rooms below know nothing of judges, and several of them write no event for such a change, so the rows themselves are
listened to. What goes past Django's signals is found by a daily look at every running edition.
"""

from __future__ import annotations

from datetime import time
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q
from django.db.models.signals import post_save

from dataferry.server import jobs
from dataferry.server.challenge.actions.conflicts import OVER, derive_conflicts
from dataferry.server.challenge.models import Edition, Judge, Mentorship, Team, TeamMember
from dataferry.server.people.models import Membership


def of_team(instance: Any, **_signal: Any) -> None:
    """A team, one of its members or mentors is new or changed."""
    team = instance if isinstance(instance, Team) else instance.team
    if Judge.objects.filter(edition=team.edition_id).exists():
        derive_conflicts(team.edition, teams=[team.pk])


def of_person(instance: Any, **_signal: Any) -> None:
    """A person's organisation or address is new or changed: of a judge, or of somebody in a team."""
    person = instance.user_id
    concerned = Edition.objects.exclude(state__in=OVER).filter(Q(judges__user=person) | Q(teams__members__user=person))
    for edition in concerned.distinct():
        sitting = list(edition.judges.filter(user=person).values_list("pk", flat=True))
        teams = edition.teams.filter(members__user=person, members__left_at=None).values_list("pk", flat=True)
        if sitting:
            derive_conflicts(edition, judges=sitting)
        if teams:
            derive_conflicts(edition, teams=list(teams))


for _model, _listener in (
    (Team, of_team),
    (TeamMember, of_team),
    (Mentorship, of_team),
    (Membership, of_person),
    (EmailAddress, of_person),
):
    post_save.connect(_listener, sender=_model, dispatch_uid=f"challenge.conflicts.{_model.__name__}")


@jobs.scheduled("challenge.derive_conflicts", at=time(4, 20), title="server.challenge.job_derive_conflicts")
def derive_daily(running: jobs.Running) -> None:
    """Every running edition, once a day."""
    for edition in Edition.objects.exclude(state__in=OVER).filter(judges__isnull=False).distinct():
        derive_conflicts(edition)
