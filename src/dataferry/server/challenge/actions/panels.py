"""What judges say beside their sheets: that an entry shows who made it, and which of two tied entries is better."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from dataferry.messages import RefusedError
from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.actions.conflicts import reason_of
from dataferry.server.challenge.models import AnonymityReport, Ballot, Entry, Judge, Round, ScoreSheet
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import panels as queries
from dataferry.server.challenge.queries import sheets as sheet_queries
from dataferry.server.challenge.states import RoundState
from dataferry.server.web.api import ConflictError


def report_anonymity(user: Any, entry: Entry, reason: str) -> AnonymityReport:
    """A judge says that an entry of an anonymous round shows who made it. Each judge says so once.

    Raises:
        RefusedError: the judge has no sheet for the entry in an anonymous round. ConflictError: reported already.
    """
    sheet = _sheet_for(user, entry)
    people.require(user, "challenge.score_sheet", sheet)
    if sheet is None or not sheet_queries.is_anonymous(sheet.round):
        raise RefusedError("server.challenge.not_anonymous")
    text = reason_of(reason)
    try:
        with transaction.atomic():
            report = AnonymityReport.objects.create(
                entry=entry, judge=sheet.judge, reason=text, reported_at=clock.now()
            )
            reached = queries.reports_of(entry).count() > queries.threshold(sheet.round)
            payload = {**sheet_queries.places(sheet), "threshold_passed": reached}
            journal.append(
                people.actor(user), "challenge.anonymity_reported", f"entry:{entry.edition.slug}/{entry.code}", payload
            )
    except IntegrityError as error:
        raise ConflictError("server.challenge.reported_already") from error
    return report


def _sheet_for(user: Any, entry: Entry) -> ScoreSheet | None:
    return sheet_queries.own_sheets(user).filter(entry=entry).order_by("calibration").first()


def decide_anonymity(user: Any, entry: Entry, *, uphold: bool, reason: str) -> int:
    """An organiser decides on the reports of an entry: upheld, it is disqualified; dismissed, it goes on.

    Returns:
        how many reports were decided.

    Raises:
        RefusedError: too few judges reported it (`server.challenge.reports_too_few`) or none is open.
    """
    people.require(user, "challenge.organise", entry)
    text = reason_of(reason)
    with transaction.atomic():
        rows = list(queries.reports_of(entry).filter(decided_at=None).select_for_update(of=("self",)))
        if not rows:
            raise RefusedError("server.challenge.no_open_report", entry=entry.code)
        most = queries.threshold_of(entry)
        if uphold and queries.reports_of(entry).count() <= most:
            raise RefusedError("server.challenge.reports_too_few", entry=entry.code, most=most)
        for row in rows:
            row.upheld, row.decided_by, row.decided_at = uphold, user, clock.now()
            row.save(update_fields=["upheld", "decided_by", "decided_at"])
        if uphold:
            from dataferry.server.challenge.actions.entries import disqualify

            disqualify(user, entry, text)
        payload = {"edition": entry.edition.slug, "upheld": uphold, "reports": len(rows)}
        journal.append(
            people.actor(user), "challenge.anonymity_decided", f"entry:{entry.edition.slug}/{entry.code}", payload
        )
    return len(rows)


def cast_ballot(user: Any, round_: Round, better: Entry, worse: Entry) -> Ballot:
    """In the pairwise round: a judge says which of two tied entries is better. It cannot be taken back.

    Raises:
        RefusedError: no judge of the round, a conflict with either entry, no such tie, no pairwise round.
        ConflictError: cast already.
    """
    judge = judge_queries.own_judge(user, round_.edition)
    if judge is None or not round_.judges.filter(pk=judge.pk).exists():
        raise RefusedError("server.people.not_allowed")
    with transaction.atomic():
        row = Round.objects.select_for_update(of=("self",)).select_related("edition").get(pk=round_.pk)
        Judge.objects.select_for_update().get(pk=judge.pk)
        _require_ballot(row, judge, better, worse)
        ballot = Ballot.objects.create(round=row, judge=judge, better=better, worse=worse, cast_at=clock.now())
        payload = {"judge": str(judge.pk), "better": better.code, "worse": worse.code}
        journal.append(people.actor(user), "challenge.ballot_cast", sheet_queries.reference(row), payload)
    return ballot


def _require_ballot(round_: Round, judge: Judge, better: Entry, worse: Entry) -> None:
    if judge.confirmed_at is None or round_.state != RoundState.CLOSED:
        raise RefusedError("server.challenge.no_ballot", round=round_.code)
    pair = frozenset((better.code, worse.code))
    if pair not in queries.open_pairs(round_):
        raise RefusedError("server.challenge.not_tied", entries=", ".join(sorted(pair)))
    for entry in (better, worse):
        if judge_queries.in_conflict(judge, entry.team_id):
            raise RefusedError("server.challenge.sheet_in_conflict")
    if pair in queries.ballots_of(round_, judge):
        raise ConflictError("server.challenge.ballot_cast_already")
