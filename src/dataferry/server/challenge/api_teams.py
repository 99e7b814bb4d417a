"""The API of teams: a person's own teams, invitations and checks, and the organisers' queue.

Identity papers are handed in and read on pages only: a program has no business with them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema, Status

from dataferry.server import people
from dataferry.server.challenge.actions import eligibility as eligibility_actions
from dataferry.server.challenge.actions import teams as actions
from dataferry.server.challenge.actions.team_guards import frozen_since
from dataferry.server.challenge.edition_file import EditionFile
from dataferry.server.challenge.models import EligibilityCheck, Team, TeamInvitation, TeamMember
from dataferry.server.challenge.queries import teams as queries
from dataferry.server.challenge.states import InvitationState
from dataferry.server.challenge.team_view import shown_check
from dataferry.server.people.authentication import member
from dataferry.server.people.permissions import signed_in_person
from dataferry.server.people.queries import display_name, organisation_of
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("challenge teams")

LARGEST_ID = 2**63 - 1
Kind = Literal["individual", "corporate"]
Outcome = Literal["passed", "queried", "failed"]
CheckFilter = Annotated[str, Query(description="Only checks in this state; `waiting`: what needs an organiser.")]


class TeamOut(Schema):
    id: int = Field(description="Number of the team in this house.")
    number: int = Field(description="Number of the team in its edition.")
    edition: str = Field(description="Short name of the edition.")
    division: str = Field(description="Code of the division.")
    city: str = Field(description="`hong-kong` or `shanghai`.")
    name: str = Field(description="Name of the team.")
    kind: str = Field(description="`individual` or `corporate`.")
    organisation: str | None = Field(description="Short name of the organisation a corporate team acts for.")
    registered_at: datetime = Field(description="When it was registered.")
    frozen_at: datetime | None = Field(description="Since when nobody joins or leaves; null while people may.")
    withdrawn_at: datetime | None = Field(description="When it was withdrawn; null where it was not.")


class MemberOut(Schema):
    id: int = Field(description="Number of the membership.")
    name: str = Field(description="What others see of the person.")
    leader: bool = Field(description="Whether the person leads the team.")
    joined_at: datetime = Field(description="When they joined.")


class TeamInvitationOut(Schema):
    id: int = Field(description="Number of the invitation.")
    team: int = Field(description="Number of the team in this house.")
    team_name: str = Field(description="Name of the team.")
    edition: str = Field(description="Short name of the edition.")
    email: str = Field(description="The invited address; shown to the team and to its owner only.")
    state: str = Field(description="`sent`, `accepted`, `declined` or `taken_back`.")
    sent_at: datetime = Field(description="When it was sent.")
    until: datetime = Field(description="The first instant at which it can no longer be accepted.")


class CheckOut(Schema):
    id: int = Field(description="Number of the check.")
    team: int = Field(description="Number of the team in this house.")
    member: int | None = Field(description="Number of the membership it is about; null for the whole team.")
    rule: str = Field(description="Code of the rule, such as `minimum-age` or `residence`.")
    question: str = Field(description="The question in the caller's language.")
    kind: str = Field(description="`declared` or `documented` (a paper is asked for).")
    offered: list[str] = Field(description="Answers that are offered; empty where only a paper is asked for.")
    answer: str = Field(description="The answer given; empty where there is none.")
    state: str = Field(description="`open`, `declared`, `documented`, `queried`, `passed` or `failed`.")
    reason: str = Field(description="Why it failed, or what the organisers ask, in their words.")
    papers: int = Field(description="How many papers of it are kept now.")


class TeamIn(Schema):
    name: str = Field(description="Name of the team.", min_length=1, max_length=400)
    kind: Kind = Field("individual", description="Who takes part.")
    organisation: str = Field("", description="Short name of the organisation, for a corporate team.", max_length=60)


class TeamNew(TeamIn):
    edition: str = Field(description="Short name of the edition.", max_length=60)
    division: str = Field(description="Code of the division.", max_length=60)


class AddressIn(Schema):
    email: str = Field(description="The address to invite.", min_length=3, max_length=254)


class AnswerIn(Schema):
    accept: bool = Field(description="Whether to join.")


class DeclarationIn(Schema):
    said: str = Field("", description="One of the answers offered.", max_length=40)
    words: str = Field("", description="A reply to the organisers' question.", max_length=2000)


class DecisionIn(Schema):
    outcome: Outcome = Field(description="What is decided.")
    reason: str = Field("", description="Why, or the question; the team reads it.", max_length=2000)
    seen: str = Field(description="The state in which the check was seen; another one is not decided.", max_length=20)


def _id(number: int) -> int:
    return number if 0 < number <= LARGEST_ID else 0


def _team_out(team: Team) -> dict[str, Any]:
    return {
        "id": team.pk,
        "edition": team.edition.slug,
        "division": team.division.code,
        "organisation": team.organisation.slug if team.organisation else None,
        "frozen_at": team.frozen_at,
        **{each: getattr(team, each) for each in ("number", "city", "name", "kind", "registered_at", "withdrawn_at")},
    }


def _member_out(row: TeamMember) -> dict[str, Any]:
    name = display_name(row.user) if row.user is not None else ""
    return {"id": row.pk, "name": name, "leader": row.is_leader, "joined_at": row.joined_at}


def _invitation_out(row: TeamInvitation) -> dict[str, Any]:
    return {
        "id": row.pk,
        "team": row.team_id,
        "team_name": row.team.name,
        "edition": row.team.edition.slug,
        **{field: getattr(row, field) for field in ("email", "state", "sent_at", "until")},
    }


def _check_out(check: EligibilityCheck, user: Any, file: EditionFile) -> dict[str, Any]:
    shown = shown_check(check, file, user, leads=False)
    return {
        "id": check.pk,
        "team": check.team_id,
        "member": check.member_id,
        "rule": check.rule,
        "question": shown.title,
        "kind": check.kind,
        "offered": [choice.value for choice in shown.choices],
        "answer": check.answer.get("said", ""),
        "state": check.state,
        "reason": shown.reason,
        "papers": sum(paper.destroyed_at is None for paper in shown.papers),
    }


def _organisation(user: Any, slug: str) -> Any:
    return organisation_of(user, slug) if slug else None


@router.get(
    "/teams", response=Page[TeamOut], auth=member("read"), operation_id="list_own_teams", summary="My challenge teams"
)
def list_own_teams(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Teams that you are in now, the newest first."""
    return keyset_page(queries.own_teams(request.user), ("-registered_at", "-pk"), cursor, limit).map(_team_out)


