"""Judging over the API, the organisers' side: judges, conflicts, rounds, assignment, reopening."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Status

from dataferry.messages import MissingError
from dataferry.server import people
from dataferry.server.challenge.actions import assigning, panels, scoring
from dataferry.server.challenge.actions import judges as judge_actions
from dataferry.server.challenge.api_judging_forms import (
    AssignmentIn,
    BallotIn,
    CloseIn,
    ConflictIn,
    ConflictOut,
    EntriesIn,
    JudgeIn,
    JudgeOut,
    PlanOut,
    ReasonIn,
    ReopeningOut,
    RoundOut,
)
from dataferry.server.challenge.models import Conflict, Edition, Entry, Judge, Reopening, Round, ScoreSheet
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.people.authentication import member
from dataferry.server.web.api import Cursor, Limit, Page, api_router, expensive, keyset_page

router = api_router("judging")
READ, WRITE = member("read"), member("write")


def _edition(request: HttpRequest, slug: str) -> Edition:
    """An edition, for organisers of at least one of its cities."""
    edition = Edition.objects.filter(slug=slug).first()
    parts: list[Any] = [edition, *edition.divisions.all()] if edition is not None else []
    if edition is None or not any(people.can(request.user, "challenge.organise", part) for part in parts):
        raise MissingError("server.challenge.no_round", round=slug)
    return edition


def judge_out(judge: Judge) -> JudgeOut:
    return JudgeOut(
        id=judge.pk,
        city=judge.city,
        languages=judge.languages,
        topics=judge.topics,
        rounds=[round_.code for round_ in judge.rounds.all()],
        confirmed=judge.confirmed_at is not None,
        declared=judge.declared_at is not None,
        left=judge.dropped_at is not None,
    )


@router.get(
    "/editions/{slug}/judges",
    response=Page[JudgeOut],
    auth=READ,
    operation_id="list_judges",
    summary="List the judges of an edition",
)
def list_judges(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """For organisers."""
    rows = Judge.objects.filter(edition=_edition(request, slug)).prefetch_related("rounds")
    return keyset_page(rows.order_by("pk"), ("pk",), cursor, limit, scope=slug).map(judge_out)


@router.post(
    "/editions/{slug}/judges",
    response={201: JudgeOut},
    auth=WRITE,
    operation_id="appoint_judge",
    summary="Appoint a judge",
)
def appoint_judge(request: HttpRequest, slug: str, body: JudgeIn) -> Any:
    """An account that holds the role of judge for the city."""
    edition = _edition(request, slug)
    person = User.objects.filter(pk=body.person, is_active=True).first()
    if person is None:
        raise MissingError("server.challenge.no_judge", judge=body.person)
    rounds = [_round(request, slug, code) for code in body.rounds]
    judge = judge_actions.appoint(
        request.user,
        edition,
        person,
        city=body.city,
        languages=body.languages,
        topics=body.topics,
        rounds=rounds,
        capacity=body.capacity,
    )
    return Status(201, judge_out(judge))


def _judge(request: HttpRequest, slug: str, number: int) -> Judge:
    judge = judge_queries.judge_by_id(request.user, number)
    if judge.edition.slug != slug:
        raise MissingError("server.challenge.no_judge", judge=number)
    return judge


@router.post(
    "/editions/{slug}/judges/{judge}/confirmation",
    response=JudgeOut,
    auth=WRITE,
    operation_id="confirm_judge",
    summary="Confirm a judge's identity",
)
def confirm_judge(request: HttpRequest, slug: str, judge: int) -> Any:
    """By an organiser who is not the judge."""
    return judge_out(judge_actions.confirm_identity(request.user, _judge(request, slug, judge)))


@router.post(
    "/editions/{slug}/judges/{judge}/declaration",
    response=JudgeOut,
    auth=WRITE,
    operation_id="declare_done",
    summary="Say that all relations are declared",
)
def declare_done(request: HttpRequest, slug: str, judge: int) -> Any:
    """By the judge alone."""
    return judge_out(judge_actions.declare_done(request.user, _judge(request, slug, judge)))


@router.post(
    "/editions/{slug}/judges/{judge}/departure",
    response=JudgeOut,
    auth=WRITE,
    operation_id="drop_judge",
    summary="Take a judge off the panel",
)
def drop_judge(request: HttpRequest, slug: str, judge: int, body: ReasonIn) -> Any:
    """Signed sheets count as they are; unsigned ones are withdrawn."""
    return judge_out(judge_actions.drop_judge(request.user, _judge(request, slug, judge), body.reason))


def conflict_out(conflict: Conflict) -> ConflictOut:
    return ConflictOut(id=conflict.pk, judge=conflict.judge_id, team=conflict.team_id, source=conflict.source)


@router.get(
    "/editions/{slug}/conflicts",
    response=Page[ConflictOut],
    auth=READ,
    operation_id="list_conflicts",
    summary="List conflicts of interest",
)
def list_conflicts(request: HttpRequest, slug: str, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """Those that stand, for organisers."""
    rows = judge_queries.standing(_edition(request, slug)).order_by("pk")
    return keyset_page(rows, ("pk",), cursor, limit, scope=slug).map(conflict_out)


@router.post(
    "/editions/{slug}/conflicts",
    response={201: ConflictOut},
    auth=WRITE,
    operation_id="declare_conflict",
    summary="Declare a conflict of interest",
)
def declare_conflict(request: HttpRequest, slug: str, body: ConflictIn) -> Any:
    """By an organiser. Sheets that it meets are withdrawn."""
    edition = _edition(request, slug)
    team = edition.teams.filter(pk=body.team).first()
    if team is None:
        raise MissingError("server.challenge.no_conflict")
    judge = _judge(request, slug, body.judge)
    return Status(
        201, conflict_out(judge_actions.declare_conflict(request.user, judge, team, body.source, body.reason))
    )


@router.post(
    "/editions/{slug}/conflicts/{conflict}/withdrawal",
    response={204: None},
    auth=WRITE,
    operation_id="withdraw_conflict",
    summary="Withdraw a conflict of interest",
)
def withdraw_conflict(request: HttpRequest, slug: str, conflict: int, body: ReasonIn) -> Any:
    """By an organiser, with a reason. Withdrawn sheets stay withdrawn."""
    row = judge_queries.standing(_edition(request, slug)).filter(pk=conflict).first()
    if row is None:
        raise MissingError("server.challenge.no_conflict")
    judge_actions.withdraw_conflict(request.user, row, body.reason)
    return Status(204, None)


def _round(request: HttpRequest, slug: str, code: str) -> Round:
    return queries.round_of(request.user, slug, code)


def round_out(round_: Round) -> RoundOut:
    planned = round_.state == "planned"
    return RoundOut(
        code=round_.code,
        state=round_.state,
        obstacles=[each.text() for each in queries.obstacles(round_)] if planned else [],
        sheets=round_.sheets.filter(calibration=False).exclude(state="withdrawn").count(),
        unsigned=queries.left_unsigned(round_).count(),
    )


@router.get(
    "/editions/{slug}/rounds/{code}",
    response=RoundOut,
    auth=READ,
    operation_id="get_round",
    summary="Read how far a round is",
)
def get_round(request: HttpRequest, slug: str, code: str) -> Any:
    """For organisers of the round."""
    return round_out(_round(request, slug, code))


@router.put(
    "/editions/{slug}/rounds/{code}/anchors",
    response=EntriesIn,
    auth=WRITE,
    operation_id="set_anchors",
    summary="Choose the anchors of a round",
)
def set_anchors(request: HttpRequest, slug: str, code: str, body: EntriesIn) -> Any:
    """Entries that every judge scores, so that panels can be compared."""
    row = _round(request, slug, code)
    anchors = assigning.set_anchors(request.user, row, _entries(row, body.entries))
    return EntriesIn(entries=sorted(each.entry.code for each in anchors))


def _entries(round_: Round, codes: list[str]) -> list[Entry]:
    found = {entry.code: entry for entry in Entry.objects.filter(edition=round_.edition, code__in=codes[:500])}
    missing = [code for code in codes if code not in found]
    if missing:
        raise MissingError("server.challenge.entry_not_judged", entries=", ".join(missing)[:200])
    return list(found.values())


@router.post(
    "/editions/{slug}/rounds/{code}/practice",
    response=RoundOut,
    auth=WRITE,
    operation_id="begin_practice",
    summary="Give out practice entries",
)
def begin_practice(request: HttpRequest, slug: str, code: str, body: EntriesIn) -> Any:
    """Before the round opens: every judge scores the same entries, and it counts for nothing."""
    row = _round(request, slug, code)
    assigning.begin_calibration(request.user, row, _entries(row, body.entries))
    return round_out(row)


@router.post(
    "/editions/{slug}/rounds/{code}/opening",
    response=RoundOut,
    auth=WRITE,
    operation_id="open_round",
    summary="Open a round",
)
def open_round(request: HttpRequest, slug: str, code: str) -> Any:
    """Its rules are copied and do not change after that."""
    return round_out(assigning.open_round(request.user, _round(request, slug, code)))


@router.post(
    "/editions/{slug}/rounds/{code}/assignment",
    response=PlanOut,
    auth=WRITE,
    operation_id="assign_round",
    summary="Give the entries of a round to its judges",
)
@expensive
def assign_round(request: HttpRequest, slug: str, code: str, body: AssignmentIn) -> Any:
    """The first time, or (with the fewest changes) again after a judge came or went or a conflict was found."""
    row = _round(request, slug, code)
    again = row.sheets.filter(calibration=False).exists()
    act = assigning.reassign_round if again else assigning.assign_round
    plan = act(request.user, row, body.relaxations)
    return PlanOut(
        sheets=len(plan.pairs),
        loads=dict(plan.loads),
        added=len(plan.added),
        dropped=len(plan.dropped),
        findings=[each.text() for each in plan.findings],
    )


@router.post(
    "/editions/{slug}/rounds/{code}/closing",
    response=RoundOut,
    auth=WRITE,
    operation_id="close_round",
    summary="Close a round",
)
def close_round(request: HttpRequest, slug: str, code: str, body: CloseIn) -> Any:
    """Signed sheets are locked. Unsigned ones are withdrawn, which needs a reason."""
    return round_out(assigning.close_round(request.user, _round(request, slug, code), body.reason))


@router.post(
    "/editions/{slug}/rounds/{code}/ballots",
    response={204: None},
    auth=WRITE,
    operation_id="cast_ballot",
    summary="Vote between two tied entries",
)
def cast_ballot(request: HttpRequest, slug: str, code: str, body: BallotIn) -> Any:
    """By a judge of the round, while a tie is open. A vote is final."""
    row = (
        Round.objects.filter(edition__slug=slug, code=code, judges__user_id=request.user.pk or 0)
        .select_related("edition")
        .first()
    )
    if row is None:
        raise MissingError("server.challenge.no_round", round=code)
    better, worse = _pair(row, body)
    panels.cast_ballot(request.user, row, better, worse)
    return Status(204, None)


def _pair(round_: Round, body: BallotIn) -> tuple[Entry, Entry]:
    entries = {
        entry.code: entry for entry in Entry.objects.filter(edition=round_.edition, code__in=[body.better, body.worse])
    }
    for code in (body.better, body.worse):
        if code not in entries:
            raise MissingError("server.challenge.no_round", round=code)
    return entries[body.better], entries[body.worse]


def _others_sheet(request: HttpRequest, sheet: int) -> ScoreSheet:
    row = ScoreSheet.objects.filter(pk=sheet).select_related("round__division", "round__edition").first()
    if row is None or not people.can(request.user, "challenge.reopen_sheet", row.round):
        raise MissingError("server.challenge.no_sheet", sheet=sheet)
    return row


@router.post(
    "/sheets/{sheet}/reopenings",
    response={201: ReopeningOut},
    auth=WRITE,
    operation_id="propose_reopening",
    summary="Propose to open a signed sheet again",
)
def propose_reopening(request: HttpRequest, sheet: int, body: ReasonIn) -> Any:
    """By an organiser who is not the judge; a second one confirms."""
    made = scoring.propose_reopening(request.user, _others_sheet(request, sheet), body.reason)
    return Status(201, ReopeningOut(id=made.pk, sheet=sheet, confirmed=False))


@router.post(
    "/sheets/{sheet}/reopenings/{reopening}/confirmation",
    response=ReopeningOut,
    auth=WRITE,
    operation_id="confirm_reopening",
    summary="Confirm that a sheet is opened again",
)
def confirm_reopening(request: HttpRequest, sheet: int, reopening: int) -> Any:
    """By a second organiser."""
    row = _others_sheet(request, sheet)
    asked = Reopening.objects.filter(sheet=row, pk=reopening).select_related("sheet__round__division").first()
    if asked is None:
        raise MissingError("server.challenge.no_sheet", sheet=sheet)
    scoring.confirm_reopening(request.user, asked)
    return ReopeningOut(id=asked.pk, sheet=sheet, confirmed=True)
