"""What pages and programs ask about jobs. Which of them a person may see is for the caller to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from dataferry.messages import MissingError
from dataferry.server.jobs.models import OPEN, Job, Schedule, Worker
from dataferry.server.jobs.registry import Handler, handler_of, rhythms

State = Job.State


def job_of(job_id: int) -> Job:
    """One job.

    Raises:
        MissingError: `server.jobs.no_such_job`.
    """
    job = Job.objects.filter(pk=job_id).first()
    if job is None:
        raise MissingError("server.jobs.no_such_job", job=job_id)
    return job


def asked_by(person: int) -> QuerySet[Job]:
    """The jobs that a person asked for, newest first."""
    return Job.objects.filter(asked_by=person)


def history(*, before: int | None = None, state: str = "", kind: str = "", limit: int = 50) -> list[Job]:
    """Jobs newest first, those with a number below `before`."""
    rows = Job.objects.all()
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    return list(rows[:limit])


def place_in_queue(job: Job) -> int:
    """How many jobs are done before this one, with it: 1 is next. 0 when it does not wait in the queue."""
    if job.state != State.QUEUED or job.not_before > timezone.now():
        return 0
    earlier = Job.objects.filter(state=State.QUEUED, not_before__lte=timezone.now())
    return earlier.filter(Q(not_before__lt=job.not_before) | Q(not_before=job.not_before, pk__lt=job.pk)).count() + 1


@dataclass(frozen=True)
class Depth:
    """How much there is to do."""

    due: int
    later: int
    running: int
    oldest: datetime | None


def depth() -> Depth:
    """The queue now."""
    now = timezone.now()
    queued, running = Q(state=State.QUEUED), Q(state=State.RUNNING)
    counts = Job.objects.filter(state__in=OPEN).aggregate(
        due=Count("pk", filter=queued & Q(not_before__lte=now)),
        later=Count("pk", filter=queued & Q(not_before__gt=now)),
        running=Count("pk", filter=running),
    )
    waiting = Job.objects.filter(queued, not_before__lte=now).order_by("not_before")
    return Depth(**counts, oldest=waiting.values_list("not_before", flat=True).first())


def running(limit: int = 50) -> list[Job]:
    """What is being done now, the oldest first."""
    return list(Job.objects.filter(state=State.RUNNING).order_by("started_at")[:limit])


def faults(limit: int = 50) -> list[Job]:
    """Failed jobs that a person of the house should look at, newest first."""
    return list(Job.objects.filter(state=State.FAILED, fault=True, dismissed_at=None)[:limit])


def fault_count() -> int:
    """How many of them there are."""
    return Job.objects.filter(state=State.FAILED, fault=True, dismissed_at=None).count()


@dataclass(frozen=True)
class Seen:
    """A worker, whether it gave a sign of life within its lease, and what it does."""

    worker: Worker
    alive: bool
    job: Job | None


def workers() -> list[Seen]:
    """All workers that signed on and did not sign off."""
    limit = timezone.now() - timedelta(seconds=settings.JOB_LEASE_SECONDS)
    held = {job.worker: job for job in Job.objects.filter(state=State.RUNNING).exclude(worker="")}
    return [Seen(each, each.seen_at >= limit, held.get(each.name)) for each in Worker.objects.all()]


@dataclass(frozen=True)
class Appointment:
    """A scheduled job: when it ran and runs, and how the last run ended."""

    name: str
    handler: Handler | None
    every: timedelta | None
    schedule: Schedule | None
    last: Job | None


def appointments() -> list[Appointment]:
    """Every scheduled job of this version, by name."""
    rows = {row.name: row for row in Schedule.objects.all()}
    jobs = Job.objects.in_bulk([row.last_job for row in rows.values() if row.last_job])
    return [
        Appointment(name, handler_of(name), rhythm.every, row, jobs.get(row.last_job) if row and row.last_job else None)
        for name, rhythm in sorted(rhythms().items())
        for row in [rows.get(name)]
    ]