@router.post(
    "/teams", response={201: TeamOut}, auth=member("write"), operation_id="register_team", summary="Register a team"
)
def register_team(request: HttpRequest, body: TeamNew) -> Any:
    """Register a team in a division while its registration phase is open; you lead it."""
    user = signed_in_person(request)
    edition = queries.edition_of(user, body.edition)
    division = queries.division_in(edition, body.division)
    organisation = _organisation(user, body.organisation)
    team = actions.register_team(user, edition, division, name=body.name, kind=body.kind, organisation=organisation)
    return Status(201, _team_out(team))


@router.get(
    "/teams/{team_id}", response=TeamOut, auth=member("read"), operation_id="get_team", summary="A challenge team"
)
def get_team(request: HttpRequest, team_id: int) -> Any:
    """A team, for its members and the organisers of its city."""
    team = queries.team_of(request.user, _id(team_id))
    return {**_team_out(team), "frozen_at": frozen_since(team)}


@router.put(
    "/teams/{team_id}", response=TeamOut, auth=member("write"), operation_id="change_team", summary="Change a team"
)
def change_team(request: HttpRequest, team_id: int, body: TeamIn) -> Any:
    """Correct name, kind or organisation while registration is open."""
    user = signed_in_person(request)
    team = queries.team_of(user, _id(team_id))
    organisation = _organisation(user, body.organisation)
    actions.change_team(user, team, name=body.name, kind=body.kind, organisation=organisation)
    return _team_out(queries.team_of(user, team.pk))


@router.post(
    "/teams/{team_id}/withdraw",
    response=TeamOut,
    auth=member("write"),
    operation_id="withdraw_team",
    summary="Withdraw a team",
)
def withdraw_team(request: HttpRequest, team_id: int) -> Any:
    """Take the team and its entry out for good."""
    user = signed_in_person(request)
    team = queries.team_of(user, _id(team_id))
    actions.withdraw_team(user, team)
    return _team_out(queries.team_of(user, team.pk))


