"""Results as they are read: which stands, what its document says, who may open it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from dataferry.messages import MissingError, RefusedError
from dataferry.server import people
from dataferry.server.challenge.models import Edition, Entry, Result, Round
from dataferry.server.challenge.states import EntryState, ResultState

SEALED = (ResultState.SEALED, ResultState.PUBLISHED)
SHOWN = (ResultState.PROVISIONAL, *SEALED)
FINALISTS = (EntryState.SHORTLISTED, EntryState.PRESENTED, EntryState.AWARDED, EntryState.NOMINATED)
IN_THE_FINAL = (EntryState.PRESENTED, EntryState.AWARDED, EntryState.NOMINATED)


def reference(result: Result) -> str:
    """How the journal names a result."""
    return f"result:{result.round.edition.slug}/{result.round.code}/{result.revision}"


def document_of(result: Result) -> dict[str, Any]:
    """What was computed: inputs, rankings, comparisons, outcome."""
    document: dict[str, Any] = json.loads(result.document)
    return document


def sealed_result(round_: Round) -> Result | None:
    """The newest result of a round that is sealed or published."""
    return Result.objects.filter(round=round_, state__in=SEALED).order_by("-revision").first()


def sealed_final(edition: Edition) -> Result:
    """The sealed result of the final.

    Raises:
        RefusedError: `server.challenge.result_not_sealed`.
    """
    final = Round.objects.filter(edition=edition, stage="final").first()
    result = sealed_result(final) if final else None
    if result is None:
        raise RefusedError("server.challenge.result_not_sealed", round=final.code if final else "final")
    return result


def orders_of(result: Result) -> dict[str, list[str]]:
    """Each division's ranking: finalists, then reserves."""
    lists = document_of(result)["outcome"].get("shortlists", {})
    return {division: [*each["finalists"], *each["reserves"]] for division, each in lists.items()}


def quota_of(result: Result, division: str) -> int:
    return int(document_of(result)["inputs"]["rules"]["quotas"][division])


def revisions_of(round_: Round) -> QuerySet[Result]:
    """Every revision of a round's result, the newest first."""
    return Result.objects.filter(round=round_).select_related("round__edition", "round__division").order_by("-revision")


def rounds_of(edition: Edition) -> list[Round]:
    """The rounds of an edition, screenings first."""
    rows = Round.objects.filter(edition=edition).select_related("edition", "division")
    return sorted(rows, key=lambda each: (each.stage == "final", each.pk))


def organised_rounds(user: Any, edition: Edition) -> list[Round]:
    """The rounds whose results this person runs.

    Raises:
        MissingError: `server.challenge.no_edition`, where there are none.
    """
    found = [each for each in rounds_of(edition) if people.can(user, "challenge.organise", each)]
    if not found:
        raise MissingError("server.challenge.no_edition", name=edition.slug)
    return found


def revision_of(round_: Round, revision: int) -> Result:
    """
    Raises:
        MissingError: there is no such revision.
    """
    found = revisions_of(round_).filter(revision=revision).first()
    if found is None:
        raise MissingError("server.challenge.no_result", round=round_.code, revision=revision)
    return found


@dataclass(frozen=True)
class Standing:
    """What everybody may know of a round: the result that stands, and a provisional correction of it."""

    round: Round
    result: Result
    newer: Result | None


def standing_results(edition: Edition) -> list[Standing]:
    """The result of each round that is shown to everybody, in the order of the rounds. A published one stands until
    its correction is published too. Two queries, however many rounds."""
    shown: dict[int, list[Result]] = {}
    rows = Result.objects.filter(round__edition=edition, state__in=SHOWN).order_by("-revision")
    for row in rows.select_related("round__edition", "round__division"):
        shown.setdefault(row.round_id, []).append(row)
    found = []
    for round_ in rounds_of(edition):
        listed = shown.get(round_.pk, [])
        published = next((each for each in listed if each.state == ResultState.PUBLISHED), None)
        if listed:
            stands = published or listed[0]
            found.append(Standing(round_, stands, listed[0] if listed[0].pk != stands.pk else None))
    return found


def are_names_shown(result: Result) -> bool:
    """Whether the public may read whose entry it is: the result is published, and no anonymous judging is ahead."""
    if result.state != ResultState.PUBLISHED:
        return False
    edition = result.round.edition
    if result.round.stage == "final" or "team" not in (edition.file.anonymity.final or ()):
        return True
    final = Result.objects.filter(round__edition=edition, round__stage="final", state=ResultState.PUBLISHED)
    return final.exists()


def entries_by_code(edition: Edition) -> Mapping[str, Entry]:
    rows = Entry.objects.filter(edition=edition).select_related("team", "division")
    return {entry.code: entry for entry in rows}
