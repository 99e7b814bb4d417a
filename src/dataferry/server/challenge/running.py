"""The edition that runs now and its next deadline: what the home page tells."""

from __future__ import annotations

from dataclasses import dataclass

from dataferry.server.challenge import clock
from dataferry.server.challenge.edition_words import kind_word
from dataferry.server.challenge.models import Edition, Phase
from dataferry.server.challenge.states import EditionState
from dataferry.server.challenge.team_view import Deadline, deadline

OVER = (EditionState.DRAFTED, EditionState.ARCHIVED)


@dataclass(frozen=True)
class Running:
    """A public edition, the phase that ends next, and when; neither where its calendar is over."""

    edition: Edition
    phase: str
    until: Deadline | None


def running_edition() -> Running | None:
    """The newest public edition that is not over."""
    edition = Edition.objects.exclude(state__in=OVER).filter(synthetic=False).order_by("-announced_at").first()
    if edition is None:
        return None
    coming = Phase.objects.filter(edition=edition, closes_at__gt=clock.now(), opens_at__lte=clock.now())
    phase = coming.select_related("division").order_by("closes_at").first()
    if phase is None:
        return Running(edition, "", None)
    division = phase.division or edition.divisions.first()
    return Running(edition, kind_word(phase.kind), deadline(phase.closes_at, division) if division else None)