@router.get(
    "/teams/{team_id}/members",
    response=Page[MemberOut],
    auth=member("read"),
    operation_id="list_team_members",
    summary="Members of a team",
)
def list_team_members(request: HttpRequest, team_id: int, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Who is in the team now."""
    team = queries.team_of(request.user, _id(team_id))
    return keyset_page(queries.members_of(team).order_by("pk"), ("pk",), cursor, limit).map(_member_out)


@router.delete(
    "/teams/{team_id}/members/{member_id}",
    response={204: None},
    auth=member("write"),
    operation_id="remove_team_member",
    summary="Leave a team, or remove a member",
)
def remove_team_member(request: HttpRequest, team_id: int, member_id: int) -> Any:
    """Your own membership: leave. Another's: the leader removes them. Refused after the freeze."""
    user = signed_in_person(request)
    team = queries.team_of(user, _id(team_id))
    row = queries.member_in(team, _id(member_id))
    if row.user_id == user.pk:
        actions.leave_team(user, team)
    else:
        actions.remove_member(user, team, row)
    return Status(204, None)


@router.post(
    "/teams/{team_id}/members/{member_id}/lead",
    response=MemberOut,
    auth=member("write"),
    operation_id="hand_over_team",
    summary="Hand over the lead",
)
def hand_over_team(request: HttpRequest, team_id: int, member_id: int) -> Any:
    """Another member leads from now on."""
    user = signed_in_person(request)
    team = queries.team_of(user, _id(team_id))
    row = queries.member_in(team, _id(member_id))
    actions.hand_over_lead(user, team, row)
    return _member_out(queries.member_in(team, row.pk))


@router.get(
    "/teams/{team_id}/invitations",
    response=Page[TeamInvitationOut],
    auth=member("read"),
    operation_id="list_sent_invitations",
    summary="Open invitations of a team",
)
def list_sent_invitations(request: HttpRequest, team_id: int, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Open invitations, for the team's own people only: they hold addresses."""
    team = queries.own_team_of(request.user, _id(team_id))
    rows = team.invitations.filter(state=InvitationState.SENT).select_related("team__edition")
    return keyset_page(rows, ("-sent_at", "-pk"), cursor, limit).map(_invitation_out)


@router.post(
    "/teams/{team_id}/invitations",
    response={201: TeamInvitationOut},
    auth=member("write"),
    operation_id="invite_to_team",
    summary="Invite an address",
)
def invite_to_team(request: HttpRequest, team_id: int, body: AddressIn) -> Any:
    """Ask an address to join; an open invitation to it is answered with itself."""
    user = signed_in_person(request)
    team = queries.team_of(user, _id(team_id))
    return Status(201, _invitation_out(actions.invite(user, team, body.email)))


@router.get(
    "/team-invitations",
    response=Page[TeamInvitationOut],
    auth=member("read"),
    operation_id="list_team_invitations",
    summary="Invitations to me",
)
def list_team_invitations(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Open invitations to any address that you have confirmed."""
    rows = keyset_page(queries.own_invitations(signed_in_person(request)), ("-sent_at", "-pk"), cursor, limit)
    return rows.map(_invitation_out)


@router.post(
    "/team-invitations/{invitation_id}/answer",
    response=TeamInvitationOut,
    auth=member("write"),
    operation_id="answer_team_invitation",
    summary="Join or decline",
)
def answer_team_invitation(request: HttpRequest, invitation_id: int, body: AnswerIn) -> Any:
    """Accept or decline an invitation."""
    user = signed_in_person(request)
    row = queries.invitation_of(user, _id(invitation_id))
    actions.answer_invitation(user, row, body.accept)
    row.refresh_from_db()
    return _invitation_out(row)


@router.delete(
    "/team-invitations/{invitation_id}",
    response={204: None},
    auth=member("write"),
    operation_id="take_back_team_invitation",
    summary="Take an invitation back",
)
def take_back_team_invitation(request: HttpRequest, invitation_id: int) -> Any:
    """The leader takes an open invitation back."""
    user = signed_in_person(request)
    actions.take_back_invitation(user, queries.invitation_of(user, _id(invitation_id)))
    return Status(204, None)


@router.get(
    "/teams/{team_id}/checks",
    response=Page[CheckOut],
    auth=member("read"),
    operation_id="list_team_checks",
    summary="Eligibility checks of a team",
)
def list_team_checks(request: HttpRequest, team_id: int, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """What the edition asks of the team and its members, and how far that is."""
    team = queries.team_of(request.user, _id(team_id))
    rows, file = keyset_page(queries.asked_of_team(team), ("pk",), cursor, limit), team.edition.file
    return rows.map(lambda row: _check_out(row, request.user, file))


@router.post(
    "/team-checks/{check_id}/declaration",
    response=CheckOut,
    auth=member("write"),
    operation_id="declare_eligibility",
    summary="Answer a check",
)
def declare_eligibility(request: HttpRequest, check_id: int, body: DeclarationIn) -> Any:
    """Answer a check of your own, or (the leader) of the team; reply to a question of the organisers."""
    user = signed_in_person(request)
    row = queries.check_of(user, _id(check_id))
    eligibility_actions.declare(user, row, {"said": body.said} if body.said else {}, body.words)
    return _check_out(queries.check_of(user, row.pk), user, row.team.edition.file)


@router.get(
    "/editions/{slug}/divisions/{code}/checks",
    response=Page[CheckOut],
    auth=member("read"),
    operation_id="list_division_checks",
    summary="Checks of a division",
)
def list_division_checks(
    request: HttpRequest, slug: str, code: str, state: CheckFilter = "", limit: Limit = 50, cursor: Cursor = None
) -> Any:
    """For the organisers of the division's city; `state` filters (`waiting`: what needs them)."""
    division = queries.division_of(request.user, slug[:60], code[:60])
    rows = keyset_page(queries.queue(division, state=state[:20]).order_by("pk"), ("pk",), cursor, limit)
    file = division.edition.file
    return rows.map(lambda row: _check_out(row, request.user, file))


@router.post(
    "/team-checks/{check_id}/decision",
    response=CheckOut,
    auth=member("write"),
    operation_id="decide_eligibility",
    summary="Decide a check",
)
def decide_eligibility(request: HttpRequest, check_id: int, body: DecisionIn) -> Any:
    """An organiser of the division's city passes, fails or asks; a reason is needed for the last two."""
    user = signed_in_person(request)
    row = queries.check_of(user, _id(check_id))
    people.require(user, "challenge.decide_eligibility", row)
    row.state = body.seen
    eligibility_actions.decide_check(user, row, body.outcome, body.reason)
    return _check_out(queries.check_of(user, row.pk), user, row.team.edition.file)
