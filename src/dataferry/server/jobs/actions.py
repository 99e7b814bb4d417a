"""Every change of a job's state. Each is one conditional UPDATE, so that of several who try, one succeeds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from dataferry.messages import DataferryError, MissingError, RefusedError, UnavailableError
from dataferry.server.jobs.json_values import as_json, error_json
from dataferry.server.jobs.models import OPEN, TRANSITIONS, Job
from dataferry.server.jobs.registry import back_off, handler_of
from dataferry.server.jobs.transport import close_task, send

logger = logging.getLogger(__name__)

State = Job.State
ENDED: dict[str, Any] = {"lease_until": None, "worker": ""}


def enqueue(
    kind: str,
    *,
    subject: str,
    payload: Mapping[str, Any],
    asked_by: int | None,
    key: str = "",
    not_before: datetime | None = None,
) -> Job:
    """Ask for a job, inside the caller's transaction: a worker learns of it when that commits.

    Args:
        kind: a registered kind (`jobs.handler`).
        subject: what it is about, as `dataset:<slug>`; shown to people.
        payload: JSON of references only, never personal data.
        asked_by: id of the person, None for the house itself.
        key: where given, there is one open job of this kind and key; asking again returns it.
        not_before: earliest start.

    Raises:
        ValueError: nobody handles this kind (a fault of ours).
    """
    handler = handler_of(kind)
    if handler is None:
        raise ValueError(f"no handler for {kind}")
    now = timezone.now()
    while True:
        try:
            with transaction.atomic():
                job = Job.objects.create(
                    kind=kind,
                    subject=subject[:200],
                    key=key,
                    payload=as_json(payload, None),
                    most_attempts=handler.attempts,
                    not_before=not_before or now,
                    asked_by=asked_by,
                    requested_at=now,
                )
                return send(job)
        except IntegrityError:
            # "One open job per key" answered: it is asked for already, unless it ended just now.
            open_job = Job.objects.filter(kind=kind, key=key, state__in=OPEN).first() if key else None
            if open_job is not None:
                return open_job
            if not key:
                raise


def move(job_id: int, to: str, *, attempt: int | None = None, **changes: Any) -> None:
    """Move a job to another state, if it still is where the caller thinks.

    Raises:
        RefusedError: `server.jobs.moved_on`, when no transition leads there from where it is, or another attempt
            has it.
    """
    sources = [state for state, targets in TRANSITIONS.items() if to in targets]
    rows = Job.objects.filter(pk=job_id, state__in=sources)
    if attempt is not None:
        rows = rows.filter(attempts=attempt, state=State.RUNNING)
    if not rows.update(state=to, **changes):
        raise RefusedError("server.jobs.moved_on", job=job_id, state=str(to))


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def start(job_id: int, worker: str = "") -> Job | None:
    """Take a queued job whose time has come. Its `attempts` is from now on the caller's ticket.

    Returns:
        The job; None where it is not to be had: another worker was quicker, it was cancelled, or it is too early.
    """
    now = timezone.now()
    seen = Job.objects.filter(pk=job_id, state=State.QUEUED, not_before__lte=now).first()
    if seen is None:
        return None
    taken = Job.objects.filter(pk=job_id, state=State.QUEUED, attempts=seen.attempts).update(
        state=State.RUNNING,
        attempts=seen.attempts + 1,
        lease_until=lease_end(),
        worker=worker,
        started_at=now,
        step=None,
        share=None,
        error=None,
    )
    if not taken:
        return None
    seen.refresh_from_db()
    return seen


def report(job_id: int, attempt: int, step: Mapping[str, Any], share: float | None) -> bool:
    """Say how far a running job is; this renews its lease. False when it is cancelled or in other hands."""
    rows = Job.objects.filter(pk=job_id, attempts=attempt, state=State.RUNNING, cancel_requested=False)
    return bool(rows.update(step=as_json(step), share=share, lease_until=lease_end()))


def renew(job_id: int, attempt: int) -> bool:
    """Hold a running job for another lease. False when it is in other hands."""
    rows = Job.objects.filter(pk=job_id, attempts=attempt, state=State.RUNNING)
    return bool(rows.update(lease_until=lease_end()))


def is_wanted(job_id: int, attempt: int) -> bool:
    """It is still this attempt's, and nobody has asked to cancel it."""
    return Job.objects.filter(pk=job_id, attempts=attempt, state=State.RUNNING, cancel_requested=False).exists()


def finish(job_id: int, attempt: int, result: Mapping[str, Any] | None = None) -> bool:
    """Close a job as done. False, changing nothing, when it was cancelled or is in other hands.

    Called first in the transaction of the effect, it locks the row: nobody else can take the job until that commits.
    """
    rows = Job.objects.filter(pk=job_id, attempts=attempt, state=State.RUNNING, cancel_requested=False)
    changes: dict[str, Any] = {**ENDED, "state": State.DONE, "share": 1.0, "finished_at": timezone.now()}
    return bool(rows.update(result=None if result is None else as_json(result), **changes))


def keep_result(job_id: int, attempt: int, result: Mapping[str, Any]) -> None:
    """What a job that is done leaves for those who asked for it."""
    Job.objects.filter(pk=job_id, attempts=attempt, state=State.DONE).update(result=as_json(result))


