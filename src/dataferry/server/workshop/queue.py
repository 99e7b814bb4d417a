"""The queue of builds: putting them in, and finding those that were lost."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from dataferry.messages import RefusedError
from dataferry.server.workshop.actions import fail_build, move_build
from dataferry.server.workshop.jobs import build_product
from dataferry.server.workshop.models import Build, Release


def request_build(slug: str, version: str, source: Path, title: dict[str, str]) -> Build | None:
    """Put a product folder in the queue, unless that version is released or on its way already."""
    if Release.objects.filter(product__slug=slug, version=version).exists():
        return None
    try:
        with transaction.atomic():
            build = Build.objects.create(slug=slug, version=version, source=str(source.absolute()), title=title)
            _enqueue(build)
    except IntegrityError:
        # The constraint "one open build per version" answered: somebody asked before.
        return None
    return build


def _enqueue(build: Build) -> None:
    result = build_product.enqueue(build.pk)
    Build.objects.filter(pk=build.pk).update(task_id=str(result.id))


def sweep_builds(*, workers_are_gone: bool = False) -> int:
    """Put builds whose lease ended back in the queue, or close them when they were tried often enough.

    Args:
        workers_are_gone: nobody can hold a lease (at the start of the house), so every running build is lost.

    Returns:
        How many builds were lost.
    """
    lost = Build.objects.filter(state=Build.State.RUNNING)
    if not workers_are_gone:
        lost = lost.filter(lease_until__lt=timezone.now())
    builds = list(lost)
    for build in builds:
        _close_task(build.task_id)
        try:
            if build.attempts >= settings.BUILD_ATTEMPTS:
                fail_build(
                    build.pk, build.attempts, RefusedError("server.workshop.build_lost", attempts=build.attempts)
                )
            else:
                with transaction.atomic():
                    move_build(build.pk, build.attempts, Build.State.QUEUED, lease_until=None, started_at=None)
                    _enqueue(build)
        except RefusedError:
            continue
    return len(builds)


def _close_task(task_id: str) -> None:
    """The queue's own row of a lost task must not say "running" for ever either."""
    from django_tasks.base import TaskResultStatus
    from django_tasks_db.models import DBTaskResult

    if task_id:
        DBTaskResult.objects.filter(pk=task_id, status=TaskResultStatus.RUNNING).update(
            status=TaskResultStatus.FAILED, finished_at=timezone.now()
        )
