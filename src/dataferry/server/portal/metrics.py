"""Figures for Prometheus: requests of every web process, and the state of the house at the moment of asking."""

from __future__ import annotations

import hmac
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dataferry.server.jobs.models import Job
from dataferry.server.jobs.queries import depth, workers
from dataferry.server.portal import environment

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LABELS = ("method", "view", "status")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_own = CollectorRegistry()
requests = Counter("dataferry_requests", "Requests answered.", _LABELS, registry=_own)
seconds = Histogram("dataferry_request_seconds", "Time to answer a request.", ("method", "view"), registry=_own)


def fresh_folder(folder: Path) -> None:
    """An empty folder in which the web processes to be started share their figures."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def measured(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: count and time each request by the view that answered, so that labels stay few."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = get_response(request)
        match = request.resolver_match
        view = (match.view_name or match.func.__name__) if match else "none"
        method = request.method if request.method in _METHODS else "other"
        requests.labels(method, view, str(response.status_code)).inc()
        seconds.labels(method, view).observe(time.monotonic() - began)
        return response

    return layer


class House(Collector):
    """What stands in the database now."""

    def collect(self) -> Iterator[Metric]:
        jobs = GaugeMetricFamily("dataferry_jobs", "Jobs by kind and state.", labels=("kind", "state"))
        for kind, state, count in Job.objects.values_list("kind", "state").annotate(count=Count("pk")):
            jobs.add_metric((kind, state), count)
        yield jobs
        oldest = depth().oldest
        waiting = (timezone.now() - oldest).total_seconds() if oldest else 0
        yield GaugeMetricFamily(
            "dataferry_oldest_due_job_seconds", "How long the oldest job that is due waits.", waiting
        )
        alive = sum(seen.alive for seen in workers())
        yield GaugeMetricFamily("dataferry_workers", "Workers that gave a sign of life.", alive)
        free = shutil.disk_usage(settings.HOME).free
        yield GaugeMetricFamily("dataferry_home_free_bytes", "Free space of the data home's disk.", free)


def _may_read(request: HttpRequest) -> bool:
    token = environment.METRICS_TOKEN.read()
    if token:
        return hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    # Behind a proxy every request comes from this machine.
    return not settings.BEHIND_PROXY and request.META.get("REMOTE_ADDR") in {"127.0.0.1", "::1"}


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format, for who knows the token."""
    if not _may_read(request):
        return HttpResponse(status=403, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    shared = environment.METRICS_FOLDER.read()
    if shared:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    body = generate_latest(registry if shared else _own)
    house = CollectorRegistry()
    house.register(House())
    return HttpResponse(body + generate_latest(house), content_type=MEDIA_TYPE)
