"""How a worker learns of a job: one task of django-tasks, which carries the job's number. The job row is the truth."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from django_tasks import task

from dataferry.server.jobs.models import Job

_doer: Callable[[int], str] | None = None


def deliver_to(doer: Callable[[int], str]) -> None:
    """What does the jobs that arrive in this process."""
    global _doer  # noqa: PLW0603  set once, when the room is loaded
    _doer = doer


@task()
def run_job(job_id: int) -> str:
    """Do one job. Returns how that ended; everything else is in the job's row."""
    if _doer is None:
        raise RuntimeError("the jobs room is not loaded")
    return _doer(job_id)


def send(job: Job) -> Job:
    """Put a queued job on the way to the workers, for its time."""
    waits = job.not_before > timezone.now()
    result = run_job.using(run_after=job.not_before if waits else None).enqueue(job.pk)
    job.task_id = str(result.id)
    Job.objects.filter(pk=job.pk).update(task_id=job.task_id)
    return job


def close_task(task_id: str) -> None:
    """The task of a lost job must not say "running" for ever either."""
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    if task_id:
        DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.RUNNING).update(
            status=TaskResultStatus.FAILED, finished_at=timezone.now()
        )
