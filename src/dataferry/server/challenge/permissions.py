"""Who may do what in the challenge. What a person may not even see is missing for them: see `queries`.

An organiser's grant counts where the thing is: a team or entry in its division's city; an edition, a joint round or a
result of one in both cities (`city` is empty). Administrators appoint people, they do not judge.
"""

from __future__ import annotations

from typing import Any

import rules

from dataferry.server.people import Role, predicates


@rules.predicate
def is_in_team(user: Any, team: Any = None) -> bool:
    """A member of the team now."""
    return team is not None and user.pk is not None and team.members.filter(user_id=user.pk, left_at=None).exists()


@rules.predicate
def leads_team(user: Any, team: Any = None) -> bool:
    return (
        team is not None
        and user.pk is not None
        and team.members.filter(user_id=user.pk, left_at=None, is_leader=True).exists()
    )


@rules.predicate
def is_in_team_of(user: Any, entry: Any = None) -> bool:
    """A member of the team of an entry, or of what hangs on an entry."""
    return entry is not None and bool(is_in_team(user, getattr(entry, "entry", entry).team))


@rules.predicate
def leads_team_of(user: Any, entry: Any = None) -> bool:
    return entry is not None and bool(leads_team(user, getattr(entry, "entry", entry).team))


@rules.predicate
def is_judge_of(user: Any, sheet: Any = None) -> bool:
    """The judge whose sheet it is, while on the panel and with a confirmed identity."""
    if sheet is None or user.pk is None:
        return False
    judge = sheet.judge
    return judge.user_id == user.pk and judge.dropped_at is None and judge.confirmed_at is not None


@rules.predicate
def is_the_judge(user: Any, judge: Any = None) -> bool:
    """The person behind a judge's row."""
    return judge is not None and user.pk is not None and judge.user_id == user.pk


@rules.predicate
def is_invited(user: Any, invitation: Any = None) -> bool:
    """Somebody who has shown that the invited address is theirs."""
    if invitation is None or user.pk is None:
        return False
    return user.emailaddress_set.filter(email__iexact=invitation.email, verified=True).exists()


@rules.predicate
def is_nominee(user: Any, nomination: Any = None) -> bool:
    return nomination is not None and bool(leads_team(user, nomination.entry.team))


@rules.predicate
def mentors(user: Any, team: Any = None) -> bool:
    """Somebody who helps the team now."""
    if team is None or user.pk is None:
        return False
    from dataferry.server.challenge.queries.mentoring import standing

    return team.mentorships.filter(standing(), mentor_id=user.pk).exists()


@rules.predicate
def mentors_team_of(user: Any, entry: Any = None) -> bool:
    return entry is not None and bool(mentors(user, getattr(entry, "entry", entry).team))


is_member = predicates.is_member
organises = predicates.has_role(Role.ORGANISER)
organises_somewhere = rules.predicate(lambda user: predicates.holds(user, Role.ORGANISER), name="organises_somewhere")
manages = organises | predicates.is_administrator

rules.add_perm("challenge.see_desk", organises_somewhere | predicates.is_administrator_somewhere)
rules.add_perm("challenge.create_edition", organises_somewhere)
rules.add_perm("challenge.see_edition_draft", organises_somewhere | predicates.is_administrator_somewhere)
rules.add_perm("challenge.change_edition", organises_somewhere)
# Binding acts on the whole edition, a round or a result: an organiser of every city that it concerns.
rules.add_perm("challenge.organise", organises)

rules.add_perm("challenge.register_team", is_member)
rules.add_perm("challenge.see_team", is_in_team | organises)
rules.add_perm("challenge.change_team", is_member & leads_team)
rules.add_perm("challenge.leave_team", is_member & is_in_team)
rules.add_perm("challenge.answer_invitation", is_member & is_invited)
rules.add_perm("challenge.declare_eligibility", is_member & is_in_team)
rules.add_perm("challenge.decide_eligibility", organises)
rules.add_perm("challenge.read_identity_paper", organises)

rules.add_perm("challenge.start_entry", is_member & is_in_team)
# A mentor reads the entry; the team's own page with its checks and papers is not theirs.
rules.add_perm("challenge.see_entry", is_in_team_of | organises | mentors_team_of)
rules.add_perm("challenge.book_session", is_member & is_in_team)
rules.add_perm("challenge.change_entry", is_member & is_in_team_of)
rules.add_perm("challenge.submit_entry", is_member & is_in_team_of)
rules.add_perm("challenge.withdraw_entry", is_member & leads_team_of)

rules.add_perm("challenge.see_judge", is_the_judge | organises)
rules.add_perm("challenge.declare_conflict", is_member & (is_the_judge | organises))
rules.add_perm("challenge.see_sheet", is_judge_of)
rules.add_perm("challenge.score_sheet", is_member & is_judge_of)
rules.add_perm("challenge.reopen_sheet", organises)

rules.add_perm("challenge.file_appeal", is_member & is_in_team_of)
rules.add_perm("challenge.decide_appeal", organises)
rules.add_perm("challenge.see_nomination", is_in_team_of | organises)
rules.add_perm("challenge.answer_nomination", is_member & is_nominee)
