"""What people see of teams: their own, their invitations, what is missing, and the organisers' queue of checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import (
    CheckStep,
    Division,
    Edition,
    EligibilityCheck,
    IdentityPaper,
    Phase,
    Team,
    TeamInvitation,
    TeamMember,
)
from dataferry.server.challenge.states import CheckState, EditionState, InvitationState
from dataferry.server.people.queries import verified_addresses

WAITING = (CheckState.DECLARED, CheckState.DOCUMENTED)
"""States in which a check waits for an organiser."""


_people = (
    TeamMember.objects.filter(team=OuterRef("pk"), left_at=None).order_by().values("team").annotate(count=Count("pk"))
)


def own_teams(user: Any) -> QuerySet[Team]:
    """Teams that the person is in now, the newest first."""
    return (
        Team.objects.filter(members__user_id=user.pk or 0, members__left_at=None)
        .select_related("edition", "division", "organisation")
        .prefetch_related("edition__phases")
        .annotate(people=Subquery(_people.values("count")))
        .order_by("-registered_at", "-pk")
    )


def team_of(user: Any, number: int) -> Team:
    """A team, for its members and the organisers of its city.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    team = Team.objects.select_related("edition", "division", "organisation").filter(pk=number).first()
    if team is None or not people.can(user, "challenge.see_team", team):
        raise MissingError("server.challenge.no_team", number=number)
    return team


def own_team_of(user: Any, number: int) -> Team:
    """A team, for its members only: what organisers do not see of it.

    Raises:
        MissingError: it is not there, or the person is not in it.
    """
    team = team_of(user, number)
    if not team.members.filter(user_id=user.pk, left_at=None).exists():
        raise MissingError("server.challenge.no_team", number=number)
    return team


def member_in(team: Team, number: int) -> TeamMember:
    """
    Raises:
        MissingError: not in the team, or no longer.
    """
    row = team.members.filter(pk=number, left_at=None).select_related("user__profile").first()
    if row is None:
        raise MissingError("server.challenge.no_member")
    return row


def own_invitations(user: Any) -> QuerySet[TeamInvitation]:
    """Open invitations to any address that this person has shown to be theirs, also those that have run out."""
    addresses = [address.lower() for address in verified_addresses(user)]
    return (
        TeamInvitation.objects.filter(email__in=addresses, state=InvitationState.SENT, team__withdrawn_at=None)
        .select_related("team__edition", "team__division", "invited_by__profile")
        .order_by("-sent_at", "-pk")
    )


def invitation_of(user: Any, number: int) -> TeamInvitation:
    """An invitation to this person, or of a team that they lead.

    Raises:
        MissingError: no such invitation for this person.
    """
    row = TeamInvitation.objects.select_related("team__edition", "team__division").filter(pk=number).first()
    may_answer = row is not None and people.can(user, "challenge.answer_invitation", row)
    if row is None or not (may_answer or people.can(user, "challenge.change_team", row.team)):
        raise MissingError("server.challenge.no_invitation")
    return row


def members_of(team: Team) -> QuerySet[TeamMember]:
    return team.members.filter(left_at=None).select_related("user__profile").order_by("-is_leader", "joined_at", "pk")


def lost_after_freeze(team: Team) -> int:
    """How many members a frozen team has lost, by ending their account: for the organisers to decide about."""
    if team.frozen_at is None:
        return 0
    return team.members.filter(left_at__gte=team.frozen_at).count()


def asked_of_team(team: Team) -> QuerySet[EligibilityCheck]:
    """What is asked of a team now, with members, papers and what was said."""
    return _with_all(team.checks.filter(dropped_at=None)).order_by("pk")


def _with_all(rows: QuerySet[EligibilityCheck]) -> QuerySet[EligibilityCheck]:
    return rows.select_related("team__edition", "team__division", "member__user__profile").prefetch_related(
        Prefetch("papers", IdentityPaper.objects.order_by("-received_at", "-pk")),
        Prefetch("steps", CheckStep.objects.order_by("pk")),
    )


def checks_of(team: Team) -> list[EligibilityCheck]:
    """What is asked of a team now; what is missing comes first."""
    return sorted(
        asked_of_team(team), key=lambda row: (URGENCY[CheckState(row.state)], row.member_id or 0, row.rule, row.pk)
    )


URGENCY = {
    CheckState.QUERIED: 0,
    CheckState.FAILED: 1,
    CheckState.OPEN: 2,
    CheckState.DECLARED: 3,
    CheckState.DOCUMENTED: 4,
    CheckState.PASSED: 5,
}


def check_of(user: Any, number: int) -> EligibilityCheck:
    """A check, for the team's members and the organisers of its city.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    rows = EligibilityCheck.objects.select_related("team__edition", "team__division", "member__user__profile")
    row = rows.filter(pk=number).first()
    if row is None or not people.can(user, "challenge.see_team", row.team):
        raise MissingError("server.challenge.no_check", number=number)
    return row


def paper_of(user: Any, number: int) -> IdentityPaper:
    """A paper's row, for whom its check is: the receipt of its destruction is for the same people.

    Raises:
        MissingError: it is not there, or not for this person to see.
    """
    rows = IdentityPaper.objects.select_related("check_asked__team__division", "check_asked__team__edition")
    row = rows.select_related("check_asked__member").filter(pk=number).first()
    check = row.check_asked if row is not None else None
    if row is None or check is None:
        raise MissingError("server.challenge.no_paper", number=number)
    own = check.member is not None and check.member.user_id == user.pk and user.pk is not None
    leads = check.member is None and people.can(user, "challenge.change_team", check.team)
    if not (own or leads or people.can(user, "challenge.read_identity_paper", check)):
        raise MissingError("server.challenge.no_paper", number=number)
    return row


def own_receipts(user: Any, team: Team) -> QuerySet[IdentityPaper]:
    """Receipts of the person's destroyed papers of a team, also of checks that are no longer asked."""
    papers = IdentityPaper.objects.filter(check_asked__team=team, destroyed_at__isnull=False)
    return papers.filter(check_asked__member__user_id=user.pk or 0).order_by("pk")


