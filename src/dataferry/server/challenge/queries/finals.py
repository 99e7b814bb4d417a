"""The final's running order: who presents when, what runs now, and who may look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from dataferry.messages import MissingError
from dataferry.server import journal, people
from dataferry.server.challenge.models import Entry, Round, Slot
from dataferry.server.challenge.queries.editions import edition_of
from dataferry.server.challenge.states import EntryState


def final_of(user: Any, slug: str, code: str) -> Round:
    """The final of an edition, for its organisers.

    Raises:
        MissingError: `server.challenge.no_round`.
    """
    found = seen_final(user, slug, code)
    if not people.can(user, "challenge.organise", found):
        raise MissingError("server.challenge.no_round", round=code[:60])
    return found


def seen_final(user: Any, slug: str, code: str) -> Round:
    """The final for whoever is in the room: organisers, its judges, and the finalists' teams.

    Raises:
        MissingError: `server.challenge.no_round`.
    """
    edition = edition_of(user, slug)
    found = Round.objects.filter(edition=edition, code=code, stage="final").select_related("edition").first()
    if found is None or not (people.can(user, "challenge.organise", found) or _takes_part(user, found)):
        raise MissingError("server.challenge.no_round", round=code[:60])
    return found


def _takes_part(user: Any, final: Round) -> bool:
    if not user.pk:
        return False
    judges = final.sheets.filter(judge__user=user.pk, judge__dropped_at=None, calibration=False)
    teams = final.slots.filter(entry__team__members__user=user.pk, entry__team__members__left_at=None)
    return judges.exists() or teams.exists()


def finalists(final: Round) -> list[Entry]:
    """The entries that present, by code."""
    rows = Entry.objects.filter(edition=final.edition, state=EntryState.SHORTLISTED)
    return list(rows.select_related("team", "division").order_by("code"))


def slots_of(final: Round) -> QuerySet[Slot]:
    return final.slots.select_related("entry__team", "entry__division").order_by("position")


def slot_of(final: Round, number: int) -> Slot:
    """
    Raises:
        MissingError: `server.challenge.no_slot`.
    """
    found = slots_of(final).filter(pk=number).select_related("round").first()
    if found is None:
        raise MissingError("server.challenge.no_slot", number=number)
    return found


def own_slot(entry: Entry) -> Slot | None:
    return Slot.objects.filter(entry=entry).order_by("-pk").first()


def are_teams_shown(final: Round) -> bool:
    """Whether the running order names teams: not while the final itself is judged blind."""
    hidden = final.rules.get("hidden")
    return "team" not in (hidden if hidden is not None else final.edition.file.anonymity.final or ())


def seed_of(final: Round) -> str:
    """The seed that drew the order which stands; empty where people chose it."""
    reference = f"round:{final.edition.slug}/{final.code}"
    last = journal.selected([reference], ["challenge.running_order_set"]).last()
    return str(last.payload.get("seed", "")) if last else ""


@dataclass(frozen=True)
class Moment:
    """What the timer shows: the presentation that runs, its part and when that part is over."""

    slot: Slot | None
    part: str
    began: datetime | None
    seconds: int


def running(final: Round) -> Moment:
    """The presentation that runs now: `present`, `questions`, or `none`."""
    this = slots_of(final).filter(began_at__isnull=False, ended_at=None).first()
    if this is None:
        return Moment(None, "none", None, 0)
    if this.questions_at is not None:
        return Moment(this, "questions", this.questions_at, this.question_seconds)
    return Moment(this, "present", this.began_at, this.present_seconds)


def has_begun(final: Round) -> bool:
    """Whether anybody has presented."""
    return final.slots.aggregate(at=Max("began_at"))["at"] is not None
