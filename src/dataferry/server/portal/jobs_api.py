"""The API of background jobs: one's own, or all for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Query, Schema, Status

from dataferry.server.display.languages import page_language
from dataferry.server.display.words import finding_text
from dataferry.server.jobs.models import Job
from dataferry.server.people.authentication import member
from dataferry.server.portal import operations
from dataferry.server.web.api import Cursor, Limit, Page, api_router, keyset_page

router = api_router("jobs")

State = Literal["queued", "running", "done", "failed", "cancelled"]


class ToldOut(Schema):
    code: str = Field(description="What it is, for programs.")
    message: str = Field(description="The same in words, in the caller's language.")
    data: dict[str, Any] = Field(description="What it is about.")


class ErrorOut(ToldOut):
    retry: bool = Field(description="Whether the same may succeed later.")


class JobOut(Schema):
    id: int = Field(description="Number of the job.")
    kind: str = Field(description="What is done, such as `workshop.build_product`.")
    subject: str = Field(description="What it is done to.")
    state: State = Field(description="`queued` and `running` are open, the others final (`failed` may be tried again).")
    attempts: int = Field(description="How often it was begun.")
    most_attempts: int = Field(description="How often it is begun at most.")
    asked_by: int | None = Field(description="Number of the person who asked; null for the site itself.")
    requested_at: datetime = Field(description="When it was asked for.")
    not_before: datetime = Field(description="Earliest begin of the next attempt.")
    started_at: datetime | None = Field(description="When the newest attempt began.")
    finished_at: datetime | None = Field(description="When it ended.")
    step: ToldOut | None = Field(description="What is being done.")
    share: float | None = Field(description="How far it is, 0 to 1; null where nobody can say.")
    error: ErrorOut | None = Field(description="Why the newest attempt did not succeed.")
    result: dict[str, Any] | None = Field(description="What came of it.")
    cancel_requested: bool = Field(description="Whether somebody asked to cancel it.")


def _told(value: Any) -> dict[str, Any] | None:
    if not value:
        return None
    code, data = str(value.get("code", "")), value.get("data") or {}
    message = finding_text({"code": code, "data": data}, page_language())
    return {"code": code, "message": message, "data": data, "retry": bool(value.get("retry"))}


def _job_out(job: Job) -> dict[str, Any]:
    fields = (
        "kind", "subject", "state", "attempts", "most_attempts", "asked_by", "requested_at", "not_before", "started_at",
        "finished_at", "share", "result", "cancel_requested",
    )  # fmt: skip
    told = {"step": _told(job.step), "error": _told(job.error)}
    return {"id": job.pk, **{field: getattr(job, field) for field in fields}, **told}


@router.get("/jobs", response=Page[JobOut], auth=member("read"), operation_id="list_jobs", summary="Background jobs")
def list_jobs(
    request: HttpRequest,
    state: Annotated[State | None, Query(description="Only jobs in this state.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """The jobs that the caller asked for, newest first; operators see all."""
    rows = operations.visible_jobs(request.user)
    if state:
        rows = rows.filter(state=state)
    return keyset_page(rows, ("-pk",), cursor, limit, scope=state or "").map(_job_out)


@router.get("/jobs/{job_id}", response=JobOut, auth=member("read"), operation_id="get_job", summary="One job")
def get_job(request: HttpRequest, job_id: int) -> Any:
    """How far a job is, or how it ended."""
    return _job_out(operations.job_of(request.user, job_id))


@router.post(
    "/jobs/{job_id}/cancel",
    response={202: JobOut},
    auth=member("write"),
    operation_id="cancel_job",
    summary="Cancel a job",
)
def cancel_job(request: HttpRequest, job_id: int) -> Any:
    """A job that waits is cancelled at once, one that runs at its next step. What has ended stays as it is (403)."""
    return Status(202, _job_out(operations.cancel(request.user, job_id)))
