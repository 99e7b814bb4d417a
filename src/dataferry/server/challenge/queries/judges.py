"""Judges and their conflicts of interest: who sits where, what the house can tell by itself, what a chair must look at.

Conflicts are found by confirmed person, never by name: the accounts of both sides are compared, and what they say of
themselves (`Relation`) is compared with verified addresses and with organisations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Count, F, Q, QuerySet

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.catalogue.analyser import fold
from dataferry.server.challenge.models import (
    Conflict,
    Edition,
    Judge,
    Relation,
    Round,
    ScoreSheet,
    Team,
    TeamMember,
)
from dataferry.server.challenge.states import SheetState
from dataferry.server.people.models import Membership, Organisation

Found = tuple[int, int, str]
"""Judge, team, source."""

SIGNED = (SheetState.SIGNED, SheetState.LOCKED, SheetState.REOPENED)
UNSIGNED = (SheetState.ASSIGNED, SheetState.OPENED, SheetState.SAVED)
TO_SIGN = (*UNSIGNED, SheetState.REOPENED)


def judges_of(edition: Edition) -> QuerySet[Judge]:
    """Everybody who was appointed, with their open and signed sheets counted."""
    counted = Q(sheets__calibration=False)
    return (
        Judge.objects.filter(edition=edition)
        .select_related("user__profile")
        .prefetch_related("rounds")
        .annotate(
            left=Count("sheets", filter=counted & Q(sheets__state__in=UNSIGNED), distinct=True),
            signed=Count("sheets", filter=counted & Q(sheets__state__in=SIGNED), distinct=True),
        )
    )


def panel_of(round_: Round) -> QuerySet[Judge]:
    """The judges of a round who are still there."""
    return Judge.objects.filter(rounds=round_, dropped_at=None).select_related("user").order_by("city", "pk")


def own_judge(user: Any, edition: Edition) -> Judge | None:
    """The row of this person as a judge of an edition."""
    return Judge.objects.filter(edition=edition, user_id=user.pk or 0, dropped_at=None).first()


def own_judges(user: Any) -> QuerySet[Judge]:
    """Every panel that this person sits on."""
    return Judge.objects.filter(user_id=user.pk or 0, dropped_at=None).select_related("edition")


def judge_by_id(user: Any, number: int) -> Judge:
    """A judge, for themselves and for organisers of their city.

    Raises:
        MissingError: `server.challenge.no_judge`.
    """
    judge = Judge.objects.filter(pk=number).select_related("edition", "user").first()
    if judge is None or not people.can(user, "challenge.see_judge", judge):
        raise MissingError("server.challenge.no_judge", judge=number)
    return judge


def standing(edition: Edition) -> QuerySet[Conflict]:
    """Conflicts that were not withdrawn."""
    return Conflict.objects.filter(judge__edition=edition, withdrawn_at=None).select_related("judge", "team")


def in_conflict(judge: Judge, team_id: int) -> bool:
    """Whether anything stands between a judge and a team now."""
    return Conflict.objects.filter(judge=judge, team_id=team_id, withdrawn_at=None).exists()


def folded(text: str) -> str:
    """A name or address as it is compared: one script, one width, small letters, single spaces."""
    return " ".join(fold(text).split())[:600]


# What the house can tell by itself


@dataclass(frozen=True)
class _Side:
    """Who and what stands behind one judge or one team."""

    people: frozenset[int]
    organisations: frozenset[int]
    words: frozenset[str]
    """Verified addresses and names of organisations (and of the team), folded."""


@dataclass
class _Known:
    """The rows that conflicts are derived from, read once for all judges and teams asked for."""

    organisations: Mapping[int, set[int]]
    addresses: Mapping[int, set[str]]
    names: Mapping[int, set[str]]
    together: Mapping[int, set[int]] = field(default_factory=dict)
    """For each judge's person: everybody who was ever in a team with them."""

    def words(self, persons: Iterable[int], organisations: Iterable[int]) -> Iterator[str]:
        for person in persons:
            yield from self.addresses.get(person, ())
        for organisation in organisations:
            yield from self.names.get(organisation, ())

    def side(self, persons: Collection[int], more: Collection[int] = (), called: str = "") -> _Side:
        organisations = {each for person in persons for each in self.organisations.get(person, ())} | set(more)
        words = {*self.words(persons, organisations), *([folded(called)] if called else [])}
        return _Side(frozenset(persons), frozenset(organisations), frozenset(words))


