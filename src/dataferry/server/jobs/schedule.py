"""The clock of scheduled jobs: whichever worker comes first has the tick."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from dataferry.server.jobs.actions import enqueue
from dataferry.server.jobs.models import Schedule
from dataferry.server.jobs.registry import Rhythm, rhythms


def tick(now: datetime | None = None) -> int:
    """Ask for every scheduled job whose time has come, once across all workers.

    Returns:
        How many were asked for here.
    """
    now = now or timezone.now()
    rows = {row.name: row for row in Schedule.objects.filter(name__in=rhythms())}
    missing = [
        Schedule(name=name, next_run=rhythm.first(now)) for name, rhythm in rhythms().items() if name not in rows
    ]
    if missing:
        # Two workers that start together both see no row; one of them makes it.
        Schedule.objects.bulk_create(missing, ignore_conflicts=True)
        rows = {row.name: row for row in Schedule.objects.filter(name__in=rhythms())}
    return sum(_run_when_due(row, rhythms()[row.name], now) for row in rows.values())


def _run_when_due(row: Schedule, rhythm: Rhythm, now: datetime) -> bool:
    following = rhythm.after(row.next_run, now)
    mine = Schedule.objects.filter(name=row.name, next_run=row.next_run)
    if row.next_run > now:
        if row.next_run - now > 2 * rhythm.period:
            # The rhythm became quicker with a new version. Clocks of several machines differ by less than this.
            mine.update(next_run=rhythm.after(now, now))
        return False
    with transaction.atomic():
        if not mine.update(next_run=following, last_run=now):
            return False
        # Where the last run has not ended yet, the key makes this one the same job.
        job = enqueue(row.name, subject=f"schedule:{row.name}", payload={}, asked_by=None, key=f"schedule:{row.name}")
        Schedule.objects.filter(name=row.name).update(last_job=job.pk)
    return True
