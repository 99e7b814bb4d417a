"""What the room does for itself: old jobs and their messages go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time, timedelta

from django.conf import settings
from django.utils import timezone

from dataferry.server.jobs.models import OPEN, Job
from dataferry.server.jobs.registry import scheduled
from dataferry.server.jobs.running import Running

BATCH = 500
MESSAGES_KEPT = timedelta(days=1)
SEVERAL = 10


@scheduled("jobs.prune", at=time(3, 40), title="server.jobs.pruning")
def prune(running: Running) -> Mapping[str, int]:
    """Delete jobs that ended long ago. A fault that nobody has looked at yet stays ten times as long."""
    from django_tasks_db.models import DBTaskResult

    now = timezone.now()
    kept = timedelta(days=settings.JOBS_KEPT_DAYS)
    ended = Job.objects.exclude(state__in=OPEN)
    unseen = ended.filter(fault=True, dismissed_at=None, finished_at__lt=now - SEVERAL * kept)
    old = ended.filter(finished_at__lt=now - kept).exclude(fault=True, dismissed_at=None) | unseen
    jobs = 0
    running.progress("server.jobs.pruning")
    while numbers := list(old.values_list("pk", flat=True)[:BATCH]):
        Job.objects.filter(pk__in=numbers).delete()
        jobs += len(numbers)
        running.progress("server.jobs.pruned", jobs=jobs)
    messages, _ = DBTaskResult.objects.finished().filter(finished_at__lt=now - MESSAGES_KEPT).delete()
    return {"jobs": jobs, "messages": messages}
