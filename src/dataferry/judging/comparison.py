"""All methods side by side: what each assumes, which places change, which award lines the scores cannot draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataferry.judging.methods import Method
from dataferry.judging.ranking import Place, Ranking, rank
from dataferry.judging.rubric import Rubric
from dataferry.judging.scores import Score
from dataferry.judging.ties import Decisions, TieRule
from dataferry.messages import Finding, RefusedError

Lines = int | Sequence[int] | Mapping[str, int | Sequence[int]] | None


@dataclass(frozen=True)
class Change:
    """An entry whose place depends on the method.

    Attributes:
        places: its place by method; `None` where the method gives it none.
        crosses: methods that put it on the other side of an award line than the chosen one.
    """

    entry: str
    division: str
    places: Mapping[str, int | None]
    crosses: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {
            "entry": self.entry,
            "division": self.division,
            "places": dict(self.places),
            "crosses": list(self.crosses),
        }


@dataclass(frozen=True)
class AwardLine:
    """A line under the `line`-th place of a group by one method.

    Attributes:
        group: division, or empty for a joint ranking.
        contested: entries whose interval of places reaches over the line; `None` where no interval is known.
        tied: entries that share a place across the line, so that somebody has to decide.
    """

    method: str
    group: str
    line: int
    contested: tuple[str, ...] | None
    tied: tuple[str, ...]

    @property
    def inside(self) -> bool:
        """Whether the line lies inside an interval: the scores alone do not tell who is above it."""
        return bool(self.contested) or bool(self.tied)

    def document(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "group": self.group,
            "line": self.line,
            "inside": self.inside,
            "contested": None if self.contested is None else list(self.contested),
            "tied": list(self.tied),
        }


@dataclass(frozen=True)
class Comparison:
    """Rankings of the same scores by several methods; the first method is the chosen one.

    `refused` holds the reason where a method could not be applied to these scores.
    """

    chosen: str
    rankings: Mapping[str, Ranking]
    refused: Mapping[str, Finding]
    assumptions: Mapping[str, Finding]
    changes: tuple[Change, ...]
    lines: tuple[AwardLine, ...]

    def document(self) -> dict[str, Any]:
        """Plain JSON values, the same for the same scores in any row order."""
        return {
            "format": 1,
            "chosen": self.chosen,
            "methods": {
                method: {
                    "assumption": assumption.code,
                    "ranking": self.rankings[method].document() if method in self.rankings else None,
                    "refused": self.refused[method].to_json() if method in self.refused else None,
                }
                for method, assumption in self.assumptions.items()
            },
            "changes": [change.document() for change in self.changes],
            "lines": [line.document() for line in self.lines],
        }


def compare(
    scores: Iterable[Score],
    rubric: Rubric | None,
    methods: Sequence[Method | str] = tuple(Method),
    *,
    line: Lines = None,
    ties: Sequence[TieRule | str] = (),
    joint: bool = False,
    decisions: Decisions | None = None,
    entries: Mapping[str, str] | None = None,
) -> Comparison:
    """Rank by every method and lay the rankings side by side.

    Args:
        methods: the first is the one that was chosen before the round; none stands for all.
        line: award lines: places that still win; one, several, or by division.
        scores, rubric, ties, joint, decisions, entries: as for `rank`.

    Raises:
        RefusedError: no method can be applied (the reason of the first).
        InputError: as for `rank`.
    """
    rows, wanted = tuple(scores), tuple(dict.fromkeys(Method(method) for method in methods or tuple(Method)))
    rankings: dict[str, Ranking] = {}
    refusals: dict[str, RefusedError] = {}
    for method in wanted:
        try:
            rankings[method] = rank(
                rows, rubric, method=method, ties=ties, joint=joint, decisions=decisions, entries=entries
            )
        except RefusedError as error:
            refusals[method] = error
    if not rankings:
        raise refusals[wanted[0]]
    lines = {group: award_lines(line, group) for group in groups_of(rankings)}
    return Comparison(
        chosen=str(wanted[0]),
        rankings={str(method): ranking for method, ranking in rankings.items()},
        refused={str(m): Finding(error.code, "blocked", dict(error.data)) for m, error in refusals.items()},
        assumptions={str(method): method.assumption() for method in wanted},
        changes=changes_between(rankings, lines),
        lines=tuple(
            line_of(str(method), group, places, number)
            for method, ranking in rankings.items()
            for group, places in by_group(ranking).items()
            for number in lines[group]
        ),
    )


def by_group(ranking: Ranking) -> dict[str, tuple[Place, ...]]:
    """Places by the group inside which they count."""
    if ranking.joint:
        return {"": ranking.places}
    return {name: ranking.of(name) for name in sorted({place.division for place in ranking.places})}


def groups_of(rankings: Mapping[str, Ranking]) -> list[str]:
    return sorted({group for ranking in rankings.values() for group in by_group(ranking)})


def award_lines(line: Lines, group: str) -> tuple[int, ...]:
    """The lines of one group, from the forms in which they may be given."""
    if isinstance(line, Mapping):
        line = line.get(group)
    if line is None:
        return ()
    return (line,) if isinstance(line, int) else tuple(sorted(set(line)))


def changes_between(rankings: Mapping[str, Ranking], lines: Mapping[str, Sequence[int]]) -> tuple[Change, ...]:
    """Entries that do not have the same place in every ranking, in order of the first ranking, then of id."""
    tables = {str(method): {p.entry: p for p in ranking.places} for method, ranking in rankings.items()}
    first = next(iter(tables.values()))
    every = {entry: place.division for table in tables.values() for entry, place in table.items()}
    order = sorted(every, key=lambda e: (0, first[e].division, first[e].place, e) if e in first else (1, "", 0, e))
    joint = next(iter(rankings.values())).joint
    changes = []
    for entry in order:
        places = {method: table[entry].place if entry in table else None for method, table in tables.items()}
        if len(set(places.values())) > 1:
            sides = lines["" if joint else every[entry]]
            chosen = above(next(iter(places.values())), sides)
            crosses = tuple(method for method, place in places.items() if above(place, sides) != chosen)
            changes.append(Change(entry, every[entry], places, crosses))
    return tuple(changes)


def above(place: int | None, lines: Sequence[int]) -> tuple[bool, ...]:
    """For each line, whether the place is above it."""
    return tuple(place is not None and place <= line for line in lines)


def line_of(method: str, group: str, places: Sequence[Place], line: int) -> AwardLine:
    """What the ranking knows of the line under the `line`-th place."""
    known = all(place.rank_low is not None for place in places)
    contested = tuple(
        place.entry
        for place in places
        if place.rank_low is not None and place.rank_high is not None and place.rank_low <= line < place.rank_high
    )
    shared = tuple(p.entry for p in places if p.tied_with and p.place <= line < p.place + len(p.tied_with))
    return AwardLine(method, group, line, contested if known else None, shared)
