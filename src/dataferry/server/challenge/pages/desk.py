"""The organisers' desk of an edition: what needs a person first, figures, tables to take away, calendar, audit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dataferry.messages import MissingError, say
from dataferry.server import people
from dataferry.server.challenge import clock, exports
from dataferry.server.challenge.calendar_file import calendar_of
from dataferry.server.challenge.models import Edition
from dataferry.server.challenge.queries import desk as queries
from dataferry.server.challenge.queries import teams as team_queries
from dataferry.server.challenge.states import CheckState, EntryState
from dataferry.server.display.languages import page_language
from dataferry.server.people.permissions import signed_in, signed_in_person

HOURS = 24
LONGEST_SPAN = timedelta(days=31)


def desk_of(request: HttpRequest, slug: str) -> tuple[Any, Edition, list[Any]]:
    """The person, the edition and the divisions that they look after.

    Raises:
        RefusedError: they organise no division of it.
    """
    user = signed_in_person(request)
    edition = team_queries.edition_of(user, slug)
    people.require(user, "challenge.see_desk")
    divisions = queries.divisions_for(user, edition)
    if not divisions:
        people.require(user, "challenge.organise", edition)
    return user, edition, divisions


@require_safe
@never_cache
@signed_in
def dashboard(request: HttpRequest, slug: str) -> HttpResponse:
    """What needs a person today, then every phase in figures."""
    _user, edition, divisions = desk_of(request, slug)
    context = {
        "section": "challenge",
        "edition": edition,
        "tasks": [_told(task, edition) for task in queries.tasks_of(edition, divisions)],
        "divisions": [_shown(queries.figures_of(division)) for division in divisions],
        "tables": [(kind, title) for kind, title in _tables()],
        "rounds": edition.rounds.select_related("division"),
    }
    return render(request, "challenge/desk_organiser.html", context)


def _tables() -> list[tuple[str, str]]:
    return [
        ("teams", _("Teams")),
        ("entries", _("Entries")),
        ("checks", _("Checks")),
        ("judges", _("Judges")),
        ("scores", _("Scores")),
    ]


def _told(task: queries.Task, edition: Edition) -> dict[str, Any]:
    """A task in words, with the page where it is done."""
    words = {
        "checks_to_decide": _("eligibility checks wait for a decision"),
        "entries_to_decide": _("entries wait for a decision"),
        "entries_to_lock": _("entries were handed in and are not locked yet"),
        "files_waiting": _("files wait for their inspection"),
        "judges_unconfirmed": _("judges whose identity nobody has confirmed"),
        "judges_undeclared": _("judges have not said whom they know"),
        "sheets_in_conflict": _("signed sheets of judges with a conflict"),
        "entries_reported": _("entries that judges say show who made them"),
        "judges_overdue": _("judges have sheets to sign"),
        "result_to_compute": _("closed round without a result"),
        "result_to_publish": _("result that is computed and not shown"),
        "appeals_to_decide": _("appeals wait for a decision"),
        "nominations_returned": _("nominations came back"),
    }
    return {"task": task, "words": words[task.code], "address": _address(task, edition)}


def _address(task: queries.Task, edition: Edition) -> str:
    """The page on which a task is done."""
    slug = edition.slug
    if task.code == "checks_to_decide":
        return reverse("challenge-eligibility", args=[slug, task.place])
    if task.code in _STATES:
        return reverse("challenge-entries", args=[slug]) + _STATES[task.code]
    if task.code.startswith(("judges_un", "sheets_")):
        return reverse("challenge-judges", args=[slug])
    if task.code == "judges_overdue":
        return reverse("challenge-round-sheets", args=[slug, task.place])
    if task.code.startswith("result_"):
        return reverse("challenge-round-result", args=[slug, task.place])
    return reverse({"appeals_to_decide": "challenge-appeals"}.get(task.code, "challenge-nominations"), args=[slug])


_STATES = {"entries_to_decide": "?state=locked", "entries_to_lock": "?state=submitted", "files_waiting": ""}
_STATES["entries_reported"] = ""


def _shown(figures: queries.DivisionFigures) -> dict[str, Any]:
    return {
        "division": figures.division,
        "teams": figures.teams,
        "complete": figures.complete,
        "entries": [
            (str(state.label), figures.entries[state.value]) for state in EntryState if state.value in figures.entries
        ],
        "checks": [
            (str(state.label), figures.checks[state.value]) for state in CheckState if state.value in figures.checks
        ],
    }


@require_safe
@never_cache
@signed_in
def table(request: HttpRequest, slug: str, kind: str, ending: str) -> HttpResponse:
    """A table of the edition, or (`all.xlsx`) all of them, for spreadsheets."""
    _user, edition, divisions = desk_of(request, slug)
    if kind not in exports.KINDS and not (kind == "all" and ending == "xlsx"):
        raise MissingError("server.challenge.no_edition", name=kind)
    sheets = [exports.sheet_of(each, divisions) for each in (exports.KINDS if kind == "all" else (kind,))]
    body = exports.as_xlsx(sheets) if ending == "xlsx" else exports.as_csv(sheets[0])
    answer = HttpResponse(body, content_type=exports.XLSX if ending == "xlsx" else "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{edition.slug}-{kind}.{ending}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The edition's calendar, for everybody who may see the edition."""
    edition = team_queries.edition_of(request.user, slug)
    answer = HttpResponse(calendar_of(edition, request.get_host()), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{edition.slug}.ics"'
    return answer


@require_safe
@never_cache
@signed_in
def audit(request: HttpRequest, slug: str) -> HttpResponse:
    """Hour by hour: every binding act of the edition, as the journal has it."""
    _user, edition, _divisions = desk_of(request, slug)
    until = _moment(request.GET.get("until", "")) or clock.now()
    since = _moment(request.GET.get("since", "")) or until - timedelta(hours=HOURS)
    since = max(since, until - LONGEST_SPAN)
    language = page_language()
    hours: dict[datetime, list[dict[str, Any]]] = {}
    for event in queries.audit(edition, since, until):
        hour = event.at.replace(minute=0, second=0, microsecond=0)
        words = _words(event, language)
        hours.setdefault(hour, []).append({"event": event, "words": words})
    context = {
        "section": "challenge",
        "edition": edition,
        "hours": sorted(hours.items(), reverse=True),
        "since": since,
        "until": until,
        "before": (since - (until - since)).isoformat(),
    }
    return render(request, "challenge/desk_audit.html", context)


def _words(event: Any, language: Any) -> str:
    room, _dot, act = event.act.partition(".")
    actor = _("The house") if event.actor == "system" else event.actor
    return say(f"server.{room}.told_{act}", {"actor": actor, "object": event.object}, language)


def _moment(text: str) -> datetime | None:
    """An instant with its offset out of an address; anything else is none."""
    try:
        found = parse_datetime(text[:40].replace(" ", "+"))
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None
