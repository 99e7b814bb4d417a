"""Rehearse an edition: how large, how far, what came of each step, and where it cannot go on."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import say
from dataferry.server import jobs
from dataferry.server.challenge.forms.desk import RehearsalForm
from dataferry.server.challenge.models import Edition
from dataferry.server.challenge.pages.desk import desk_of
from dataferry.server.display.languages import page_language
from dataferry.server.jobs.models import Job
from dataferry.server.people.pages.answers import telling
from dataferry.server.people.permissions import signed_in

KIND = "challenge.rehearse"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@signed_in
def rehearsal(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, the rehearsal that runs, and the last one's outcome."""
    user, edition, _divisions = desk_of(request, slug)
    last = _last(edition)
    if request.method == "POST" and request.POST.get("do") == "cancel":
        if last is not None:
            with telling(request, _("The rehearsal is being cancelled.")):
                jobs.cancel(last.pk, user.pk)
        return redirect("challenge-rehearsal", slug)
    form = RehearsalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        payload = {"edition": edition.slug, "version": edition.version, **form.cleaned_data}
        jobs.enqueue(KIND, subject=_subject(edition), payload=payload, asked_by=user.pk, key=_subject(edition))
        return redirect("challenge-rehearsal", slug)
    context = {
        "section": "challenge",
        "edition": edition,
        "form": form,
        "job": last,
        "refresh": request.path,
        "done_address": request.path if "HX-Request" in request.headers else "",
        "outcome": _outcome(last),
    }
    return render(request, "challenge/rehearsal_page.html", context, status=422 if form.is_bound else 200)


def _subject(edition: Edition) -> str:
    return f"edition:{edition.slug}"


def _last(edition: Edition) -> Job | None:
    return Job.objects.filter(kind=KIND, subject=_subject(edition)).order_by("-pk").first()


def step_word(code: str) -> str:
    """A step of the play in words."""
    return {
        "house": _("A house to throw away"),
        "announce": _("The edition is announced and opened"),
        "register": _("Teams register"),
        "hand_in": _("Entries are handed in"),
        "decide_eligibility": _("Eligibility is decided"),
        "screen": _("The screening is judged"),
        "shortlist": _("The finalists are published"),
        "judge_the_final": _("The final is judged"),
        "seal": _("The result is sealed"),
        "honour": _("Certificates are issued"),
        "nominate": _("Nominations are sent"),
        "replay": _("Everything is recomputed from the journal"),
    }.get(code, code)


def figure_word(name: str) -> str:
    """What a figure of a step counts."""
    return {
        "accepted": _("values accepted that nobody has verified"),
        "teams": _("teams"),
        "entries": _("entries"),
        "eligible": _("eligible"),
        "ineligible": _("not eligible"),
        "sheets": _("score sheets"),
        "finalists": _("finalists"),
        "awards": _("awards"),
        "certificates": _("certificates"),
        "sent": _("sent"),
        "without_track": _("without a track"),
        "stages": _("results"),
        "holds": _("all alike"),
    }.get(name, name)


def _outcome(job: Job | None) -> dict[str, Any] | None:
    """What the last rehearsal came to, in words."""
    result = job.result if job is not None and job.state == "done" else None
    if job is None or not isinstance(result, dict):
        return None
    error = result.get("error")
    reason = say(str(error["code"]), error.get("data") or {}, page_language()) if isinstance(error, dict) else ""
    return {
        "steps": [_shown(step) for step in result.get("steps", [])],
        "holds": bool(result.get("holds")),
        "reason": reason,
        "stopped_at": step_word(str(result.get("stopped_at") or "")),
        "size": job.payload,
    }


def _shown(step: dict[str, Any]) -> dict[str, Any]:
    left_out = {"step", "at", "digest"}
    figures = [(figure_word(name), _told(value)) for name, value in step.items() if name not in left_out]
    return {"title": step_word(str(step["step"])), "at": parse_datetime(str(step["at"])), "figures": figures}


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{name} {'–' if each is None else each}" for name, each in value.items())
    return str(value)
