"""Who gets what from a ranking: finalists and reserves of a division, awards of the final."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shortlist:
    """The finalists and the ordered reserves of one division."""

    finalists: tuple[str, ...]
    reserves: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        return {"finalists": list(self.finalists), "reserves": list(self.reserves)}


@dataclass(frozen=True)
class GivenAward:
    """One place of an award. Without an entry it stays vacant; `open` awards are for the jury to decide."""

    code: str
    kind: str
    place: int
    entry: str | None
    vacant_because: str = ""

    def document(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "place": self.place,
            "entry": self.entry,
            "vacant_because": self.vacant_because,
        }


def shortlist(order: Sequence[str], quota: int, gone: Collection[str] = ()) -> Shortlist:
    """The first `quota` of a division's ranking, and everybody after them as reserves in order.

    Whoever is gone (withdrawn, disqualified) is passed over, so that the first reserve of the same division moves up.
    """
    standing = [code for code in order if code not in gone]
    return Shortlist(tuple(standing[:quota]), tuple(standing[quota:]))


def give_awards(
    order: Sequence[str],
    awards: Iterable[Mapping[str, Any]],
    facts: Mapping[str, Mapping[str, str]],
    named: Mapping[str, str],
) -> list[GivenAward]:
    """The awards that a final ranking gives.

    Args:
        order: entries, best first.
        awards: of the edition: code, kind (ranked, grand, theme, special), theme, division, places, exclusive.
        facts: the theme and the division of each entry.
        named: special awards that the jury decided, award code -> entry.

    An award whose theme (or division) has no finalist stays vacant: it does not move. An exclusive award passes over
    entries that hold another award already; the grand award is given before the others.
    """
    held: set[str] = set()
    given: list[GivenAward] = []
    for award in sorted(awards, key=lambda award: _RANK[str(award["kind"])]):
        for place in range(1, int(award.get("places") or 1) + 1):
            entry = _winner(award, place, order, facts, named, held if award.get("exclusive") else set())
            if entry is not None:
                held.add(entry)
            because = "" if entry else _vacant_because(award)
            given.append(GivenAward(str(award["code"]), str(award["kind"]), place, entry, because))
    return given


_RANK = {"grand": 0, "ranked": 1, "theme": 2, "special": 3}


def _vacant_because(award: Mapping[str, Any]) -> str:
    return {"special": "not_decided", "theme": "no_finalist_in_theme"}.get(str(award["kind"]), "no_finalist_left")


def _winner(
    award: Mapping[str, Any],
    place: int,
    order: Sequence[str],
    facts: Mapping[str, Mapping[str, str]],
    named: Mapping[str, str],
    held: Collection[str],
) -> str | None:
    kind = award["kind"]
    if kind == "special":
        chosen = named.get(str(award["code"]))
        return chosen if chosen in order else None
    free = [code for code in order if code not in held]
    for fact in ("theme", "division"):
        if award.get(fact):
            free = [code for code in free if facts[code][fact] == award[fact]]
    # What an exclusive award gave for an earlier place is held by now.
    index = 0 if award.get("exclusive") else place - 1
    return free[index] if index < len(free) else None
