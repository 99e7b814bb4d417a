"""The results of an edition as open data: JSON and CSV, without personal data, under an open licence."""

from __future__ import annotations

import csv
import io
from typing import Any

from dataferry.server.challenge.models import Edition, Result
from dataferry.server.challenge.result_public import AwardGiven, EntryShown, RoundShown, press_rows, shown_rounds
from dataferry.server.display.cells import harmless

FORMAT = "dataferry-results/1"
LICENCE = {"name": "CC-BY-4.0", "address": "https://creativecommons.org/licenses/by/4.0/"}
COLUMNS = (
    "round",
    "revision",
    "state",
    "kind",
    "award",
    "award_title",
    "place",
    "entry",
    "division",
    "city",
    "theme",
    "subcategory",
    "team",
    "title",
    "remark",
    "vacant_because",
)


def as_json(edition: Edition) -> dict[str, Any]:
    """The results as plain values. Teams and titles are empty while judging is still blind."""
    return {
        "format": FORMAT,
        "edition": edition.slug,
        "title": edition.document["title"],
        "state": str(edition.state),
        "synthetic": edition.synthetic,
        "licence": LICENCE,
        "rounds": [_round(each) for each in shown_rounds(edition)],
    }


def _round(shown: RoundShown) -> dict[str, Any]:
    rules = shown.result.round.rules
    return {
        "round": shown.round.code,
        "stage": shown.round.stage,
        "provisional": shown.is_provisional,
        "names_told": shown.names,
        "method": rules.get("method"),
        "ties": rules.get("ties", []),
        "rubric": rules.get("rubric"),
        "entries": shown.facts.entries,
        "sheets": shown.facts.sheets,
        "judges": [{"city": city, "count": count} for city, count in shown.facts.panels],
        "finalists": [
            {"division": division.code, "entries": [_entry(each) for each in division.entries]}
            for division in shown.finalists
        ],
        "awards": [_award(each) for each in shown.awards],
        **sealed(shown.result),
    }


def sealed(result: Result) -> dict[str, Any]:
    """Which revision it is, what its document's digest is, and the site's signature of the digest."""
    return {
        "revision": result.revision,
        "state": str(result.state),
        "digest": result.digest,
        "inputs_digest": result.inputs_digest,
        "seal": result.seal or None,
        "sealed_at": result.sealed_at.isoformat() if result.sealed_at else None,
        "published_at": result.published_at.isoformat() if result.published_at else None,
    }


def _entry(entry: EntryShown) -> dict[str, Any]:
    return {
        "entry": entry.code,
        "division": entry.division,
        "city": entry.city,
        "theme": entry.theme,
        "subcategory": entry.subcategory,
        "team": entry.team or None,
        "title": dict(entry.titles) or None,
        "gone": entry.gone,
        "moved_up": entry.moved_up,
    }


def _award(given: AwardGiven) -> dict[str, Any]:
    return {
        "award": given.award.code,
        "kind": given.award.kind,
        "place": given.award.place,
        "entry": _entry(given.entry) if given.entry else None,
        "vacant_because": given.award.because_code or None,
    }


def as_csv(edition: Edition) -> str:
    """The same as a table, for a spreadsheet: no cell of it is taken for a formula."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    for row in press_rows(shown_rounds(edition)):
        writer.writerow({name: harmless(value) for name, value in row.items()})
    return out.getvalue()
