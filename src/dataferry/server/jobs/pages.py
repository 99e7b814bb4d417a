"""The progress of one job as an answer of its own, for rooms whose page has no better place for it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from dataferry.messages import MissingError
from dataferry.server.jobs.models import Job
from dataferry.server.jobs.queries import job_of


def progress(
    request: HttpRequest,
    job_id: int,
    *,
    may_see: Callable[[Job], bool],
    cancel_address: str = "",
    done_address: str = "",
    done_words: str = "",
) -> HttpResponse:
    """How far a job is: what htmx asks for while it runs.

    Args:
        request: its own address is where the next look is asked for.
        job_id: which job.
        may_see: whether this person may know of it; this room knows no people.
        cancel_address: where a POST cancels it; empty where this person may not.
        done_address: where its outcome is seen, with `done_words` as the link's text.

    Raises:
        MissingError: `server.jobs.no_such_job`, also when this person may not know of it.
    """
    job = job_of(job_id)
    if not may_see(job):
        raise MissingError("server.jobs.no_such_job", job=job_id)
    context = {
        "job": job,
        "refresh": request.path,
        "cancel_address": cancel_address,
        "done_address": done_address,
        "done_words": done_words,
    }
    return render(request, "jobs/_progress.html", context)
