"""What teams, invitations and eligibility checks hold about a person: for the copy of their data and for the end of
their account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people, uploads

PAPER_PURPOSE = "challenge.identity_paper"


def register() -> None:
    from dataferry.server.challenge.papers_store import MOST_BYTES

    people.register_personal_data("challenge-teams", exported, erase)
    uploads.register_purpose(PAPER_PURPOSE, most_bytes=MOST_BYTES, permission="challenge.register_team")


def exported(user: User) -> dict[str, Any]:
    """Teams, invitations and checks with answers, reasons and papers (as receipts: the papers themselves are the
    person's already)."""
    from dataferry.server.challenge.models import EligibilityCheck, TeamMember
    from dataferry.server.challenge.queries.teams import own_invitations

    memberships = TeamMember.objects.filter(user=user).select_related("team__edition", "team__division").order_by("pk")
    checks = EligibilityCheck.objects.filter(member__user=user).prefetch_related("papers", "steps").order_by("pk")
    return {
        "teams": [
            {
                "team": row.team.name,
                "edition": row.team.edition.slug,
                "division": row.team.division.code,
                "leader": row.is_leader,
                "joined_at": row.joined_at.isoformat(),
                "left_at": row.left_at.isoformat() if row.left_at else None,
            }
            for row in memberships
        ],
        "invitations": [
            {"team": row.team.name, "email": row.email, "until": row.until.isoformat()} for row in own_invitations(user)
        ],
        "eligibility_checks": [_check(row) for row in checks],
    }


def _check(row: Any) -> dict[str, Any]:
    return {
        "rule": row.rule,
        "answer": row.answer,
        "state": row.state,
        "reason": row.reason,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "said": [
            {"at": step.made_at.isoformat(), "by_team": step.by_team, "words": step.words} for step in row.steps.all()
        ],
        "papers": [
            {
                "media_type": paper.media_type,
                "bytes": paper.bytes,
                "received_at": paper.received_at.isoformat(),
                "destroy_at": paper.destroy_at.isoformat(),
                "destroyed_at": paper.destroyed_at.isoformat() if paper.destroyed_at else None,
            }
            for paper in row.papers.all()
        ],
    }


def erase(user: User) -> None:
    """Take the person out of their teams, inside the transaction that ends their account.

    Another member leads where they led; a team that would be empty is withdrawn with its entry. Their papers are
    destroyed, what they said is forgotten; the states of their checks stay, since results rest on them.
    """
    from dataferry.server.challenge.actions.memberships import end_membership_of_account
    from dataferry.server.challenge.models import CheckStep, EligibilityCheck, TeamMember

    _erase_invitations(user)
    for member in TeamMember.objects.filter(user=user, left_at=None).select_related("team__edition", "team__division"):
        _leave_alone(user, member)
        end_membership_of_account(user, member)
    EligibilityCheck.objects.filter(member__user=user).update(answer={}, reason="")
    CheckStep.objects.filter(check_asked__member__user=user).update(words="")
    CheckStep.objects.filter(made_by=user).update(made_by=None)
    TeamMember.objects.filter(user=user).update(user=None)


def _leave_alone(user: User, member: Any) -> None:
    """Withdraw the team of somebody who is its only member, where that is still possible."""
    from dataferry.messages import RefusedError
    from dataferry.server.challenge.actions.teams import withdraw_team

    team = member.team
    alone = not team.members.filter(left_at=None).exclude(pk=member.pk).exclude(user=None).exists()
    if not alone or team.withdrawn_at is not None:
        return
    try:
        withdraw_team(user, team)
    except RefusedError:
        # A result stands: the team stays in it, without people.
        return


def _erase_invitations(user: User) -> None:
    from allauth.account.models import EmailAddress

    from dataferry.server.challenge.models import TeamInvitation

    owned = EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    TeamInvitation.objects.filter(email__in=[address.lower() for address in owned]).delete()
    TeamInvitation.objects.filter(invited_by=user).update(invited_by=None)


register()
