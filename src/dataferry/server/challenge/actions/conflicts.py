"""Conflicts of interest: declared, derived, and what they do to sheets. No conflict and sheet ever stand together.

A derived conflict stays when what it came from ends: who worked together yesterday does not judge today. Only an
organiser withdraws one, with a reason, and the house does not bring it back.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Conflict, Edition, Judge, Relation, ScoreSheet, Team
from dataferry.server.challenge.queries import judges as queries
from dataferry.server.challenge.queries import sheets as sheet_queries
from dataferry.server.challenge.states import EditionState, Life, SheetState, move

LONGEST_REASON = 2_000
MOST_RELATIONS = 40
BY_HAND = ("self", "organiser", "family", "mentor", "organisation", "team")
OVER = (EditionState.FINAL, EditionState.NOMINATED, EditionState.ARCHIVED)


def reason_of(text: str, *, needed: bool = True) -> str:
    """A reason that somebody wrote, without the space around it.

    Raises:
        InputError: `server.challenge.reason_needed`, `server.challenge.reason_long`.
    """
    reason = text.strip()
    if needed and not reason:
        raise InputError("server.challenge.reason_needed", field="reason")
    if len(reason) > LONGEST_REASON:
        raise InputError("server.challenge.reason_long", field="reason", most=LONGEST_REASON)
    if "\x00" in reason:
        raise InputError("server.web.control_characters")
    return reason


def declare_conflict(user: Any, judge: Judge, team: Team, source: str, reason: str) -> Conflict:
    """Say that a judge may not score a team: the judge themselves, or an organiser of the judge's city.

    A sheet that the judge has for the team is withdrawn. Declared twice, the first one is the answer.

    Raises:
        InputError: an unknown source, no reason. RefusedError: not theirs to say; another edition's team.
    """
    people.require(user, "challenge.declare_conflict", judge)
    if source not in BY_HAND:
        raise InputError("server.challenge.no_such_source", field="source", value=source[:40])
    if team.edition_id != judge.edition_id:
        raise RefusedError("server.challenge.other_edition")
    text = reason_of(reason)
    with transaction.atomic():
        _lock(judge)
        known = Conflict.objects.filter(judge=judge, team=team, source=source, withdrawn_at=None).first()
        if known is not None:
            return known
        return _found(people.actor(user), judge, team, source, text, user)


def withdraw_conflict(user: Any, conflict: Conflict, reason: str) -> Conflict:
    """Take a conflict back: an organiser only, who does not judge, and with a reason. Withdrawn sheets stay withdrawn.

    Raises:
        MissingError: it is withdrawn already.
    """
    people.require(user, "challenge.organise", conflict.judge)
    if conflict.judge.user_id == user.pk:
        raise RefusedError("server.challenge.own_judge")
    text = reason_of(reason)
    with transaction.atomic():
        row = Conflict.objects.select_for_update().filter(pk=conflict.pk, withdrawn_at=None).first()
        if row is None:
            raise MissingError("server.challenge.no_conflict")
        row.withdrawn_at = clock.now()
        row.reason = f"{row.reason}\n{text}".strip()
        row.save(update_fields=["withdrawn_at", "reason"])
        payload = {"team": f"team:{row.team_id}", "source": row.source}
        journal.append(people.actor(user), "challenge.conflict_withdrawn", f"judge:{row.judge_id}", payload)
    return row


def derive_conflicts(
    edition: Edition, judges: Collection[int] | None = None, teams: Collection[int] | None = None
) -> list[Conflict]:
    """Find what follows from what the house knows, and deal with the sheets that it meets.

    Run at every change of teams, memberships, mentors, organisations and relations (see `rederiving`).

    Returns:
        the conflicts that are new.
    """
    if edition.state in OVER:
        return []
    new = []
    with transaction.atomic():
        known = set(Conflict.objects.filter(judge__edition=edition).values_list("judge_id", "team_id", "source"))
        for judge_id, team_id, source in sorted(queries.derived(edition, judges, teams) - known):
            judge, team = Judge.objects.get(pk=judge_id), Team.objects.get(pk=team_id)
            _lock(judge)
            new.append(_found("system", judge, team, source, "", None))
    return new


def declare_relation(user: Any, side: Judge | Team, kind: str, other: str) -> Relation:
    """A judge or a team names an e-mail address, an organisation or (a judge) a team that they are tied to.

    The answer is the same whether the house knows the other side or not.

    Raises:
        InputError: nothing was named, or an unknown kind. LimitError: too many already.
    """
    judge, team = (side, None) if isinstance(side, Judge) else (None, side)
    permission = "challenge.declare_conflict" if judge else "challenge.declare_eligibility"
    people.require(user, permission, side)
    if kind not in dict(Relation.KINDS):
        raise InputError("server.challenge.no_such_source", field="kind", value=kind[:40])
    shown = " ".join(other.replace("\x00", " ").split())
    if not shown or len(shown) > 300:
        raise InputError("server.challenge.relation_empty", field="other", most=300)
    with transaction.atomic():
        own = Relation.objects.filter(judge=judge, team=team, withdrawn_at=None)
        if own.count() >= MOST_RELATIONS:
            raise InputError("server.challenge.too_many_relations", field="other", most=MOST_RELATIONS)
        row, new = Relation.objects.get_or_create(
            edition=side.edition,
            judge=judge,
            team=team,
            kind=kind,
            other_folded=queries.folded(shown),
            withdrawn_at=None,
            defaults={"other": shown, "declared_by": user, "declared_at": clock.now()},
        )
        if new:
            derive_conflicts(side.edition, [judge.pk] if judge else None, [team.pk] if team else None)
            _tell_relation(user, "challenge.relation_declared", row)
    return row


def withdraw_relation(user: Any, relation: Relation) -> None:
    """Take a statement back. A conflict that was found by it stays: only an organiser withdraws that.

    Raises:
        MissingError: it is withdrawn already.
    """
    side = relation.judge or relation.team
    permission = "challenge.declare_conflict" if relation.judge_id else "challenge.declare_eligibility"
    people.require(user, permission, side)
    with transaction.atomic():
        row = Relation.objects.select_for_update().filter(pk=relation.pk, withdrawn_at=None).first()
        if row is None:
            raise MissingError("server.challenge.no_relation")
        row.withdrawn_at = clock.now()
        row.save(update_fields=["withdrawn_at"])
        _tell_relation(user, "challenge.relation_withdrawn", row)


def _tell_relation(user: Any, act: str, relation: Relation) -> None:
    side = f"judge:{relation.judge_id}" if relation.judge_id else f"team:{relation.team_id}"
    journal.append(people.actor(user), act, side, {"relation": relation.pk, "kind": relation.kind})


def set_aside(user: Any, sheet: ScoreSheet, reason: str) -> ScoreSheet:
    """The chair takes a signed sheet out of the result, with a reason (a conflict that a team declared late).

    Raises:
        RefusedError: the sheet is the chair's own, or in no state for it.
    """
    people.require(user, "challenge.organise", sheet.round)
    if sheet.judge.user_id == user.pk:
        raise RefusedError("server.challenge.own_judge")
    text = reason_of(reason)
    with transaction.atomic():
        row = sheet_queries.locked_sheet(sheet.pk)
        withdraw_sheet(people.actor(user), row, "chair", text)
    return row


def withdraw_sheet(actor: str, row: ScoreSheet, because: str, reason: str = "") -> None:
    """Take a sheet, read with `select_for_update`, off its judge's desk and out of the result."""
    signed = row.signed_at is not None and row.state in queries.SIGNED
    row.recused_because = reason
    move(Life.SHEET, row, SheetState.WITHDRAWN, "recused_because")
    payload = {**sheet_queries.places(row), "because": because, "signed": signed}
    journal.append(actor, "challenge.sheet_withdrawn", f"sheet:{row.pk}", payload)


def _lock(judge: Judge) -> None:
    """Two who find the same conflict at once wait for each other here."""
    Judge.objects.select_for_update().get(pk=judge.pk)


def _found(actor: str, judge: Judge, team: Team, source: str, reason: str, by: Any) -> Conflict:
    """Write a conflict and take the judge's sheets for the team away.

    What is signed stays on a team's word alone: otherwise a team could undo a score that it fears. The chair decides.
    """
    conflict = Conflict.objects.create(
        judge=judge, team=team, source=source, reason=reason, declared_by=by, found_at=clock.now()
    )
    met = queries.UNSIGNED if source == "team" else (*queries.UNSIGNED, *queries.SIGNED)
    sheets = ScoreSheet.objects.select_for_update(of=("self",)).filter(judge=judge, entry__team=team, state__in=met)
    for row in sheets.select_related("round__edition", "entry", "judge"):
        withdraw_sheet(actor, row, "conflict")
    payload = {"team": f"team:{team.pk}", "source": source}
    journal.append(actor, "challenge.conflict_found", f"judge:{judge.pk}", payload)
    return conflict
