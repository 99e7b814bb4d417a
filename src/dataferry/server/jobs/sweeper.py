"""Finding jobs that were lost, and putting them back: nothing is running, or on its way, for ever."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from dataferry.messages import RefusedError
from dataferry.server.jobs import actions
from dataferry.server.jobs.models import Job, Worker
from dataferry.server.jobs.processes import is_dead_here
from dataferry.server.jobs.transport import close_task, send

OVERDUE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)
MOST = 500


def sweep() -> int:
    """Put lost jobs back in the queue, or close them when they were tried often enough.

    Lost is a running job whose lease ended, or whose worker was a process of this machine that lives no more (then
    nobody has to wait for the lease). A queued job whose message got lost on the way is sent again.

    Returns:
        How many jobs were lost.
    """
    gone = _bury_workers()
    lost = Job.objects.filter(state=Job.State.RUNNING).filter(Q(lease_until__lt=timezone.now()) | Q(worker__in=gone))
    count = 0
    for job in lost[:MOST]:
        count += _put_back(job, gone)
    _send_again()
    return count


def _put_back(job: Job, gone: list[str]) -> bool:
    try:
        with transaction.atomic():
            # Between the look and the lock its worker may have renewed the lease, or ended it.
            now = Job.objects.select_for_update().get(pk=job.pk)
            still = now.state == Job.State.RUNNING and now.attempts == job.attempts
            if not still or not (now.worker in gone or (now.lease_until and now.lease_until < timezone.now())):
                return False
            actions.lose(now)
    except RefusedError:
        return False
    return True


def _send_again() -> None:
    """A worker that died between taking the message and taking the job leaves a queued job that nobody knows of."""
    overdue = Job.objects.filter(state=Job.State.QUEUED, not_before__lt=timezone.now() - OVERDUE)
    jobs = {job.task_id: job for job in overdue[:MOST]}
    ids = [task_id for task_id in jobs if task_id]
    waiting = DBTaskResult.objects.filter(pk__in=ids, status=TaskResultStatus.READY).values_list("pk", flat=True)
    for task_id in jobs.keys() - {str(pk) for pk in waiting}:
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=jobs[task_id].pk)
            if job.state == Job.State.QUEUED and job.task_id == task_id:
                close_task(task_id)
                send(job)


def _bury_workers() -> list[str]:
    """Names of workers whose process on this machine is gone; rows that nobody renewed for a day go too."""
    gone = [worker.name for worker in Worker.objects.all() if is_dead_here(worker)]
    Worker.objects.filter(Q(name__in=gone) | Q(seen_at__lt=timezone.now() - FORGOTTEN)).delete()
    return gone
