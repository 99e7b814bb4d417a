"""Usage on a page: each of the last days as a column, and the name of a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dataferry.server.delivery.forms import SCOPES
from dataferry.server.delivery.queries.usage import DAYS, Usage
from dataferry.server.display.days import DaysDrawing, days_drawing
from dataferry.server.display.words import number
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES

register = template.Library()


@dataclass(frozen=True)
class Drawn:
    """One measure by day, with the sentence that says the same."""

    title: str
    told: str
    drawing: DaysDrawing


@register.simple_tag
def drawings_of(usage: Usage) -> list[Drawn]:
    """Calls and rows of the last days, each with a scale of its own; those that are nothing are left out."""
    today = clock.now().astimezone(BOTH_CITIES).date()
    measures = ((_("Calls a day"), "calls"), (_("Rows a day"), "rows"))
    found = []
    for title, name in measures:
        figures = {line.what: getattr(line, name) for line in usage.days if isinstance(line.what, date)}
        drawing = days_drawing(figures, today, DAYS)
        if drawing is not None:
            told = _("%(title)s in the last %(days)s days: at most %(most)s.")
            values = {"title": title, "days": DAYS, "most": number(drawing.most)}
            found.append(Drawn(title, told % values, drawing))
    return found


@register.filter
def doors(scopes: Iterable[str]) -> str:
    """What a key opens, in the words of the form that made it."""
    words = {code: str(word) for code, word in SCOPES}
    return " · ".join(words.get(each, each) for each in scopes)


@register.filter
def month(first: date) -> str:
    """Nov 2026, or 2026年11月."""
    # Translators: date format of Django for a month of a year; keep the letters, arrange them as your language does.
    return date_format(first, _("M Y"))