def derived(
    edition: Edition, judges: Collection[int] | None = None, teams: Collection[int] | None = None
) -> set[Found]:
    """Every conflict of an edition that follows from what the house knows: judge, team and source.

    Args:
        judges, teams: only these; all of the edition when not given.
    """
    sitting = Judge.objects.filter(edition=edition, dropped_at=None, user__isnull=False)
    sitting = sitting if judges is None else sitting.filter(pk__in=judges)
    entered = Team.objects.filter(edition=edition).prefetch_related("members", "mentorships")
    entered = entered if teams is None else entered.filter(pk__in=teams)
    judged, teamed = list(sitting), list(entered)
    if not judged or not teamed:
        return set()
    said = _said(edition)
    known = _known(judged, teamed)
    sides = {team.pk: _team_side(known, team) for team in teamed}
    return {
        (judge.pk, team.pk, source)
        for judge in judged
        for team in teamed
        for source in _sources(known, said, judge, team, sides[team.pk])
    }


def _team_side(known: _Known, team: Team) -> _Side:
    persons = {member.user_id for member in team.members.all() if member.left_at is None and member.user_id}
    return known.side(persons, [team.organisation_id] if team.organisation_id else [], team.name)


def _sources(
    known: _Known, said: Mapping[tuple[str, int], list[Relation]], judge: Judge, team: Team, side: _Side
) -> Iterator[str]:
    """Why this judge may not score this team."""
    person = judge.user_id or 0
    own = known.side({person})
    if own.organisations & side.organisations:
        yield "organisation"
    everybody = {member.user_id for member in team.members.all()}
    if person in everybody or known.together.get(person, set()) & side.people:
        yield "membership"
    if any(mentorship.mentor_id == person for mentorship in team.mentorships.all()):
        yield "mentor"
    for relation in said.get(("judge", judge.pk), ()):
        if relation.other_folded in side.words:
            yield "family" if relation.kind == "family" else "self"
    for relation in said.get(("team", team.pk), ()):
        if relation.other_folded in own.words:
            yield "family" if relation.kind == "family" else "team"


def _said(edition: Edition) -> Mapping[tuple[str, int], list[Relation]]:
    found: dict[tuple[str, int], list[Relation]] = defaultdict(list)
    for relation in Relation.objects.filter(edition=edition, withdrawn_at=None):
        side = ("judge", relation.judge_id) if relation.judge_id else ("team", relation.team_id)
        found[side[0], side[1] or 0].append(relation)
    return found


def _known(judges: Collection[Judge], teams: Collection[Team]) -> _Known:
    judging = {judge.user_id for judge in judges if judge.user_id}
    entering = {member.user_id for team in teams for member in team.members.all() if member.user_id}
    persons = judging | entering
    organisations: dict[int, set[int]] = defaultdict(set)
    for person, organisation in Membership.objects.filter(user__in=persons).values_list("user", "organisation"):
        organisations[person].add(organisation)
    addresses: dict[int, set[str]] = defaultdict(set)
    for person, email in EmailAddress.objects.filter(user__in=persons, verified=True).values_list("user", "email"):
        addresses[person].add(folded(email))
    named = {each for some in organisations.values() for each in some}
    named |= {team.organisation_id for team in teams if team.organisation_id}
    names = {
        organisation.pk: {folded(str(text)) for text in (*organisation.name.values(), organisation.slug) if text}
        for organisation in Organisation.objects.filter(pk__in=named)
    }
    return _Known(organisations, addresses, names, _together(judging))


def _together(persons: Collection[int]) -> Mapping[int, set[int]]:
    """Who was ever in one team with each of these, in any edition."""
    shared: dict[int, set[int]] = defaultdict(set)
    own = TeamMember.objects.filter(user__in=persons).values_list("user", "team")
    teams: dict[int, set[int]] = defaultdict(set)
    for person, team in own:
        teams[team].add(person or 0)
    for team, other in TeamMember.objects.filter(team__in=list(teams)).values_list("team", "user"):
        for person in teams[team]:
            shared[person].add(other or 0)
    return {person: others - {person, 0} for person, others in shared.items()}


# What a chair must look at


def flagged(edition: Edition) -> list[ScoreSheet]:
    """Signed sheets that met a conflict: taken out already, or (on a team's word alone) waiting for the chair."""
    signed = ScoreSheet.objects.filter(
        round__edition=edition, calibration=False, signed_at__isnull=False
    ).select_related("judge__user__profile", "entry__team", "round")
    late = signed.filter(
        state__in=SIGNED,
        judge__conflicts__withdrawn_at=None,
        judge__conflicts__team=F("entry__team"),
    )
    gone = signed.filter(state=SheetState.WITHDRAWN)
    return sorted({*late, *gone}, key=lambda sheet: sheet.pk)


def unmatched(edition: Edition) -> list[Relation]:
    """Relations that nobody in the house answers to: a person must look at them."""
    matched = set(standing(edition).filter(source__in=("self", "family", "team")).values_list("judge", "team"))
    judges, teams = {judge for judge, _ in matched}, {team for _, team in matched}
    said = Relation.objects.filter(edition=edition, withdrawn_at=None).select_related("judge__user__profile", "team")
    return [each for each in said if each.judge_id not in judges and each.team_id not in teams]
