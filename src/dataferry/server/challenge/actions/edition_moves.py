"""What each step of an edition stands on: calendar, rounds and results. A step that lacks it is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dataferry.messages import RefusedError
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import Edition, Entry, Result, Round
from dataferry.server.challenge.states import EditionState, EntryState, ResultState, RoundState

_SEALED = (ResultState.SEALED, ResultState.PUBLISHED)
_SHOWN = (ResultState.PROVISIONAL, *_SEALED)


def require_ready(edition: Edition, state: EditionState) -> None:
    """Do nothing when the edition has what this state stands on.

    Raises:
        RefusedError: what is missing.
    """
    check = _CHECKS.get(state)
    if check is not None:
        check(edition)


def _open(edition: Edition) -> None:
    """Somebody can register or hand in."""
    starts = edition.phases.filter(kind__in=("registration", "submission")).order_by("opens_at")
    first = starts.first()
    if first is None or first.opens_at > clock.now():
        raise RefusedError("server.challenge.edition_too_early", edition=edition.slug, phase="registration")


def _closed(edition: Edition) -> None:
    """The last division's submission is over."""
    last = edition.phases.filter(kind="submission").order_by("-closes_at").first()
    if last is None or last.closes_at > clock.now():
        raise RefusedError("server.challenge.edition_too_early", edition=edition.slug, phase="submission")


def _screening(edition: Edition) -> None:
    """Every entry that was handed in has been locked and decided on."""
    waiting = (EntryState.SUBMITTED, EntryState.LOCKED, EntryState.QUERIED)
    count = Entry.objects.filter(edition=edition, state__in=waiting).count()
    if count:
        raise RefusedError("server.challenge.entries_undecided", edition=edition.slug, count=count)
    if not edition.rounds.filter(stage="screening").exists():
        raise RefusedError("server.challenge.edition_no_round_of", edition=edition.slug, stage="screening")


def _finalists(edition: Edition) -> None:
    """Every screening has a sealed result."""
    _require_results(edition, "screening", _SEALED)


def _final_judging(edition: Edition) -> None:
    if not edition.rounds.filter(stage="final").exists():
        raise RefusedError("server.challenge.edition_no_round_of", edition=edition.slug, stage="final")


def _provisional(edition: Edition) -> None:
    _require_results(edition, "final", _SHOWN)


def _final(edition: Edition) -> None:
    _require_results(edition, "final", _SEALED)


def _nominated(edition: Edition) -> None:
    if edition.file.nomination.applies is not True:
        raise RefusedError("server.challenge.edition_nominates_nobody", edition=edition.slug)


def _archived(edition: Edition) -> None:
    """An edition that is given up has no teams that wait for it."""
    if edition.state == EditionState.ANNOUNCED and edition.teams.filter(withdrawn_at=None).exists():
        raise RefusedError("server.challenge.edition_has_teams", edition=edition.slug)


def _require_results(edition: Edition, stage: str, states: tuple[str, ...]) -> None:
    rounds = list(edition.rounds.filter(stage=stage).order_by("pk"))
    if not rounds:
        raise RefusedError("server.challenge.edition_no_round_of", edition=edition.slug, stage=stage)
    for round_ in rounds:
        if round_.state != RoundState.CLOSED:
            raise RefusedError("server.challenge.round_not_closed", round=round_.code)
        if not _has_result(round_, states):
            raise RefusedError("server.challenge.edition_no_result", round=round_.code)


def _has_result(round_: Round, states: tuple[str, ...]) -> bool:
    return Result.objects.filter(round=round_, state__in=states).exists()


_CHECKS: Mapping[EditionState, Callable[[Edition], None]] = {
    EditionState.OPEN: _open,
    EditionState.CLOSED: _closed,
    EditionState.SCREENING: _screening,
    EditionState.FINALISTS_PUBLISHED: _finalists,
    EditionState.FINAL_JUDGING: _final_judging,
    EditionState.PROVISIONAL: _provisional,
    EditionState.FINAL: _final,
    EditionState.NOMINATED: _nominated,
    EditionState.ARCHIVED: _archived,
}
