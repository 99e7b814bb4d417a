"""A result's document as its pages show it: places, ties, awards, methods side by side. Judges never appear."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from dataferry.messages import Finding
from dataferry.messages import say as say_message
from dataferry.server.challenge import edition_words as words
from dataferry.server.challenge.models import Division, Entry
from dataferry.server.challenge.states import EntryState
from dataferry.server.display.languages import page_language
from dataferry.server.display.scales import ticks
from dataferry.server.display.words import Spoken, spoken

GONE = (EntryState.WITHDRAWN, EntryState.DISQUALIFIED)
WIDTH, LEFT, RIGHT, ROW, TOP, BOTTOM = 640.0, 84.0, 20.0, 24.0, 12.0, 30.0
MOST_DRAWN = 60
_SHOWN_DECIMALS = Decimal("0.01")


@dataclass(frozen=True)
class PlaceRow:
    """One entry in a ranking."""

    code: str
    division: str
    city: str
    place: int
    score: str
    interval: str
    places: str
    judges: int
    tied_with: str
    decided_by: str
    below_floor: bool
    mark: str
    team: str
    gone: bool


@dataclass(frozen=True)
class Bar:
    """One entry in the drawing: its score as a dot, its interval as a bar."""

    code: str
    city: str
    y: float
    x: float
    low: float
    high: float
    has_interval: bool
    told: str


@dataclass(frozen=True)
class Drawing:
    """Scores with their intervals, best on top, in a view box of `width` by `height`; `line_y` is under the quota."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    width: float
    height: float
    foot: float
    line_y: float | None
    left_out: int


@dataclass(frozen=True)
class MethodColumn:
    """One way to come to an order, with what it takes for granted."""

    code: str
    word: str
    assumption: str
    refused: str
    chosen: bool
    uncertain: tuple[str, ...]
    tied: tuple[str, ...]
    line: int | None


@dataclass(frozen=True)
class ChangeRow:
    """An entry whose place depends on the method: (place or none, crosses a line) for each column."""

    code: str
    city: str
    cells: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class ComparisonShown:
    columns: tuple[MethodColumn, ...]
    changes: tuple[ChangeRow, ...]
    unchanged: int

    @property
    def crossing(self) -> list[str]:
        """Entries that another method would put on the other side of the line."""
        return [row.code for row in self.changes if any(crosses for _place, crosses in row.cells)]


@dataclass(frozen=True)
class RankingShown:
    """One ranking of a result: of a division, or the joint one of the final."""

    name: str
    division: Division | None
    rows: tuple[PlaceRow, ...]
    findings: tuple[str, ...]
    drawing: Drawing | None
    comparison: ComparisonShown | None
    line: int | None


@dataclass(frozen=True)
class AwardShown:
    """One place of an award. Without an entry it is vacant, and why."""

    code: str
    title: Spoken
    kind: str
    place: int
    entry: str
    because: str
    because_code: str


def shown_score(text: str | None) -> str:
    """A score to two decimals; the document keeps all of them."""
    return "" if text is None else f"{Decimal(text).quantize(_SHOWN_DECIMALS):f}"


def rankings(
    document: Mapping[str, Any], divisions: Iterable[Division], entries: Mapping[str, Entry], file: Any
) -> list[RankingShown]:
    """Every ranking of a document, with its drawing and its comparison."""
    known = {each.code: each for each in divisions}
    return [
        _ranking(document, name, known, entries, _marks(document["outcome"], name, file))
        for name in document["rankings"]
    ]


def _ranking(
    document: Mapping[str, Any],
    name: str,
    divisions: Mapping[str, Division],
    entries: Mapping[str, Entry],
    marks: Mapping[str, str],
) -> RankingShown:
    ranking, compared = document["rankings"][name], document["comparisons"].get(name)
    rows = tuple(_row(place, divisions, marks, entries.get(place["entry"])) for place in ranking["places"])
    lists = document["outcome"].get("shortlists", {}).get(name)
    line = len(lists["finalists"]) if lists else None
    told = tuple(Finding.from_json(each).text(page_language()) for each in ranking["findings"])
    comparison = _comparison(compared, divisions, rows) if compared else None
    return RankingShown(name, divisions.get(name), rows, told, drawing(ranking["places"], rows, line), comparison, line)


