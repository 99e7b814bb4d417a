"""What judges wrote to a team, without anything that says who wrote it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dataferry.server.challenge.models import Entry, Result, Round, ScoreSheet, SheetRevision
from dataferry.server.challenge.redaction import needles, redacted
from dataferry.server.challenge.states import SheetState
from dataferry.server.people.queries import display_names

COUNTED = (SheetState.SIGNED, SheetState.LOCKED)


@dataclass(frozen=True)
class Feedback:
    """A round's comments to a team."""

    round: Round
    comments: tuple[str, ...]


def feedback_of(entry: Entry) -> list[Feedback]:
    """The comments of every round whose result was published, in the order of the rounds."""
    rounds = Round.objects.filter(results__published_at__isnull=False, sheets__entry=entry).distinct().order_by("pk")
    return [Feedback(each, tuple(comments_to(entry, each))) for each in rounds.select_related("edition", "division")]


def comments_to(entry: Entry, round_: Round) -> list[str]:
    """The comments of a round's signed sheets, shuffled once for ever: by a digest, not by judge, city or time.

    A judge who signed a comment by name is blacked out.
    """
    sheets = ScoreSheet.objects.filter(round=round_, entry=entry, calibration=False, state__in=COUNTED)
    newest = {row.sheet_id: row for row in SheetRevision.objects.filter(sheet__in=sheets).order_by("number")}
    written = [row for row in newest.values() if row.comment_team.strip()]
    people = sheets.values_list("judge__user_id", flat=True)
    names = needles(name for name in display_names(pk for pk in people if pk).values())
    return [redacted(row.comment_team.strip(), names) for row in sorted(written, key=_shuffled)]


def _shuffled(row: SheetRevision) -> str:
    return hashlib.sha256(f"feedback {row.sheet_id} {row.digest}".encode()).hexdigest()


def is_sent(result: Result) -> bool:
    """Whether the letters of a result's feedback went out."""
    from dataferry.server import journal
    from dataferry.server.challenge.queries.results import reference

    return journal.selected([reference(result)], ["challenge.feedback_sent"]).exists()
