"""Eligibility: a member declares or hands in a paper, the answer or an organiser decides, and both sides see why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.asking import ask_checks
from dataferry.server.challenge.actions.papers import (
    Handed,
    destroy_due_papers,
    destroy_paper,
    keep_paper,
    living,
    read_paper,
    refuse_own_team,
)
from dataferry.server.challenge.actions.team_guards import OVER, locked_team, require_standing
from dataferry.server.challenge.eligibility_rules import BARRED, Asked, asked_rule
from dataferry.server.challenge.models import CheckStep, EligibilityCheck, IdentityPaper, Team
from dataferry.server.challenge.states import CheckState, Life, move
from dataferry.server.challenge.team_letters import post_decision
from dataferry.server.people import Role
from dataferry.server.people.predicates import holds
from dataferry.server.web.problems import ConflictError

__all__ = [
    "ask_all",
    "decide_check",
    "declare",
    "destroy_due_papers",
    "destroy_paper",
    "hand_in_paper",
    "outcome_of",
    "read_paper",
]

LONGEST_WORDS = 2_000
OUTCOMES = (CheckState.PASSED, CheckState.QUERIED, CheckState.FAILED)


def declare(user: Any, check: EligibilityCheck, answer: Mapping[str, Any], words: str = "") -> EligibilityCheck:
    """Answer a check, or reply to the organisers' question about it. Nobody answers for somebody else.

    An answer that decides the rule by itself passes or fails at once, with the reason; after a question of the
    organisers a person looks again.

    Args:
        answer: `{"said": ...}`: yes or no; a place; empty where only a paper is asked.
        words: the reply to a question, in the team's own words.

    Raises:
        RefusedError: not theirs to answer; decided already; withdrawn, over. InputError: no answer that is offered.
    """
    people.require(user, "challenge.declare_eligibility", check.team)
    said = _words(words, needed=False)
    with transaction.atomic():
        row = _answerable(user, check)
        asked = _asked(row)
        queried = row.state == CheckState.QUERIED
        if asked.form == "paper" and not (queried and said):
            raise InputError("server.challenge.paper_needed", field="file")
        if queried and not said and not answer:
            raise InputError("server.challenge.answer_missing", field="said")
        if answer or not queried:
            row.answer = asked.checked(answer)
        row.answered_at, row.reason, row.reason_code = clock.now(), "", ""
        after = CheckState.DOCUMENTED if living(row) else CheckState.DECLARED
        move(Life.CHECK, row, after, "answer", "answered_at", "reason", "reason_code")
        _note(row, user, said, by_team=True)
        payload = {"rule": row.rule, "check": row.pk}
        journal.append(people.actor(user), "challenge.check_answered", f"team:{row.team_id}", payload)
        if not queried:
            _decide_by_answer(user, row, asked)
    check.refresh_from_db()
    return row


def outcome_of(user: Any, check: EligibilityCheck, answer: Mapping[str, Any]) -> str | None:
    """What this answer would decide at once: `passed`, `failed`, or None where a person looks.

    Raises:
        InputError: no answer that is offered.
    """
    asked = _asked(check)
    given = asked.checked(answer)
    if asked.rule == BARRED and holds(user, Role.ORGANISER):
        return "failed"
    return asked.outcome(given)


def _decide_by_answer(user: Any, row: EligibilityCheck, asked: Asked) -> None:
    outcome = outcome_of(user, row, row.answer)
    if outcome is None:
        return
    row.decided_at, row.decided_by = clock.now(), None
    known = asked.rule == BARRED and row.answer.get("said") == "no"
    reason = "eligibility_organiser" if known else asked.reason
    row.reason_code = f"server.challenge.{reason}" if outcome == "failed" else ""
    after = CheckState(outcome)
    move(Life.CHECK, row, after, "decided_at", "decided_by", "reason_code")
    payload = {"rule": row.rule, "check": row.pk, "outcome": outcome}
    journal.append("system", "challenge.check_decided", f"team:{row.team_id}", payload)


def hand_in_paper(user: Any, check: EligibilityCheck, taken: Handed, words: str = "") -> IdentityPaper:
    """Answer a documented check with a paper; the one handed in before is destroyed.

    Raises:
        RefusedError: not theirs; decided already; a check that asks for no paper, or for its answer first.
        InputError, LimitError: it is no PDF, JPEG or PNG of at most 10 MB.
    """
    people.require(user, "challenge.declare_eligibility", check.team)
    said = _words(words, needed=False)
    with transaction.atomic():
        row = _answerable(user, check)
        asked = _asked(row)
        if row.kind != "documented":
            raise RefusedError("server.challenge.no_paper_asked")
        if asked.form != "paper" and not row.answer:
            raise InputError("server.challenge.answer_missing", field="said")
        move_to = CheckState.DOCUMENTED
        paper = keep_paper(user, row, taken)
        row.answered_at, row.reason, row.reason_code = clock.now(), "", ""
        move(Life.CHECK, row, move_to, "answered_at", "reason", "reason_code")
        _note(row, user, said, by_team=True)
    check.refresh_from_db()
    return paper


def decide_check(user: Any, check: EligibilityCheck, outcome: str, reason: str) -> EligibilityCheck:
    """An organiser of the division's city passes a check, fails it, or asks the team. The team reads the reason.

    `check` is as the organiser saw it: one that has changed meanwhile is not decided.

    Raises:
        RefusedError: no organiser there; their own team; a forbidden move. InputError: no reason, or an unknown
            outcome. ConflictError: `server.challenge.check_changed`.
    """
    people.require(user, "challenge.decide_eligibility", check)
    refuse_own_team(user, check.team)
    if outcome not in OUTCOMES:
        raise InputError("server.challenge.check_outcome", field="outcome", allowed=", ".join(OUTCOMES))
    words = _words(reason, needed=outcome != CheckState.PASSED)
    with transaction.atomic():
        team = locked_team(check.team)
        require_standing(team)
        row = _locked(check)
        if row.state != check.state or row.answered_at != check.answered_at:
            raise ConflictError("server.challenge.check_changed")
        row.reason, row.reason_code = words, ""
        row.decided_by, row.decided_at = user, clock.now()
        move(Life.CHECK, row, CheckState(outcome), "reason", "reason_code", "decided_by", "decided_at")
        post_decision(row, _note(row, user, words, by_team=False))
        payload = {"rule": row.rule, "check": row.pk, "outcome": outcome}
        journal.append(people.actor(user), "challenge.check_decided", f"team:{row.team_id}", payload)
    check.refresh_from_db()
    return row


def ask_all() -> int:
    """Ask what has come due to be asked, such as identity papers from a later phase on. Returns how many are new."""
    new = 0
    standing = Team.objects.filter(withdrawn_at=None).exclude(edition__state__in=(*OVER, "drafted"))
    for number in list(standing.order_by("pk").values_list("pk", flat=True)):
        with transaction.atomic():
            team = locked_team(Team(pk=number))
            if team.withdrawn_at is None:
                new += ask_checks(team)
    return new


def _answerable(user: Any, check: EligibilityCheck) -> EligibilityCheck:
    """The check, locked, if this person answers it: of a member, that member; of the team, its leader."""
    team = locked_team(check.team)
    require_standing(team)
    row = _locked(check)
    if row.dropped_at is not None:
        raise RefusedError("server.challenge.check_dropped")
    if row.member is not None and row.member.user_id != user.pk:
        raise RefusedError("server.challenge.check_of_another")
    if row.member is None and not people.can(user, "challenge.change_team", team):
        raise RefusedError("server.challenge.check_of_leader")
    if row.state in (CheckState.PASSED, CheckState.FAILED):
        raise RefusedError("server.challenge.check_is_decided")
    return row


def _locked(check: EligibilityCheck) -> EligibilityCheck:
    rows = EligibilityCheck.objects.select_for_update(of=("self",)).select_related("team__edition", "member")
    return rows.get(pk=check.pk)


def _asked(check: EligibilityCheck) -> Asked:
    asked = asked_rule(check.team.edition.file, check.rule, check.team.kind)
    if asked is None:
        raise RefusedError("server.challenge.check_dropped")
    return asked


def _words(text: str, *, needed: bool) -> str:
    words = text.strip()
    if needed and not words:
        raise InputError("server.challenge.reason_missing", field="reason")
    if len(words) > LONGEST_WORDS:
        raise InputError("server.challenge.reason_too_long", field="reason", most=LONGEST_WORDS)
    if "\x00" in words or any("\ud800" <= letter <= "\udfff" for letter in words):
        raise InputError("server.web.control_characters")
    return words


def _note(check: EligibilityCheck, user: Any, words: str, *, by_team: bool) -> CheckStep:
    return CheckStep.objects.create(
        check_asked=check, by_team=by_team, made_by=user, made_at=clock.now(), state=check.state, words=words
    )
