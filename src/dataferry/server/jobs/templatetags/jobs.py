"""Jobs in templates: what they are called, how far they are, how long they took."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dataferry.messages import DataferryError, say
from dataferry.server.display import words
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import finding_text
from dataferry.server.jobs import queries
from dataferry.server.jobs.models import Job
from dataferry.server.jobs.registry import handler_of

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


@register.filter
def job_title(job: Job | str) -> str:
    """What a job is called: its kind's title, else the kind."""
    kind = job.kind if isinstance(job, Job) else str(job)
    handler = handler_of(kind)
    if handler is None or not handler.title:
        return kind
    try:
        return say(handler.title, {}, page_language())
    except KeyError:
        return kind


@register.filter
def job_state(state: str) -> str:
    """The state of a job in plain words."""
    return {
        "queued": _("waiting"),
        "running": _("running"),
        "done": _("done"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
    }.get(state, state)


@register.filter
def job_words(told: Any) -> str:
    """A step or an error in the page's language."""
    if not told:
        return ""
    known = DataferryError(str(told.get("code", "")), **{str(k): v for k, v in (told.get("data") or {}).items()})
    return finding_text({"code": known.code, "data": known.data}, page_language())


@register.simple_tag
def queue_place(job: Job) -> int:
    """Its place among those that wait, 1 for the next."""
    return queries.place_in_queue(job)


@register.filter
def duration(span: timedelta | float | None) -> str:
    """A span of time as people say it: 12 seconds, 3 minutes, 2 hours, 5 days."""
    if span is None:
        return ""
    seconds = max(0, round(span.total_seconds() if isinstance(span, timedelta) else span))
    if not seconds:
        return _("less than a second")
    if seconds < 2 * MINUTE:
        return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}
    if seconds < 2 * HOUR:
        return ngettext("%(n)d minute", "%(n)d minutes", seconds // MINUTE) % {"n": seconds // MINUTE}
    if seconds < 2 * DAY:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // HOUR) % {"n": seconds // HOUR}
    return ngettext("%(n)d day", "%(n)d days", seconds // DAY) % {"n": seconds // DAY}


@register.filter
def since(instant: datetime | None) -> str:
    """How long ago an instant was."""
    return "" if instant is None else duration(timezone.now() - instant)


@register.filter
def took(job: Job) -> str:
    """How long a job ran."""
    return duration(job.finished_at - job.started_at) if job.finished_at and job.started_at else ""


@register.filter
def moment(instant: datetime | None) -> str:
    """Day and time of day, in the zone of the page."""
    return "" if instant is None else words.moment(instant)
