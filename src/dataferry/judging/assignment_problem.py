"""What an assignment is asked: entries, judges, demands, and which demands somebody has agreed to relax."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dataferry.messages import InputError, LimitError

Pair = tuple[str, str]
"""(judge, entry)."""

MOST_PAIRS = 4_000_000


class Demand(StrEnum):
    """Families of demands that a relaxation can touch. Conflicts and languages are in none: they are never relaxed."""

    SCORES = "scores"
    PANEL = "panel"
    LOAD = "load"
    CAPACITY = "capacity"
    ANCHOR = "anchor"
    LINKED = "linked"


@dataclass(frozen=True, order=True)
class Relaxation:
    """One demand taken back, for one entry, judge or panel of an entry: `accepted` instead of `wanted`.

    SCORES: entry gets `accepted` scores. PANEL: entry gets at least `accepted` of `panel`. LOAD and CAPACITY: judge
    scores `accepted` entries. ANCHOR: judge does not score the anchor `entry`. LINKED: scores may fall into pieces.
    """

    demand: Demand
    entry: str = ""
    judge: str = ""
    panel: str = ""
    wanted: int = 0
    accepted: int = 0

    @property
    def about(self) -> tuple[str, str, str, str]:
        """What it is about: a judge has one load, whether an uneven one or one above the capacity."""
        family = Demand.LOAD if self.demand == Demand.CAPACITY else self.demand
        return family, self.entry, self.judge, self.panel

    def to_json(self) -> dict[str, Any]:
        return {
            "demand": self.demand.value,
            "entry": self.entry,
            "judge": self.judge,
            "panel": self.panel,
            "wanted": self.wanted,
            "accepted": self.accepted,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Relaxation:
        return cls(**{**value, "demand": Demand(value["demand"])})


@dataclass(frozen=True)
class Item:
    """An entry to be judged.

    Args:
        id: unique among the entries.
        division: the entry's division, such as `HK`.
        language: code of its language; `en+zh-Hans` when it stands complete in each of several; empty when any judge
            can read it. `zh` is read by whoever reads any script of Chinese.
        topic: theme or sub-category.
    """

    id: str
    division: str = ""
    language: str = ""
    topic: str = ""


@dataclass(frozen=True)
class Assessor:
    """A judge.

    Args:
        id: unique among the judges.
        panel: the panel or city the judge sits for.
        languages: codes the judge reads; empty: said to read everything.
        topics: themes or sub-categories of expertise.
        capacity: most entries the judge takes; None: no limit of the judge's own.
    """

    id: str
    panel: str = ""
    languages: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    capacity: int | None = None

    def reads(self, language: str) -> bool:
        if not language or not self.languages:
            return True
        return any(_same_language(one.strip(), mine) for one in language.split("+") for mine in self.languages)


def _same_language(written: str, read: str) -> bool:
    written, read = written.casefold(), read.casefold()
    return written == read or written.startswith(read + "-") or read.startswith(written + "-")


@dataclass(frozen=True)
class Problem:
    """Who may judge what, and what is demanded of the plan. The order of entries and judges never matters.

    Args:
        entries: what is judged.
        judges: who judges.
        per_entry: scores each entry gets, exactly (an anchor gets at least as many).
        conflicts: (judge, entry) that must never meet.
        per_panel_minimum: panel to the least number of its judges on every entry it may score.
        anchors: entries that every judge scores who has no conflict and reads them. With every entry an anchor,
            everybody scores everything: a final.
        load_tolerance: most by which the loads of two judges of one circle may differ. A judge whose capacity, or whose
            entries that may be scored at all, end below the others' load is filled instead.
        keep: pairs of an earlier plan; as many as possible stay.
        locked: pairs already scored; they stay, unless a conflict was found since.
        closed: judges who take nothing beyond their locked pairs (dropped out).
        reserved: division to the panels that may score it; a division not named is open to all panels. Anchors are open
            to every panel. Loads are compared among panels that share a division.
        linked: demand that chains of common entries join all judges who may meet (what calibration needs).
        relaxations: demands taken back for single entries and judges.
    """

    entries: Sequence[Item]
    judges: Sequence[Assessor]
    per_entry: int = 3
    conflicts: frozenset[Pair] | set[Pair] = frozenset()
    per_panel_minimum: Mapping[str, int] = field(default_factory=dict)
    anchors: frozenset[str] | set[str] = frozenset()
    load_tolerance: int = 1
    keep: frozenset[Pair] | set[Pair] = frozenset()
    locked: frozenset[Pair] | set[Pair] = frozenset()
    closed: frozenset[str] | set[str] = frozenset()
    reserved: Mapping[str, frozenset[str] | set[str]] = field(default_factory=dict)
    linked: bool = True
    relaxations: frozenset[Relaxation] = frozenset()

    def relaxed(self, relaxations: Iterable[Relaxation]) -> Problem:
        """The same problem with these demands taken back too."""
        agreed = {one.about: one for one in self.relaxations} | {one.about: one for one in relaxations}
        return replace(self, relaxations=frozenset(agreed.values()))

    def allows(self, panel: str, division: str) -> bool:
        """Whether judges of a panel score ordinary entries of a division."""
        return division not in self.reserved or panel in self.reserved[division]

    def check(self) -> None:
        """Refuse what is no problem at all.

        Raises:
            InputError: nothing to assign, an id twice, an anchor nobody knows, a number below its least.
            LimitError: more pairs of judge and entry than the solver is made for.
        """
        if not self.entries or not self.judges:
            raise InputError("judging.nothing_to_assign", entries=len(self.entries), judges=len(self.judges))
        for ids in ([item.id for item in self.entries], [judge.id for judge in self.judges]):
            if len(set(ids)) < len(ids):
                twice = sorted({one for one in ids if ids.count(one) > 1}) if len(ids) < 20_000 else []
                raise InputError("judging.id_twice", ids=twice[:20])
        unknown = sorted(self.anchors - {item.id for item in self.entries})
        if unknown:
            raise InputError("judging.unknown_anchor", entries=unknown[:20])
        numbers = [self.per_entry - 1, self.load_tolerance, *self.per_panel_minimum.values()]
        if min(numbers) < 0 or any(judge.capacity is not None and judge.capacity < 0 for judge in self.judges):
            raise InputError("judging.negative_demand", per_entry=self.per_entry, tolerance=self.load_tolerance)
        if len(self.entries) * len(self.judges) > MOST_PAIRS:
            raise LimitError("judging.too_many_pairs", pairs=len(self.entries) * len(self.judges), limit=MOST_PAIRS)
        self._check_panels()

    def _check_panels(self) -> None:
        """A minimum of each panel must fit into the scores of an entry, whichever panels may score it."""
        for division in {item.division for item in self.entries if item.id not in self.anchors}:
            panels = [panel for panel in self.per_panel_minimum if self.allows(panel, division)]
            least = sum(self.per_panel_minimum[panel] for panel in panels)
            if least > self.per_entry:
                raise InputError("judging.minimum_over_scores", least=least, per_entry=self.per_entry)
