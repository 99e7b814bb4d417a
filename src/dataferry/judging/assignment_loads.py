"""How many scores every entry needs and how many entries every judge may take.

Two loads of one circle of judges differ by the tolerance at most when all of them lie between a level and the level
plus the tolerance. The scores needed leave few levels to choose from: one or two where the tolerance is 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dataferry.judging.assignment_candidates import Candidates, Ints
from dataferry.judging.assignment_problem import Demand, Problem


@dataclass(frozen=True)
class Needs:
    """Scores of each entry: exactly `scores` for an ordinary entry, at least so many for an anchor.

    `panels` maps (entry index, panel) to the least number of scores of that panel.
    """

    scores: Ints
    panels: dict[tuple[int, str], int]


def needs(problem: Problem, found: Candidates) -> Needs:
    accepted = {one.entry: one.accepted for one in problem.relaxations if one.demand == Demand.SCORES}
    wanted = np.array([accepted.get(item.id, problem.per_entry) for item in found.entries])
    least = {(one.entry, one.panel): one.accepted for one in problem.relaxations if one.demand == Demand.PANEL}
    panels = {
        (index, panel): least.get((item.id, panel), minimum)
        for index, item in enumerate(found.entries)
        for panel, minimum in sorted(problem.per_panel_minimum.items())
        if minimum and (item.id in problem.anchors or problem.allows(panel, item.division))
    }
    return Needs(np.maximum(wanted, found.per_entry(found.locked)), panels)


@dataclass(frozen=True)
class Circle:
    """Judges whose loads are compared, and what their loads must add up to.

    Args:
        judges: indices of the judges.
        total: sum of their loads.
        most: entries each can take at all: the capacity, or fewer where fewer may be scored.
        locked: entries each has scored already.
        closed: takes nothing beyond them.
        agreed: load that a relaxation accepts, -1 without one.
        tolerance: most by which two loads differ.
    """

    judges: Ints
    total: int
    most: Ints
    locked: Ints
    closed: np.ndarray
    agreed: Ints
    tolerance: int

    def bounds(self, level: int) -> tuple[Ints, Ints]:
        """Least and largest load of each judge when the others stand between `level` and `level + tolerance`."""
        least = np.where(self.most >= level, level, np.maximum(0, self.most - self.tolerance))
        largest = np.maximum(self.locked, np.minimum(self.most, level + self.tolerance))
        is_agreed = self.agreed >= 0
        least = np.where(is_agreed, np.minimum(least, self.agreed), least)
        largest = np.where(is_agreed, np.maximum(largest, self.agreed), largest)
        return np.where(self.closed, self.locked, least), np.where(self.closed, self.locked, largest)

    def tight_bounds(self, level: int) -> tuple[Ints, Ints]:
        """The bounds of a level that fits, without what the total rules out."""
        least, largest = self.bounds(level)
        largest = np.minimum(largest, least + (self.total - least.sum()))
        return np.maximum(least, largest - (largest.sum() - self.total)), largest

    def fits(self, level: int) -> bool:
        least, largest = self.bounds(level)
        return int(least.sum()) <= self.total <= int(largest.sum())

    def levels(self) -> list[int]:
        """Levels at which the loads can add up, the most even first."""
        top = max(self.natural_level(), int(self.most.max(initial=0))) + 1
        found = [level for level in range(top + 1) if self.fits(level)]
        even = self.natural_level()
        seen: dict[tuple[bytes, bytes], int] = {}
        for level in sorted(found, key=lambda level: (abs(level - even), -level)):
            least, largest = self.tight_bounds(level)
            seen.setdefault((least.tobytes(), largest.tobytes()), level)
        return list(seen.values())

    def natural_level(self) -> int:
        """The level to which the scores would fill the judges evenly, those with little room first."""
        left, open_judges = self.total, len(self.judges)
        for room in np.sort(np.where(self.closed, self.locked, self.most)):
            if room * open_judges >= left:
                break
            left, open_judges = left - int(room), open_judges - 1
        return max(0, left // open_judges) if open_judges else int(self.most.max(initial=0))


def circles(problem: Problem, found: Candidates, scores: Ints) -> list[Circle]:
    """The circles of judges, in order of their first panel."""
    circle_of = joined_panels(problem, found)
    anchors_of = found.per_judge(found.anchor)
    room = found.per_judge(np.ones(len(found), dtype=bool))
    capacity = np.array([_NO_LIMIT if one.capacity is None else one.capacity for one in found.judges])
    agreed = {one.judge: one.accepted for one in problem.relaxations if one.demand in (Demand.LOAD, Demand.CAPACITY)}
    locked = found.per_judge(found.locked)
    judge_circle = np.array([circle_of["panel", one.panel] for one in found.judges])
    entry_circle = np.array([circle_of["division", item.division] for item in found.entries])
    is_ordinary = np.array([item.id not in problem.anchors for item in found.entries])
    # A scored pair may lie across two circles, when a judge has changed panel since.
    across = found.locked & ~found.anchor & (judge_circle[found.judge] != entry_circle[found.entry])
    out = []
    for circle in np.unique(judge_circle):
        inside = np.flatnonzero(judge_circle == circle)
        total = int(scores[is_ordinary & (entry_circle == circle)].sum() + anchors_of[inside].sum())
        total += int((across & (judge_circle[found.judge] == circle)).sum())
        total -= int((across & (entry_circle[found.entry] == circle)).sum())
        out.append(
            Circle(
                judges=inside,
                total=total,
                most=np.minimum(room, capacity)[inside],
                locked=locked[inside],
                closed=np.array([found.judges[index].id in problem.closed for index in inside]),
                agreed=np.array([agreed.get(found.judges[index].id, -1) for index in inside]),
                tolerance=problem.load_tolerance,
            )
        )
    return out


_NO_LIMIT = 2**31


def joined_panels(problem: Problem, found: Candidates) -> dict[tuple[str, str], int]:
    """Number of the circle of each ("panel", name) and ("division", name): panels that share a division are one."""
    panels = sorted({one.panel for one in found.judges})
    divisions = sorted({item.division for item in found.entries})
    circle = {node: number for number, node in enumerate(_nodes(panels, divisions))}
    for division in divisions:
        for panel in panels:
            if problem.allows(panel, division):
                old, new = sorted((circle["panel", panel], circle["division", division]))
                circle = {node: old if number == new else number for node, number in circle.items()}
    return circle


def _nodes(panels: list[str], divisions: list[str]) -> Iterator[tuple[str, str]]:
    yield from (("panel", panel) for panel in panels)
    yield from (("division", division) for division in divisions)
