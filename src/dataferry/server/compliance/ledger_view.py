"""What the page of a head-count ledger shows: how each count grew against its thresholds, and what each would mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from dataferry.border import THRESHOLDS
from dataferry.server.compliance.outcome_words import outcome_words
from dataferry.server.compliance.queries.border import Forecast
from dataferry.server.compliance.queries.heads import points_of
from dataferry.server.display.words import day, number
from dataferry.server.display.years import YearDrawing, year_drawing
from dataferry.server.journal import clock
from dataferry.server.journal.numbers import BOTH_CITIES
from dataferry.server.merchants.models import Merchant


@dataclass(frozen=True)
class Meter:
    """One count of the year as a drawing, with the sentence that says the same."""

    title: str
    told: str
    drawing: YearDrawing


def thresholds_ahead(ahead: Sequence[Forecast]) -> list[tuple[Forecast, str]]:
    """Every threshold that is not reached, with what is due from there on."""
    words, due = outcome_words(), {(kind, limit): outcome for (kind, outcome), limit in THRESHOLDS.items()}
    return [(each, words[due[("sensitive" if each.sensitive else "general", each.threshold)]]) for each in ahead]


def meters_of(exporter: Merchant, ahead: Sequence[Forecast]) -> list[Meter]:
    """The two counts that the law keeps apart, each on a scale of its own."""
    today = clock.now().astimezone(BOTH_CITIES).date()
    return [
        _meter(exporter, today, [each for each in ahead if each.sensitive == sensitive], sensitive=sensitive)
        for sensitive in (False, True)
    ]


def _meter(exporter: Merchant, today: date, ahead: list[Forecast], *, sensitive: bool) -> Meter:
    points = points_of(exporter, today.year, sensitive)
    limits = [limit for (kind, _outcome), limit in THRESHOLDS.items() if (kind == "sensitive") == sensitive]
    coming = next((each for each in sorted(ahead, key=lambda each: each.threshold)), None)
    reached = (coming.day, coming.threshold) if coming is not None and coming.day is not None else None
    return Meter(
        title=_("Sensitive personal information") if sensitive else _("Personal information"),
        told=_told(points[-1][1] if points else 0, coming),
        drawing=year_drawing(points, today, sorted(limits), reached),
    )


def _told(now: int, coming: Forecast | None) -> str:
    """The drawing as a sentence."""
    if coming is None:
        return _("%(now)s people so far; every threshold is passed.") % {"now": number(now)}
    values = {"now": number(now), "threshold": number(coming.threshold)}
    if coming.day is None:
        told = _("%(now)s people so far; the threshold of %(threshold)s is not expected to be reached this year.")
        return told % values
    told = _("%(now)s people so far; the threshold of %(threshold)s is expected to be reached on %(day)s.")
    return told % {**values, "day": day(coming.day)}
