"""The calendar of an edition as an iCalendar file (RFC 5545): every phase, and the sessions that teams can book."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dataferry.server.challenge.edition_words import kind_word
from dataferry.server.challenge.models import Edition, Phase, TrainingSession
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import city_name, spoken


def calendar_of(edition: Edition, site: str) -> bytes:
    """One event for each phase (it ends at its last instant, which is late already) and for each session.

    Args:
        site: host of this site, which makes the events' ids unique.
    """
    from icalendar import Calendar, Event

    language = page_language()
    title = spoken(edition.document["title"], language).text
    calendar = Calendar()
    calendar.add("prodid", "-//Dataferry//challenge//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", title)
    for phase in Phase.objects.filter(edition=edition).select_related("division"):
        where = f" ({city_name(phase.division.city)})" if phase.division else ""
        summary = f"{title}: {kind_word(phase.kind)}{where}"
        calendar.add_component(_event(Event, f"phase-{phase.pk}", site, summary, phase.opens_at, phase.closes_at))
    for session in TrainingSession.objects.filter(edition=edition):
        words = spoken(session.title, language).text
        event = _event(Event, f"session-{session.pk}", site, words, session.starts_at, session.ends_at)
        if session.location:
            event.add("location", session.location)
        if session.cancelled_at:
            event.add("status", "CANCELLED")
        event.add("sequence", session.revision)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(kind: Any, name: str, site: str, summary: str, begins: datetime, ends: datetime) -> Any:
    event = kind()
    event.add("uid", f"{name}@{site}")
    event.add("dtstamp", begins.astimezone(UTC))
    event.add("dtstart", begins.astimezone(UTC))
    event.add("dtend", ends.astimezone(UTC))
    event.add("summary", summary)
    return event
