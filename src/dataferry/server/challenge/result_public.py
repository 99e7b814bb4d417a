"""What everybody may know of an edition's results: finalists, awards, how they came about. No judges, no scores.

An entry's team and title are told once its result is published and no anonymous judging is ahead; before that its code
stands for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataferry.server.challenge.models import Edition, Entry, Result, Round
from dataferry.server.challenge.queries import results as queries
from dataferry.server.challenge.result_view import GONE, AwardShown, Facts, awards, facts
from dataferry.server.challenge.states import ResultState
from dataferry.server.display.languages import page_language
from dataferry.server.display.words import Spoken, spoken


@dataclass(frozen=True)
class EntryShown:
    """An entry in public. `team` is empty and `title` has no text while it is blind."""

    code: str
    division: str
    city: str
    subcategory: str
    theme: str
    team: str
    title: Spoken
    titles: Mapping[str, str]
    gone: bool
    moved_up: bool


@dataclass(frozen=True)
class AwardGiven:
    """An award with the entry that holds it, or why it is vacant."""

    award: AwardShown
    entry: EntryShown | None


@dataclass(frozen=True)
class DivisionFinalists:
    code: str
    city: str
    entries: tuple[EntryShown, ...]


@dataclass(frozen=True)
class RoundShown:
    """The result of one round as everybody may read it."""

    round: Round
    result: Result
    newer: Result | None
    is_provisional: bool
    names: bool
    finalists: tuple[DivisionFinalists, ...]
    awards: tuple[AwardGiven, ...]
    facts: Facts


def shown_rounds(edition: Edition) -> list[RoundShown]:
    """Every round with a result that everybody may see, the final first."""
    entries, file = queries.entries_by_code(edition), edition.file
    found = [_round(each, entries, file) for each in queries.standing_results(edition)]
    return sorted(found, key=lambda each: each.round.stage != "final")


def _round(standing: queries.Standing, entries: Mapping[str, Entry], file: Any) -> RoundShown:
    result, document = standing.result, queries.document_of(standing.result)
    names = queries.are_names_shown(result)

    def shown(code: str, moved_up: bool = False) -> EntryShown:
        return entry_shown(entries[code], file, names=names, moved_up=moved_up)

    given = tuple(AwardGiven(each, shown(each.entry) if each.entry else None) for each in awards(document, file))
    return RoundShown(
        round=standing.round,
        result=result,
        newer=standing.newer,
        is_provisional=result.state == ResultState.PROVISIONAL,
        names=names,
        finalists=tuple(_finalists(document, entries, shown)),
        awards=given,
        facts=facts(document, file),
    )


def _finalists(document: Mapping[str, Any], entries: Mapping[str, Entry], shown: Any) -> Any:
    """Finalists of each division by code, not by place; whoever moved up since stands among them."""
    for division, lists in sorted(document["outcome"].get("shortlists", {}).items()):
        moved = [code for code in lists["reserves"] if entries[code].state in queries.FINALISTS]
        rows = [shown(code) for code in lists["finalists"]] + [shown(code, True) for code in moved]
        if rows:
            yield DivisionFinalists(division, rows[0].city, tuple(sorted(rows, key=lambda each: each.code)))


def entry_shown(entry: Entry, file: Any, *, names: bool, moved_up: bool = False) -> EntryShown:
    """An entry in public, blind or with its name."""
    titles = {tag: _title(text) for tag, text in entry.title.items()} if names else {}
    return EntryShown(
        code=entry.code,
        division=entry.division.code,
        city=entry.division.city,
        subcategory=entry.subcategory,
        theme=file.theme_of(entry.subcategory),
        team=entry.team.name if names else "",
        title=spoken(titles or None, page_language()),
        titles=titles,
        gone=entry.state in GONE,
        moved_up=moved_up,
    )


def _title(text: Any) -> str:
    """A title as an entry keeps it: a text, or a text with how it was made."""
    return str(text["text"]) if isinstance(text, Mapping) else str(text)


def press_rows(rounds: list[RoundShown]) -> list[dict[str, Any]]:
    """One row per award and finalist, for people who print it and programs that read it."""
    rows: list[dict[str, Any]] = []
    for each in rounds:
        head = {"round": each.round.code, "revision": each.result.revision, "state": str(each.result.state)}
        rows += [
            {**head, **_award(given.award), **_entry(given.entry), "vacant_because": given.award.because_code}
            for given in each.awards
        ]
        for division in each.finalists:
            for entry in division.entries:
                listed = {**head, "kind": "finalist", "award": "", "award_title": "", "place": ""}
                rows.append({**listed, **_entry(entry), "vacant_because": ""})
    return rows


def _award(award: AwardShown) -> dict[str, Any]:
    return {"kind": award.kind, "award": award.code, "award_title": award.title.text, "place": award.place}


def _entry(entry: EntryShown | None) -> dict[str, str]:
    if entry is None:
        return dict.fromkeys(("entry", "division", "city", "theme", "subcategory", "team", "title", "remark"), "")
    remark = "gone" if entry.gone else "moved up" if entry.moved_up else ""
    return {
        "entry": entry.code,
        "division": entry.division,
        "city": entry.city,
        "theme": entry.theme,
        "subcategory": entry.subcategory,
        "team": entry.team,
        "title": entry.title.text,
        "remark": remark,
    }