def _marks(outcome: Mapping[str, Any], name: str, file: Any) -> dict[str, str]:
    """What the outcome says of each entry: finalist, reserve, or the awards it holds."""
    lists = outcome.get("shortlists", {}).get(name)
    if lists:
        reserves = {code: _("reserve %(n)d") % {"n": n} for n, code in enumerate(lists["reserves"], start=1)}
        return {**reserves, **{code: _("finalist") for code in lists["finalists"]}}
    held: dict[str, list[str]] = {}
    for award in outcome.get("awards", ()):
        if award["entry"]:
            held.setdefault(award["entry"], []).append(award_title(file, award["code"]).text)
    return {entry: words.listed(titles) for entry, titles in held.items()}


def _row(
    place: Mapping[str, Any], divisions: Mapping[str, Division], marks: Mapping[str, str], entry: Entry | None
) -> PlaceRow:
    division = divisions.get(place["division"])
    low_high, span = place["interval"], place["place_interval"]
    return PlaceRow(
        code=place["entry"],
        division=place["division"],
        city=division.city if division else "",
        place=place["place"],
        score=shown_score(place["score"]),
        interval=f"{shown_score(low_high[0])} – {shown_score(low_high[1])}" if low_high else "",
        places="" if not span else f"{span[0]}" if span[0] == span[1] else f"{span[0]} – {span[1]}",
        judges=place["judges"],
        tied_with=words.listed(place["tied_with"]),
        decided_by=words.tie_word(place["decided_by"]) if place["decided_by"] else "",
        below_floor=bool(place["below_floor"]),
        mark=marks.get(place["entry"], ""),
        team=entry.team.name if entry else "",
        gone=entry is not None and entry.state in GONE,
    )


def drawing(places: Sequence[Mapping[str, Any]], rows: Sequence[PlaceRow], line: int | None) -> Drawing | None:
    """The scores and their intervals. The axis begins near the lowest of them, not at zero: the page says so."""
    drawn = list(zip(places, rows, strict=True))[:MOST_DRAWN]
    if not drawn:
        return None
    values = [float(each) for place, _row in drawn for each in (place["score"], *(place["interval"] or ()))]
    low, high = min(values), max(values)
    marks = [each for each in ticks(low, max(high, low + 1)) if low <= each <= high] or [low]
    room = (high - low) or 1.0

    def x(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / room, 1)

    bars = []
    for number, (place, row) in enumerate(drawn):
        ends = place["interval"] or (place["score"], place["score"])
        told = _("%(entry)s: %(score)s") % {"entry": row.code, "score": row.score}
        bars.append(
            Bar(
                row.code,
                row.city,
                TOP + ROW * number + ROW / 2,
                x(float(place["score"])),
                x(float(ends[0])),
                x(float(ends[1])),
                bool(place["interval"]),
                f"{told} ({row.interval})" if row.interval else told,
            )
        )
    foot = TOP + ROW * len(drawn)
    under = TOP + ROW * line if line and line < len(drawn) else None
    axis = tuple((x(each), f"{each:g}") for each in marks)
    return Drawing(tuple(bars), axis, WIDTH, foot + BOTTOM, foot, under, len(rows) - len(drawn))


def _comparison(
    compared: Mapping[str, Any], divisions: Mapping[str, Division], rows: Sequence[PlaceRow]
) -> ComparisonShown:
    chosen = compared["chosen"]
    methods = [chosen, *(code for code in compared["methods"] if code != chosen)]
    lines = {line["method"]: line for line in compared["lines"]}
    columns = tuple(_column(code, compared["methods"][code], lines.get(code), code == chosen) for code in methods)
    ranked = [column.code for column in columns if not column.refused]
    changes = tuple(_change(each, divisions, ranked) for each in compared["changes"])
    return ComparisonShown(
        tuple(column for column in columns if not column.refused)
        + tuple(column for column in columns if column.refused),
        changes,
        len(rows) - len(changes),
    )


