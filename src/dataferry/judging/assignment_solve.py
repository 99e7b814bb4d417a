"""The search for a plan: levels of load, then cuts until all judges are linked; and where none exists, the elastic
model, which finds the cheapest set of demands to take back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice, product

import numpy as np

from dataferry.judging.assignment_candidates import Candidates, Ints, candidates
from dataferry.judging.assignment_links import Cut, Links
from dataferry.judging.assignment_loads import Circle, Needs, circles, needs
from dataferry.judging.assignment_model import EXTRA_SCORE, PRICES, Model, Slack, Solution, elastic_model, strict_model
from dataferry.judging.assignment_problem import Demand, Problem, Relaxation
from dataferry.judging.assignment_program import SECONDS
from dataferry.messages import UnavailableError

_MOST_ROUNDS = 40
_MOST_ELASTIC_ROUNDS = 10
"""Beyond these, linked judges are told to be out of reach: buying links one by one would be no cheaper."""

_MOST_LEVELS = 16

Build = Callable[[Candidates, Needs, Ints, Ints, Sequence[Cut]], Model]


@dataclass(frozen=True)
class Case:
    """A problem with what is derived from it once."""

    problem: Problem
    found: Candidates
    needed: Needs
    circles: Sequence[Circle]
    links: Links

    @classmethod
    def of(cls, problem: Problem) -> Case:
        found = candidates(problem)
        needed = needs(problem, found)
        return cls(problem, found, needed, circles(problem, found, needed.scores), Links(problem, found))

    @property
    def is_link_demanded(self) -> bool:
        return self.problem.linked and all(one.demand != Demand.LINKED for one in self.problem.relaxations)

    def bounds(self, levels: Sequence[int], *, tight: bool) -> tuple[Ints, Ints]:
        """Load bounds of all judges at one level for each circle."""
        least, largest = (np.zeros(len(self.found.judges), dtype=np.int64) for _ in range(2))
        for circle, level in zip(self.circles, levels, strict=True):
            inside = circle.tight_bounds(level) if tight else circle.bounds(level)
            least[circle.judges], largest[circle.judges] = inside
        return least, largest


def strict_solution(case: Case) -> Solution | None:
    """The best plan that meets every demand; None when there is none."""
    best: Solution | None = None
    choices = product(*(circle.levels()[:_MOST_LEVELS] for circle in case.circles))
    for levels in islice(choices, _MOST_LEVELS):
        bounds = case.bounds(levels, tight=True)
        found = None if _shortfall(case, bounds[0]) > 0 else _linked(case, strict_model, bounds)
        if found is not None and (best is None or found.cost < best.cost):
            best = found
    return best


def _shortfall(case: Case, least: Ints) -> int:
    """Scores missing to link the judges, whoever scores what; 0 where links are not demanded."""
    return case.links.shortfall(case.needed.scores, least) if case.is_link_demanded else 0


def _linked(case: Case, build: Build, bounds: tuple[Ints, Ints], most_rounds: int = _MOST_ROUNDS) -> Solution | None:
    """The solution with as many cuts as it takes to link the judges, or to show that they cannot be."""
    cuts: list[Cut] = []
    for _ in range(most_rounds):
        solution = build(case.found, case.needed, *bounds, cuts).solve()
        if solution is None or not case.is_link_demanded or _gives_up_links(solution):
            return solution
        new = case.links.cuts(solution.chosen)
        if not new:
            return solution
        cuts += new
    return None


def _gives_up_links(solution: Solution) -> bool:
    return any(slack.demand == Demand.LINKED for slack in solution.slacks)


def cheapest_relaxations(case: Case) -> frozenset[Relaxation]:
    """The demands to take back, of least price in all, so that a plan exists.

    The price is convex in the level of each circle, so that walking downhill from the natural level finds the least.
    """
    levels = [circle.natural_level() for circle in case.circles]
    best, best_case = _elastic(case, levels)
    for index in range(len(levels)):
        for step in (1, -1):
            while _touches_loads(best) and levels[index] + step >= 0:
                moved = [*levels[:index], levels[index] + step, *levels[index + 1 :]]
                tried, tried_case = _elastic(case, moved)
                if tried.cost >= best.cost:
                    break
                levels, best, best_case = moved, tried, tried_case
    return frozenset(_relaxations(best_case, best))


def _elastic(case: Case, levels: Sequence[int]) -> tuple[Solution, Case]:
    """The elastic solution; with the demand for links given up where no number of cuts settled it."""
    bounds = case.bounds(levels, tight=False)
    is_hopeless = _shortfall(case, bounds[0]) * EXTRA_SCORE > PRICES[Demand.LINKED]
    solution = None if is_hopeless else _linked(case, elastic_model, bounds, _MOST_ELASTIC_ROUNDS)
    if solution is None:
        links = Relaxation(Demand.LINKED, wanted=1)
        case = Case.of(case.problem.relaxed([links]))
        solution = _linked(case, elastic_model, bounds, _MOST_ELASTIC_ROUNDS)
    if solution is None:
        raise UnavailableError("judging.solver_gave_up", seconds=SECONDS, problem="elastic")
    return solution, case


def _touches_loads(solution: Solution) -> bool:
    return any(slack.demand in (Demand.LOAD, Demand.CAPACITY) for slack in solution.slacks)


def _relaxations(case: Case, solution: Solution) -> list[Relaxation]:
    """What the slacks of an elastic solution say, as demands of the problem."""
    found, needed = case.found, case.needed
    scores, loads = found.per_entry(solution.chosen), found.per_judge(solution.chosen)
    out = [one for one in case.problem.relaxations if one.demand == Demand.LINKED]
    for slack, units in solution.slacks.items():
        if slack.demand == Demand.SCORES:
            entry, wanted = found.entries[slack.entry].id, int(needed.scores[slack.entry])
            out.append(Relaxation(slack.demand, entry=entry, wanted=wanted, accepted=int(scores[slack.entry])))
        elif slack.demand == Demand.PANEL:
            entry, wanted = found.entries[slack.entry].id, needed.panels[slack.entry, slack.panel]
            out.append(Relaxation(slack.demand, entry=entry, panel=slack.panel, wanted=wanted, accepted=wanted - units))
        elif slack.demand == Demand.LINKED:
            out.append(Relaxation(slack.demand, wanted=1))
        else:
            out.append(_load(case, slack, int(loads[slack.judge]), units))
    for index in np.flatnonzero(found.anchor & ~solution.chosen):
        judge, entry = found.pair(int(index))
        out.append(Relaxation(Demand.ANCHOR, entry=entry, judge=judge, wanted=1))
    return list(dict.fromkeys(out))


def _load(case: Case, slack: Slack, load: int, units: int) -> Relaxation:
    judge = case.found.judges[slack.judge]
    if judge.capacity is not None and load > judge.capacity:
        return Relaxation(Demand.CAPACITY, judge=judge.id, wanted=judge.capacity, accepted=load)
    return Relaxation(Demand.LOAD, judge=judge.id, wanted=load - slack.sign * units, accepted=load)