@dataclass(frozen=True)
class Standing:
    """How far a team's checks are: of each kind, how many."""

    open: int
    waiting: int
    queried: int
    failed: int
    passed: int

    @property
    def word(self) -> str:
        """The worst of them: failed, queried, open, waiting, passed."""
        for name in ("failed", "queried", "open", "waiting"):
            if getattr(self, name):
                return name
        return "passed"


def standing_of(states: Iterable[str]) -> Standing:
    found = list(states)

    def count(*wanted: str) -> int:
        return sum(state in wanted for state in found)

    return Standing(
        open=count(CheckState.OPEN),
        waiting=count(*WAITING),
        queried=count(CheckState.QUERIED),
        failed=count(CheckState.FAILED),
        passed=count(CheckState.PASSED),
    )


def team_standings(teams: Iterable[Team]) -> dict[int, Standing]:
    """The standings of many teams in one query."""
    states: dict[int, list[str]] = {team.pk: [] for team in teams}
    rows = EligibilityCheck.objects.filter(team_id__in=states, dropped_at=None).values_list("team_id", "state")
    for number, state in rows:
        states[number].append(state)
    return {number: standing_of(found) for number, found in states.items()}


def division_of(user: Any, slug: str, code: str) -> Division:
    """A division whose checks this organiser decides.

    Raises:
        MissingError: it is not there, or not theirs.
    """
    division = Division.objects.select_related("edition").filter(edition__slug=slug, code=code).first()
    if division is None or not people.can(user, "challenge.decide_eligibility", division):
        raise MissingError("server.challenge.no_edition", name=slug)
    return division


def queue(
    division: Division, *, state: str = "", rule: str = "", team: int | None = None
) -> QuerySet[EligibilityCheck]:
    """Checks of a division for its organisers: what waits for them first, the longest waiting at the top."""
    rows = _with_all(EligibilityCheck.objects.filter(team__division=division, team__withdrawn_at=None, dropped_at=None))
    if state == "waiting":
        rows = rows.filter(state__in=WAITING)
    elif state:
        rows = rows.filter(state=state)
    if rule:
        rows = rows.filter(rule=rule)
    if team is not None:
        rows = rows.filter(team__number=team)
    return rows.order_by(F("answered_at").asc(nulls_last=True), "pk")


def queue_counts(division: Division) -> dict[str, int]:
    """How many checks of a division are in each state; `waiting` is what needs an organiser."""
    rows = EligibilityCheck.objects.filter(team__division=division, team__withdrawn_at=None, dropped_at=None)
    found = dict(rows.order_by().values_list("state").annotate(Count("pk")))
    counts = {str(state): found.get(state, 0) for state in CheckState.values}
    return {"waiting": sum(counts[state] for state in WAITING), **counts}


def editions_to_enter(user: Any) -> list[Edition]:
    """Editions that take teams now or soon; synthetic ones are shown to nobody."""
    states = (EditionState.ANNOUNCED, EditionState.OPEN)
    rows = Edition.objects.filter(state__in=states, synthetic=False).prefetch_related("divisions", "phases")
    now = clock.now()
    return [edition for edition in rows if any(phase.closes_at > now for phase in edition.phases.all())]


def edition_of(user: Any, slug: str) -> Edition:
    """An edition that this person may see.

    Raises:
        MissingError: it is not there, or still being drafted by others.
    """
    edition = Edition.objects.prefetch_related("divisions").filter(slug=slug).first()
    seen = edition is not None and (
        edition.state != EditionState.DRAFTED or people.can(user, "challenge.see_edition_draft")
    )
    if edition is None or not seen:
        raise MissingError("server.challenge.no_edition", name=slug)
    return edition


def rules_asked(division: Division) -> list[str]:
    """The rules that are asked of anybody in a division."""
    rows = EligibilityCheck.objects.filter(team__division=division, dropped_at=None).order_by("rule")
    return list(rows.values_list("rule", flat=True).distinct())


def division_in(edition: Edition, code: str) -> Division:
    """
    Raises:
        MissingError: the edition has no such division.
    """
    division = edition.divisions.filter(code=code).first()
    if division is None:
        raise MissingError("server.challenge.no_division", name=code)
    return division


def phase_among(edition: Edition, kind: str, division: Division) -> Phase | None:
    """As `calendar.phase_of`, among the phases that were read with the edition."""
    fits = [one for one in edition.phases.all() if one.kind == kind and one.division_id in (None, division.pk)]
    own = [one for one in fits if one.division_id is not None]
    return max(own or fits, key=lambda phase: phase.closes_at, default=None)
