"""What operators do with jobs: each act checks the permission, changes the job and is journalled, all in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import rules
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from dataferry.messages import MissingError
from dataferry.server import journal, people
from dataferry.server.jobs import actions, queries
from dataferry.server.jobs.models import Job
from dataferry.server.people.predicates import has_role, is_administrator

OPERATE = "portal.operate"
rules.add_perm(OPERATE, is_administrator | has_role(people.Role.EXCHANGE_OPERATOR) | has_role(people.Role.ORGANISER))


def may_operate(request: HttpRequest) -> Mapping[str, Any]:
    """For templates: whether the masthead leads this person to the operators' pages."""
    user = getattr(request, "user", None)
    return {"may_operate": user is not None and user.is_authenticated and people.can(user, OPERATE)}


def visible_jobs(user: Any) -> QuerySet[Job]:
    """The jobs that a person may know of: all for operators, else those they asked for."""
    if people.can(user, OPERATE):
        return Job.objects.all()
    return queries.asked_by(user.pk) if user.is_authenticated else Job.objects.none()


def job_of(user: Any, job_id: int) -> Job:
    """One job that this person may know of.

    Raises:
        MissingError: `server.jobs.no_such_job`.
    """
    # No database has a number beyond this one, and asking for it would be a fault.
    job = visible_jobs(user).filter(pk=job_id).first() if 0 < job_id < 2**63 else None
    if job is None:
        raise MissingError("server.jobs.no_such_job", job=job_id)
    return job


def cancel(user: Any, job_id: int) -> Job:
    """Cancel a job: its asker may, and operators.

    Raises:
        MissingError, RefusedError: as `jobs.cancel`.
    """
    job_of(user, job_id)
    with transaction.atomic():
        job = actions.cancel(job_id, user.pk)
        _tell(user, "jobs.cancel_asked", job)
    return job


def retry(user: Any, job_id: int) -> Job:
    """Try a failed job again.

    Raises:
        MissingError, RefusedError: as `jobs.retry`, or this person is no operator.
    """
    people.require(user, OPERATE)
    job_of(user, job_id)
    with transaction.atomic():
        job = actions.retry(job_id)
        _tell(user, "jobs.retried", job)
    return job


def dismiss(user: Any, job_id: int) -> Job:
    """Take a failed job off the list of what needs a person.

    Raises:
        MissingError, RefusedError: as `jobs.dismiss`, or this person is no operator.
    """
    people.require(user, OPERATE)
    job_of(user, job_id)
    with transaction.atomic():
        job = actions.dismiss(job_id)
        _tell(user, "jobs.dismissed", job)
    return job


def _tell(user: Any, act: str, job: Job) -> None:
    journal.append(people.actor(user), act, f"job:{job.pk}", {"kind": job.kind, "attempts": job.attempts})