def stop(job_id: int, attempt: int) -> None:
    """Close a running job that was asked to be cancelled."""
    with transaction.atomic():
        move(job_id, State.CANCELLED, attempt=attempt, finished_at=timezone.now(), **ENDED)
        _given_up(job_id)


def fail(job_id: int, attempt: int, error: DataferryError, *, fault: bool | None = None) -> None:
    """A try ended with an error: again after a while where that can help, else closed with the reason.

    Args:
        error: what people will read; `retry` says whether another try can help.
        fault: whether operators should look. By default what is not the asker's to correct: a missing means of this
            machine, or tries used up.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.cancel_requested:
            return stop(job_id, attempt)
        if error.retry and attempt < job.most_attempts:
            wait = timezone.now() + back_off(attempt)
            move(job_id, State.QUEUED, attempt=attempt, not_before=wait, error=error_json(error), **ENDED)
            return _resend(job_id)
        ours = fault if fault is not None else error.retry or isinstance(error, UnavailableError)
        _close_failed(job_id, attempt, error, fault=ours)
    return None


def _close_failed(job_id: int, attempt: int | None, error: DataferryError, *, fault: bool) -> None:
    move(
        job_id,
        State.FAILED,
        attempt=attempt,
        error=error_json(error),
        fault=fault,
        finished_at=timezone.now(),
        **ENDED,
    )
    _given_up(job_id)


def lose(job: Job) -> None:
    """The worker of a running job is gone: again after a while, or closed when it was tried often enough."""
    close_task(job.task_id)
    fail(job.pk, job.attempts, UnavailableError("server.jobs.lost", retry=True, attempts=job.attempts))


def hand_back(job_id: int, attempt: int) -> bool:
    """A worker that has to end gives its job to another, at once and without counting the try."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.attempts != attempt or job.state != State.RUNNING:
            return False
        if job.cancel_requested:
            stop(job_id, attempt)
            return True
        close_task(job.task_id)
        more = job.most_attempts + 1
        move(job_id, State.QUEUED, attempt=attempt, not_before=timezone.now(), most_attempts=more, **ENDED)
        _resend(job_id)
    return True


def cancel(job_id: int, by: int | None) -> Job:
    """Cancel a job: one that waits at once, one that runs at its next word. `by` is the id of the person who asks.

    Whether this person may is for the caller to check (`may_see`).

    Raises:
        MissingError: `server.jobs.no_such_job`.
        RefusedError: `server.jobs.ended`, when it has ended already.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.state == State.QUEUED:
            move(job_id, State.CANCELLED, finished_at=timezone.now(), cancel_requested=True, **ENDED)
            _given_up(job_id)
        elif job.state == State.RUNNING:
            Job.objects.filter(pk=job_id).update(cancel_requested=True)
        else:
            raise RefusedError("server.jobs.ended", job=job_id, state=job.state)
    logger.info("job %s: cancel asked by %s", job_id, by)
    job.refresh_from_db()
    return job


def retry(job_id: int) -> Job:
    """Try a failed job again, with as many attempts as its kind has.

    Raises:
        MissingError: `server.jobs.no_such_job`.
        RefusedError: `server.jobs.not_failed`; `server.jobs.open_already` when the same was asked for meanwhile.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.state != State.FAILED:
            raise RefusedError("server.jobs.not_failed", job=job_id, state=job.state)
        handler = handler_of(job.kind)
        more = job.attempts + (handler.attempts if handler else 1)
        fresh: dict[str, Any] = {
            "not_before": timezone.now(),
            "finished_at": None,
            "fault": False,
            "dismissed_at": None,
        }
        try:
            with transaction.atomic():
                move(job_id, State.QUEUED, most_attempts=more, **fresh)
        except IntegrityError as error:
            raise RefusedError("server.jobs.open_already", job=job_id) from error
        _resend(job_id)
    return Job.objects.get(pk=job_id)


def dismiss(job_id: int) -> Job:
    """An operator has seen a failed job and wants it off the list. It stays in the history.

    Raises:
        MissingError: `server.jobs.no_such_job`.
        RefusedError: `server.jobs.not_failed`.
    """
    with transaction.atomic():
        job = _locked(job_id)
        if job.state != State.FAILED:
            raise RefusedError("server.jobs.not_failed", job=job_id, state=job.state)
        Job.objects.filter(pk=job_id, dismissed_at=None).update(dismissed_at=timezone.now())
    job.refresh_from_db()
    return job


def _locked(job_id: int) -> Job:
    job = Job.objects.select_for_update().filter(pk=job_id).first()
    if job is None:
        raise MissingError("server.jobs.no_such_job", job=job_id)
    return job


def _resend(job_id: int) -> None:
    send(Job.objects.get(pk=job_id))


def _given_up(job_id: int) -> None:
    """Tell the room that its job ended without its effect. What goes wrong there does not keep the job open."""
    job = Job.objects.get(pk=job_id)
    handler = handler_of(job.kind)
    if handler is None or handler.given_up is None:
        return
    try:
        with transaction.atomic():
            handler.given_up(job)
    except Exception:
        logger.exception("job %s: what follows from its end failed", job_id)
