"""Divisions, phases and rounds as rows, kept in step with an edition's file."""

from __future__ import annotations

from collections.abc import Sequence

from dataferry.messages import RefusedError
from dataferry.server.challenge.edition_file import Change, EditionFile
from dataferry.server.challenge.models import Division, Edition, Phase, Round
from dataferry.server.challenge.states import RoundState


def write_rows(edition: Edition, file: EditionFile) -> None:
    """Make the rows say what the file says. A phase without both instants has no row yet.

    Raises:
        RefusedError: `server.challenge.division_in_use`, `server.challenge.round_in_use`: what would go is used.
    """
    divisions = _divisions(edition, file)
    _phases(edition, file, divisions)
    _rounds(edition, file, divisions)
    for division in edition.divisions.exclude(code__in=file.divisions):
        if division.teams.exists() or division.entries.exists():
            raise RefusedError("server.challenge.division_in_use", division=division.code)
        division.delete()


def require_rounds_untouched(edition: Edition, before: EditionFile, changes: Sequence[Change]) -> None:
    """A round that has begun is judged to its end by the rules it was opened with.

    Raises:
        RefusedError: `server.challenge.round_begun`, with the first value that a round stands on.
    """
    begun = edition.rounds.exclude(state=RoundState.PLANNED).select_related("division")
    for round_ in begun:
        rules = before.rounds.get(round_.code)
        used = {f"rounds.{round_.code}"}
        if rules is not None and rules.rubric:
            used.add(f"rubrics.{rules.rubric}")
        if round_.stage == "screening":
            judged = [round_.division.code] if round_.division else list(before.divisions)
            used |= {f"divisions.{code}.quota" for code in judged}
        for change in changes:
            if any(change.path == path or change.path.startswith(f"{path}.") for path in used):
                raise RefusedError("server.challenge.round_begun", round=round_.code, field=change.path)


def _divisions(edition: Edition, file: EditionFile) -> dict[str | None, Division]:
    found: dict[str | None, Division] = {}
    for code, division in file.divisions.items():
        values = {"city": division.city, "quota": division.quota, "time_zone": division.time_zone}
        there = edition.divisions.filter(code=code).first()
        if there is not None and there.city != division.city and (there.teams.exists() or there.entries.exists()):
            raise RefusedError("server.challenge.division_in_use", division=code)
        found[code] = Division.objects.update_or_create(edition=edition, code=code, defaults=values)[0]
    return found


def _phases(edition: Edition, file: EditionFile, divisions: dict[str | None, Division]) -> None:
    edition.phases.all().delete()
    Phase.objects.bulk_create(
        Phase(
            edition=edition,
            division=divisions.get(phase.division),
            kind=phase.kind,
            opens_at=phase.opens,
            closes_at=phase.closes,
        )
        for phase in file.phases.values()
        if phase.opens is not None and phase.closes is not None
    )


def _rounds(edition: Edition, file: EditionFile, divisions: dict[str | None, Division]) -> None:
    for round_ in edition.rounds.exclude(code__in=file.rounds):
        if round_.state != RoundState.PLANNED or round_.sheets.exists():
            raise RefusedError("server.challenge.round_in_use", round=round_.code)
        round_.delete()
    for code, rules in file.rounds.items():
        values = {"division": divisions.get(rules.division), "stage": rules.stage}
        Round.objects.update_or_create(edition=edition, code=code, defaults=values)
