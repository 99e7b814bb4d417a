"""A job while it is done: progress, cancelling, and the fence that lets its effect happen once."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction

from dataferry.messages import DataferryError, RefusedError, UnavailableError
from dataferry.server.jobs import actions
from dataferry.server.jobs.models import Job
from dataferry.server.jobs.registry import LONGEST, Handler, handler_of
from dataferry.server.jobs.transport import deliver_to

logger = logging.getLogger(__name__)

WRITE_EVERY = 1.0
ASK_EVERY = 0.5


class Stopped(Exception):  # noqa: N818  not an error: somebody wants the work to end
    """The job was cancelled, its lease was lost, or its worker has to end. Clean up and let it pass."""


class Running:
    """What a handler holds: the job, and the ways to speak about it."""

    def __init__(self, job: Job, longest: timedelta = LONGEST) -> None:
        self.job = job
        self.attempt = job.attempts
        self.began = time.monotonic()
        self.longest = longest.total_seconds()
        self.finished = False
        self.handing_back = False
        self._told = ("", -WRITE_EVERY)
        self._asked = (True, -ASK_EVERY)

    def progress(self, code: str, share: float | None = None, **data: Any) -> None:
        """Say what is being done (a message code with its data) and how far, 0 to 1. Renews the lease.

        Not inside a transaction: others see it at once. More often than once a second only a new `code` is written.

        Raises:
            Stopped: see there.
        """
        now = time.monotonic()
        if self.handing_back:
            raise Stopped
        if code == self._told[0] and now - self._told[1] < WRITE_EVERY:
            return
        self._told = (code, now)
        shown = None if share is None else min(1.0, max(0.0, share))
        if not actions.report(self.job.pk, self.attempt, {"code": code, "data": data}, shown):
            raise Stopped

    def cancelled(self) -> bool:
        """Whether the work should end: for callbacks of libraries. Asks the database twice a second at most."""
        now = time.monotonic()
        if now - self._asked[1] >= ASK_EVERY:
            self._asked = (actions.is_wanted(self.job.pk, self.attempt), now)
        return self.handing_back or not self._asked[0]

    @contextmanager
    def finishing(self) -> Iterator[dict[str, Any]]:
        """One transaction for the effect and for the job being done: both happen, or neither.

        The effect happens once, however often the job was tried. Gives a dict: what is put in becomes `job.result`.

        Raises:
            Stopped: cancelled, or another attempt has the job; nothing was changed.
        """
        result: dict[str, Any] = {}
        with transaction.atomic():
            if not actions.finish(self.job.pk, self.attempt):
                raise Stopped
            yield result
            if result:
                actions.keep_result(self.job.pk, self.attempt, result)
        self.finished = True


_held: Running | None = None


def held() -> Running | None:
    """The job that this process does now (its pulse renews the lease)."""
    return _held


def run(job_id: int, worker: str = "") -> str:
    """Do one job, whatever becomes of it. Returns how it ended, for the log."""
    global _held  # noqa: PLW0603  one process does one job at a time
    job = actions.start(job_id, worker or _worker_name)
    if job is None:
        return "not to be had"
    handler = handler_of(job.kind)
    running = Running(job, handler.longest if handler else LONGEST)
    _held = running
    try:
        return _ended(running, handler)
    except RefusedError as error:
        # Between its last word and its end the job went to other hands.
        return error.code
    finally:
        _held = None


_worker_name = ""


def named(worker: str) -> None:
    """From now on, jobs done in this process are held by this worker."""
    global _worker_name  # noqa: PLW0603  once a process
    _worker_name = worker


def _ended(running: Running, handler: Handler | None) -> str:
    job, attempt = running.job, running.attempt
    try:
        if handler is None:
            raise UnavailableError("server.jobs.unknown_kind", retry=True, kind=job.kind)
        result = handler.work(running)
    except Stopped:
        return _stopped(running)
    except DataferryError as error:
        actions.fail(job.pk, attempt, error)
        return error.code
    except Exception as error:
        # A job that dies must be told, whatever killed it; the details are for the log only.
        logger.exception("job %s (%s) broke", job.pk, job.kind)
        kind = type(error).__name__
        actions.fail(job.pk, attempt, UnavailableError("server.jobs.broke", kind=kind), fault=True)
        return "server.jobs.broke"
    return _done(running, result)


def _done(running: Running, result: Mapping[str, Any] | None) -> str:
    if running.finished:
        if result is not None:
            actions.keep_result(running.job.pk, running.attempt, result)
        return "done"
    if actions.finish(running.job.pk, running.attempt, result):
        return "done"
    return _stopped(running)


def _stopped(running: Running) -> str:
    """Cancelled, handed back, or in other hands already."""
    job = Job.objects.get(pk=running.job.pk)
    if job.attempts != running.attempt or job.state != Job.State.RUNNING:
        return "in other hands"
    if job.cancel_requested:
        actions.stop(job.pk, running.attempt)
        return "cancelled"
    actions.hand_back(job.pk, running.attempt)
    return "handed back"


deliver_to(run)
