"""Small parts of the tests of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from dataferry.server import jobs
    from dataferry.server.jobs.models import Job
    from dataferry.server.jobs.registry import Work


class Clock:
    """The time that the house believes in."""

    def __init__(self) -> None:
        self.now = timezone.now()

    def __call__(self) -> datetime:
        return self.now

    def later(self, span: timedelta) -> None:
        self.now += span


def fresh(job: Job) -> Job:
    job.refresh_from_db()
    return job


def raising(error: BaseException) -> Work:
    def work(_running: jobs.Running) -> None:
        raise error

    return work
