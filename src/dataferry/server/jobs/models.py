"""A job is a row: what is asked for, how often it was tried, who holds it until when, how it ended."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Job(models.Model):
    """One piece of background work. `attempts` is also the ticket of the worker that holds it: a later attempt has a
    higher number, so that whoever lost the lease can change nothing any more.

    `payload` holds references only (ids, slugs, digests), never personal data. `step` and `error` are message codes
    with their data. `fault` marks a failure that is ours to look at, not the asker's to correct.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    kind = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    key = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    most_attempts = models.PositiveIntegerField(default=1)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    worker = models.CharField(max_length=64, blank=True)
    task_id = models.CharField(max_length=64, blank=True)
    step = models.JSONField(null=True)
    share = models.FloatField(null=True)
    error = models.JSONField(null=True)
    fault = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    cancel_requested = models.BooleanField(default=False)
    asked_by = models.BigIntegerField(null=True)
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    dismissed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["queued", "running"]) & ~Q(key=""),
                name="one_open_job_per_key",
            )
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "not_before"], name="jobs_of_a_state"),
            models.Index(fields=["asked_by", "id"], name="jobs_of_a_person"),
            models.Index(fields=["subject"], name="jobs_of_a_subject"),
            models.Index(fields=["finished_at"], name="jobs_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.state})"

    @property
    def is_open(self) -> bool:
        """It has not ended yet."""
        return self.state in OPEN


OPEN = (Job.State.QUEUED.value, Job.State.RUNNING.value)

TRANSITIONS: dict[str, frozenset[str]] = {
    Job.State.QUEUED: frozenset({Job.State.RUNNING, Job.State.CANCELLED, Job.State.FAILED}),
    Job.State.RUNNING: frozenset({Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED, Job.State.QUEUED}),
    Job.State.FAILED: frozenset({Job.State.QUEUED}),
    Job.State.DONE: frozenset(),
    Job.State.CANCELLED: frozenset(),
}
"""From each state of a job, where it may go. Running to queued: it is tried again, was lost, or was handed back;
failed to queued: an operator has put the cause right."""


class Worker(models.Model):
    """One worker process, from its start to its end. `place` and `born` tell whether its process still lives."""

    name = models.CharField(max_length=64, primary_key=True)
    host = models.CharField(max_length=255)
    place = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    born = models.CharField(max_length=32, blank=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["started_at", "name"]

    def __str__(self) -> str:
        return f"{self.host} {self.pid}"


class Schedule(models.Model):
    """When a scheduled job runs next. `next_run` is the ticket: who moves it on has the tick."""

    name = models.CharField(max_length=80, primary_key=True)
    next_run = models.DateTimeField()
    last_run = models.DateTimeField(null=True)
    last_job = models.BigIntegerField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.next_run:%Y-%m-%d %H:%M}"
