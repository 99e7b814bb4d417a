"""Score sheets over the API: a judge's own. What a judge gets of an entry comes from `queries.blind`, as on the desk.

Anybody else's sheet is not there.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Status

from dataferry.server.challenge.actions import panels, scoring
from dataferry.server.challenge.api_judging_forms import (
    CriterionOut,
    DossierOut,
    FileOut,
    ReasonIn,
    ScoresIn,
    SheetOut,
    SignedOut,
    UseOut,
)
from dataferry.server.challenge.models import ScoreSheet
from dataferry.server.challenge.pages import judge_desk
from dataferry.server.challenge.queries import blind, desk_view
from dataferry.server.challenge.queries import sheets as queries
from dataferry.server.people.authentication import member
from dataferry.server.web.api import Cursor, Limit, Page, api_router, downloads, etags, expensive, keyset_page

router = api_router("judging")
READ, WRITE = member("read"), member("write")


def sheet_out(sheet: ScoreSheet) -> SheetOut:
    standing = desk_view.standing(sheet)
    return SheetOut(
        id=sheet.pk,
        edition=sheet.round.edition.slug,
        round=sheet.round.code,
        entry=sheet.entry.code,
        practice=sheet.calibration,
        position=sheet.position,
        total=standing.total,
        missing=list(standing.missing),
        below_floor=list(standing.below),
        **desk_view.as_saved(sheet),
    )


@router.get(
    "/sheets", response=Page[SheetOut], auth=READ, operation_id="list_sheets", summary="List one's own score sheets"
)
def list_sheets(request: HttpRequest, limit: Limit = 50, cursor: Cursor = None) -> Any:
    """The caller's own, of every edition, oldest first. `position` is the order to judge them in."""
    rows = keyset_page(queries.own_sheets(request.user).order_by("pk"), ("pk",), cursor, limit)
    return rows.map(sheet_out)


@router.get(
    "/sheets/{sheet}", response=DossierOut, auth=READ, operation_id="get_sheet", summary="Read an entry and its sheet"
)
def get_sheet(request: HttpRequest, sheet: int, response: HttpResponse) -> Any:
    """The entry as its judge may see it, with what to score."""
    row = queries.own_sheet(request.user, sheet)
    entry = blind.blind_entry(row)
    etags.stamp(response, row.revision)
    fields = CriterionOut.model_fields
    return DossierOut(
        sheet=sheet_out(row),
        title=dict(entry.title),
        summary=dict(entry.summary),
        subcategory=dict(entry.subcategory),
        files=[FileOut(**{name: getattr(each, name) for name in FileOut.model_fields}) for each in entry.files],
        uses=[_use_out(each) for each in entry.uses],
        rubric=[CriterionOut(**{name: getattr(line, name) for name in fields}) for line in desk_view.rubric_lines(row)],
    )


def _use_out(use: blind.BlindUse) -> UseOut:
    return UseOut(
        title=dict(use.title),
        dataset=use.slug,
        city=use.city,
        licence=use.licence,
        verified=use.verified,
        purpose=use.purpose,
    )


@router.put("/sheets/{sheet}", response=SheetOut, auth=WRITE, operation_id="save_sheet", summary="Save a score sheet")
def save_sheet(request: HttpRequest, sheet: int, body: ScoresIn, response: HttpResponse) -> Any:
    """Replace the scores and comments of the revision that `If-Match` names. Scores may be incomplete."""
    row = queries.own_sheet(request.user, sheet)
    etags.require_match(request, row.revision)
    saved = scoring.save_sheet(request.user, row, row.revision, body.scores, body.comment_team, body.comment_panel)
    etags.stamp(response, saved.revision)
    return sheet_out(saved)


@router.post(
    "/sheets/{sheet}/signature",
    response={201: SignedOut},
    auth=WRITE,
    operation_id="sign_sheet",
    summary="Sign a score sheet",
)
def sign_sheet(request: HttpRequest, sheet: int) -> Any:
    """Sign the revision that `If-Match` names. After that only two officials together can open it again."""
    row = queries.own_sheet(request.user, sheet)
    etags.require_match(request, row.revision)
    signed = scoring.sign_sheet(request.user, row, row.revision)
    out = SignedOut(
        sheet=row.pk, revision=signed.number, scores=signed.scores, digest=signed.digest, signed_at=signed.signed_at
    )
    return Status(201, out)


@router.post(
    "/sheets/{sheet}/recusal",
    response=SheetOut,
    auth=WRITE,
    operation_id="recuse_sheet",
    summary="Recuse oneself from an entry",
)
def recuse_sheet(request: HttpRequest, sheet: int, body: ReasonIn) -> Any:
    """The caller does not judge this entry; it goes to another judge."""
    row = scoring.recuse(request.user, queries.own_sheet(request.user, sheet), body.reason)
    return sheet_out(row)


@router.post(
    "/sheets/{sheet}/anonymity-report",
    response={204: None},
    auth=WRITE,
    operation_id="report_anonymity",
    summary="Report that an entry shows who made it",
)
def report_anonymity(request: HttpRequest, sheet: int, body: ReasonIn) -> Any:
    """In anonymous rounds; once by each judge."""
    panels.report_anonymity(request.user, queries.own_sheet(request.user, sheet).entry, body.reason)
    return Status(204, None)


@router.get(
    "/sheets/{sheet}/files/{number}",
    response={200: bytes},
    auth=READ,
    operation_id="get_sheet_file",
    summary="Read a file of an entry",
    openapi_extra=downloads("application/pdf", "video/mp4"),
)
@expensive
def get_sheet_file(request: HttpRequest, sheet: int, number: int) -> Any:
    """Under a neutral name; in an anonymous round without its own metadata."""
    return judge_desk.answer_file(request, queries.own_sheet(request.user, sheet), number)
