"""The operators' pages: what needs a person first, then the queue, the workers, the schedule, space and history."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dataferry.messages import Finding, RefusedError
from dataferry.server import letters, people
from dataferry.server.jobs import queries
from dataferry.server.jobs.models import Job
from dataferry.server.people.models import Profile
from dataferry.server.portal import operations
from dataferry.server.portal.jobs import MEASURE
from dataferry.server.web.paging import keyset_page

ROWS = 50
SHOWN = 20
LONG_WAIT = timedelta(minutes=10)
LEAST_FREE_SHARE = 0.05


@dataclass(frozen=True)
class Space:
    """The disk of the data home, and what its parts used when they were last measured."""

    total: int
    free: int
    parts: list[tuple[str, int]]
    measured: Job | None

    @property
    def share(self) -> float:
        """Of the disk, how much is used."""
        return 1 - self.free / self.total if self.total else 0.0


def _space() -> Space:
    disk = shutil.disk_usage(settings.HOME)
    measured = Job.objects.filter(kind=MEASURE, state=Job.State.DONE).first()
    parts = (measured.result or {}).get("parts", {}) if measured else {}
    return Space(disk.total, disk.free, sorted(parts.items(), key=lambda part: -part[1]), measured)


def _alarms(workers: list[queries.Seen], depth: queries.Depth, space: Space) -> list[Finding]:
    """What is wrong with the house itself."""
    found = []
    if not any(each.alive for each in workers):
        found.append(Finding("server.portal.no_worker", "blocked", {"waiting": depth.due}))
    elif depth.oldest is not None and timezone.now() - depth.oldest > LONG_WAIT:
        minutes = int((timezone.now() - depth.oldest) / timedelta(minutes=1))
        found.append(Finding("server.portal.queue_old", "attention", {"minutes": minutes, "waiting": depth.due}))
    silent = [each.worker.host for each in workers if not each.alive]
    if silent:
        found.append(Finding("server.portal.worker_silent", "attention", {"hosts": sorted(set(silent))}))
    failed = letters.counts().failed
    if failed:
        found.append(Finding("server.letters.letters_failed", "attention", {"count": failed}))
    if space.total and space.free / space.total < LEAST_FREE_SHARE:
        found.append(Finding("server.portal.disk_low", "attention", {"percent": round(100 * space.share)}))
    return found


def _names(jobs: Iterable[Job]) -> dict[int, str]:
    """What the people who asked call themselves; one question for a whole list."""
    numbers = {job.asked_by for job in jobs if job.asked_by is not None}
    rows = Profile.objects.filter(user_id__in=numbers).values_list("user_id", "display_name")
    return {number: name for number, name in rows if name}


@require_safe
@never_cache
@people.signed_in
def overview(request: HttpRequest) -> HttpResponse:
    """What needs a person first."""
    people.require(request.user, operations.OPERATE)
    depth, workers, space = queries.depth(), queries.workers(), _space()
    faults, running = queries.faults(SHOWN), queries.running(SHOWN)
    context = {
        "section": "operations",
        "place": "now",
        "alarms": _alarms(workers, depth, space),
        "faults": faults,
        "more_faults": max(0, queries.fault_count() - len(faults)) if len(faults) == SHOWN else 0,
        "depth": depth,
        "running": running,
        "workers": workers,
        "appointments": queries.appointments(),
        "space": space,
        "names": _names([*faults, *running]),
    }
    return render(request, "portal/operations.html", context)


@require_safe
@never_cache
@people.signed_in
def history(request: HttpRequest) -> HttpResponse:
    """All jobs, newest first, by state and kind; the address holds what is shown."""
    people.require(request.user, operations.OPERATE)
    state = request.GET.get("state", "")
    state = state if state in Job.State.values else ""
    kinds = sorted(set(Job.objects.order_by().values_list("kind", flat=True).distinct()))
    kind = request.GET.get("kind", "")
    kind = kind if kind in kinds else ""
    rows = Job.objects.all()
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    page = keyset_page(rows, ("-pk",), request.GET.get("after") or None, ROWS, scope=f"{state}|{kind}")
    context = {
        "section": "operations",
        "place": "history",
        "page": page,
        "state": state,
        "states": Job.State.values,
        "kind": kind,
        "kinds": kinds,
        "first": not request.GET.get("after"),
        "names": _names(page.items),
    }
    return render(request, "portal/operations_history.html", context)


@require_safe
@never_cache
@people.signed_in
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job: how far it is or how it ended. Who asked for it may see it too."""
    found = operations.job_of(request.user, job_id)
    operator = people.can(request.user, operations.OPERATE)
    context = {
        "section": "operations" if operator else "account",
        "job": found,
        "operator": operator,
        "refresh": request.path,
        "cancel_address": reverse("operations-cancel", args=[found.pk]),
        "names": _names([found]),
    }
    return render(request, "portal/operations_job.html", context)


def _acted(
    request: HttpRequest, act: Callable[[Any, int], Job], job_id: int, done: str, *, to_job: bool = False
) -> HttpResponse:
    """Do it, and tell on the page that the form came from how that ended."""
    try:
        act(request.user, job_id)
    except people.SignInNeeded:
        raise
    except RefusedError as error:
        if not people.can(request.user, operations.OPERATE):
            raise
        messages.error(request, error.text())
    else:
        messages.success(request, done)
    if to_job or request.POST.get("back") == "job" or not people.can(request.user, operations.OPERATE):
        return redirect("operations-job", job_id)
    return redirect("operations")


@require_POST
@people.signed_in
def cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    # Its page shows what becomes of it.
    return _acted(request, operations.cancel, job_id, _("The job is being cancelled."), to_job=True)


@require_POST
@people.signed_in
def retry(request: HttpRequest, job_id: int) -> HttpResponse:
    return _acted(request, operations.retry, job_id, _("The job is tried again."))


@require_POST
@people.signed_in
def dismiss(request: HttpRequest, job_id: int) -> HttpResponse:
    return _acted(request, operations.dismiss, job_id, _("The job is off the list. It stays in the history."))