def _column(code: str, method: Mapping[str, Any], line: Mapping[str, Any] | None, chosen: bool) -> MethodColumn:
    refused = Finding.from_json(method["refused"]).text(page_language()) if method["refused"] else ""
    return MethodColumn(
        code=code,
        word=words.method_word(code),
        assumption=say_message(method["assumption"], {}, page_language()),
        refused=refused,
        chosen=chosen,
        uncertain=tuple((line or {}).get("contested") or ()),
        tied=tuple((line or {}).get("tied") or ()),
        line=line["line"] if line else None,
    )


def _change(change: Mapping[str, Any], divisions: Mapping[str, Division], methods: Sequence[str]) -> ChangeRow:
    division = divisions.get(change["division"])
    cells = tuple(
        ("–" if change["places"].get(code) is None else str(change["places"][code]), code in change["crosses"])
        for code in methods
    )
    return ChangeRow(change["entry"], division.city if division else "", cells)


def awards(document: Mapping[str, Any], file: Any) -> list[AwardShown]:
    """The awards that a final gives, in the order of the edition's file."""
    order = {code: number for number, code in enumerate(file.awards)}
    given = sorted(
        document["outcome"].get("awards", ()), key=lambda each: (order.get(each["code"], 999), each["place"])
    )
    return [
        AwardShown(
            each["code"],
            award_title(file, each["code"]),
            each["kind"],
            each["place"],
            each["entry"] or "",
            vacant_word(each["vacant_because"]) if not each["entry"] else "",
            "" if each["entry"] else each["vacant_because"],
        )
        for each in given
    ]


def award_title(file: Any, code: str) -> Spoken:
    """What an award is called on the page, or its code."""
    rules = file.awards.get(code)
    found = spoken(rules.title.to_json() if rules and rules.title else None, page_language())
    return found if found.text else Spoken(code)


def vacant_word(because: str) -> str:
    """Why nobody holds an award. It stays vacant; it does not move to another."""
    return {
        "not_decided": _("the jury has not named anybody"),
        "no_finalist_in_theme": _("no finalist in this theme"),
        "no_finalist_left": _("no finalist is left for it"),
    }.get(because, because)


def kind_word(kind: str) -> str:
    """A kind of award."""
    return {
        "grand": _("grand award"),
        "ranked": _("place in the ranking"),
        "theme": _("theme honour"),
        "special": _("special award of the jury"),
    }.get(kind, kind)


@dataclass(frozen=True)
class Facts:
    """What a result was computed by, without anybody's name."""

    method: str
    assumption: str
    ties: tuple[str, ...]
    panels: tuple[tuple[str, int], ...]
    entries: int
    sheets: int
    criteria: tuple[tuple[Spoken, str], ...]


def facts(document: Mapping[str, Any], file: Any) -> Facts:
    """Method, tie-breaks, rubric and how many judged."""
    inputs = document["inputs"]
    rules = inputs["rules"]
    panels: dict[str, set[str]] = {}
    for sheet in inputs["sheets"]:
        panels.setdefault(sheet["panel"], set()).add(sheet["judge"])
    compared = next(iter(document["comparisons"].values()), None)
    assumption = compared["methods"][rules["method"]]["assumption"] if compared else ""
    return Facts(
        method=words.method_word(rules["method"]),
        assumption=say_message(assumption, {}, page_language()) if assumption else "",
        ties=tuple(words.tie_word(each) for each in rules["ties"]),
        panels=tuple(sorted((city, len(judges)) for city, judges in panels.items())),
        entries=len(inputs["entries"]),
        sheets=len(inputs["sheets"]),
        criteria=tuple(_criteria(rules["rubric"], file)),
    )


def _criteria(rubric: Mapping[str, Any], file: Any) -> Iterable[tuple[Spoken, str]]:
    named = file.rubrics.get(rubric["code"])
    for criterion in rubric["criteria"]:
        rules = named.criteria.get(criterion["code"]) if named else None
        title = spoken(rules.title.to_json() if rules and rules.title else None, page_language())
        yield (title if title.text else Spoken(criterion["code"])), str(criterion["weight"])
