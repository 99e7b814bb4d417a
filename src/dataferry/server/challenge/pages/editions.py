"""Editions for everybody: the list, one edition with its calendar and rules, and its public amendments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dataferry.server import people
from dataferry.server.challenge import clock
from dataferry.server.challenge import edition_words as words
from dataferry.server.challenge.amendment_document import amendment_document
from dataferry.server.challenge.models import Edition, EditionVersion
from dataferry.server.challenge.pages import edition_rules, edition_view
from dataferry.server.challenge.pages.edition_doors import public_page
from dataferry.server.challenge.pages.edition_view import Moment
from dataferry.server.challenge.queries import editions as queries
from dataferry.server.display.words import Spoken

MOST_SHOWN = 100


@dataclass(frozen=True)
class Card:
    """An edition in the list."""

    edition: Edition
    title: Spoken
    state: str
    divisions: list[tuple[str, str]]
    next_name: str = ""
    next_moment: Moment | None = None


@public_page
@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition that the visitor may see, newest first."""
    rows = queries.with_calendar(queries.visible_editions(request.user))[:MOST_SHOWN]
    context = {
        "section": "challenge",
        "cards": [_card(edition) for edition in rows],
        "may_create": people.can(request.user, "challenge.create_edition"),
    }
    return render(request, "challenge/edition_list.html", context)


def _card(edition: Edition) -> Card:
    name, moment = _next(edition)
    titles = edition.document.get("divisions", [])
    return Card(
        edition=edition,
        title=edition_view.edition_title(edition),
        state=str(edition.get_state_display()),
        divisions=[(str(each.get("code", "")), str(each.get("city", ""))) for each in titles],
        next_name=name,
        next_moment=moment,
    )


def _next(edition: Edition) -> tuple[str, Moment | None]:
    """The next end of a phase in which teams must do something."""
    from zoneinfo import ZoneInfo

    now = clock.now()
    ahead = [
        phase
        for phase in edition.phases.all()
        if phase.kind in ("registration", "submission") and phase.closes_at > now
    ]
    if not ahead:
        return "", None
    phase = min(ahead, key=lambda each: each.closes_at)
    zone = phase.division.time_zone if phase.division else edition.document.get("time_zone")
    zone = zone or str(edition.document["divisions"][0]["time_zone"])
    return words.kind_word(phase.kind), edition_view.moment(phase.closes_at, ZoneInfo(zone), ends=True)


@public_page
@require_safe
def edition(request: HttpRequest, slug: str) -> HttpResponse:
    """One edition: calendar, themes, rules, rubrics with their sources, amendments, the file itself."""
    row = queries.edition_of(request.user, slug)
    file = row.file
    context = {
        **frame(request, row),
        "file": file,
        "summary": edition_view.title_of(file.summary, "") if file.summary else None,
        "divisions": edition_rules.divisions(file),
        "spans": edition_view.calendar(file),
        "next": edition_view.next_deadlines(file),
        "themes": _themes(file),
        "sections": edition_rules.sections(file),
        "rubrics": list(edition_view.rubrics(file)),
        "amendments": [shown(each) for each in queries.amendments_of(row)[:MOST_SHOWN]],
    }
    return render(request, "challenge/edition.html", context)


def frame(request: HttpRequest, row: Edition) -> dict[str, Any]:
    """What every page of an edition shows at its head."""
    return {
        "section": "challenge",
        "edition": row,
        "title": edition_view.edition_title(row),
        "state": str(row.get_state_display()),
        "own_time": _("{time} in your own time zone"),
        "may_set_up": people.can(request.user, "challenge.change_edition", row),
        "may_organise": people.can(request.user, "challenge.organise", row),
    }


def _themes(file: Any) -> list[dict[str, Any]]:
    tracks = file.tracks
    return [
        {
            "title": edition_view.title_of(theme.title, theme.code),
            "subcategories": [
                {
                    "title": edition_view.title_of(each.title, each.code),
                    "track": edition_view.title_of(tracks[each.track].title, each.track) if each.track else None,
                }
                for each in theme.subcategories.values()
            ],
        }
        for theme in file.themes.values()
    ]


@public_page
@require_safe
def amendment(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One public amendment: reason, every change, digests and the site's signature."""
    row = queries.edition_of(request.user, slug)
    version = queries.amendment_of(row, number)
    previous = queries.previous_digest(version)
    context = {
        **frame(request, row),
        "amendment": shown(version),
        "version": version,
        "previous": previous,
        "signature": queries.signature_of(version),
        "signed": amendment_document(version, previous),
    }
    return render(request, "challenge/edition_amendment.html", context)


def shown(version: EditionVersion) -> dict[str, Any]:
    """An amendment for a page: when, why, and how many values it changes."""
    changes = [
        {**each, "old": _value(each["old"]), "new": _value(each["new"])}
        for each in version.changes
        if not each["path"].startswith("provenance.")
    ]
    return {
        "number": version.number,
        "made_at": version.made_at,
        "reason": version.reason,
        "changes": changes,
        "sources": len(version.changes) - len(changes),
        "locked": sum(bool(each["locked"]) for each in changes),
    }


def _value(value: Any) -> str:
    """A plain value of the file as text; empty where there is none."""
    if value is None:
        return ""
    if isinstance(value, list):
        return words.listed([str(each) for each in value]) or "[]"
    return str(value)
