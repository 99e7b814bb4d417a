"""Who judges what: a plan that meets every demand, or the demands that fail and the cheapest way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dataferry.judging.assignment_candidates import Flags
from dataferry.judging.assignment_explain import infeasible, remarks
from dataferry.judging.assignment_problem import Pair, Problem
from dataferry.judging.assignment_solve import Case, cheapest_relaxations, strict_solution
from dataferry.messages import Finding


@dataclass(frozen=True)
class Plan:
    """Who judges what.

    Args:
        pairs: (judge, entry), sorted by entry and judge.
        loads: entries of every judge, with those who have none.
        findings: what a person should know: demands taken back, entries without an expert, scores set aside.
        experts: pairs in which the entry's topic is one of the judge's.
        added: pairs that the earlier plan (`Problem.keep`) did not hold; empty when there was none.
        dropped: pairs of the earlier plan that are gone.
    """

    pairs: tuple[Pair, ...]
    loads: Mapping[str, int]
    findings: tuple[Finding, ...] = ()
    experts: int = 0
    added: tuple[Pair, ...] = ()
    dropped: tuple[Pair, ...] = field(default=())

    def judges_of(self, entry: str) -> tuple[str, ...]:
        return tuple(judge for judge, other in self.pairs if other == entry)

    def entries_of(self, judge: str) -> tuple[str, ...]:
        return tuple(entry for other, entry in self.pairs if other == judge)

    def document(self) -> dict[str, Any]:
        """Plain JSON values; the same for the same problem in any row order."""
        return {
            "pairs": [{"entry": entry, "judge": judge} for judge, entry in self.pairs],
            "loads": dict(self.loads),
            "experts": self.experts,
            "added": [{"entry": entry, "judge": judge} for judge, entry in self.added],
            "dropped": [{"entry": entry, "judge": judge} for judge, entry in self.dropped],
            "findings": [finding.to_json() for finding in self.findings],
        }


def assign(problem: Problem) -> Plan:
    """The plan that keeps most of an earlier plan and then has most expertise.

    The same problem in any order of rows gives the same plan: candidates are sorted, and plans that are equally good
    are told apart by weights made of the ids.

    Raises:
        InputError: `judging.nothing_to_assign`, `judging.id_twice`, ...: no problem at all.
        RefusedError: `judging.infeasible`: no plan meets every demand. Its data hold `findings` (which demand fails,
            for whom) and `relaxations`, the cheapest set of demands to take back:
            `problem.relaxed(relaxations_of(error))` has a plan.
        LimitError: too many pairs.
        UnavailableError: the solver ran out of time.
    """
    problem.check()
    case = Case.of(problem)
    solution = strict_solution(case)
    if solution is None:
        raise infeasible(case, cheapest_relaxations(case))
    return _plan(case, solution.chosen)


def reassign(
    problem: Problem, plan: Plan | Iterable[Pair], *, scored: Iterable[Pair] = (), gone: Iterable[str] = ()
) -> Plan:
    """A new plan after late judges, drop-outs, withdrawn entries or new conflicts, with the fewest changes.

    Args:
        problem: the case as it is now. A judge left out of it loses all pairs.
        plan: what holds until now.
        scored: pairs already scored: they stay, unless they are in conflict.
        gone: judges of the problem who take nothing more; what they have scored stays.

    Raises:
        As `assign`.
    """
    pairs = frozenset(plan.pairs if isinstance(plan, Plan) else plan)
    scored = frozenset(scored)
    return assign(
        replace(
            problem,
            keep=frozenset(problem.keep) | pairs,
            locked=frozenset(problem.locked) | scored,
            closed=frozenset(problem.closed) | frozenset(gone),
        )
    )


def _plan(case: Case, chosen: Flags) -> Plan:
    found = case.found
    pairs = tuple(found.pair(int(index)) for index in np.flatnonzero(chosen))
    before = frozenset(case.problem.keep)
    loads = found.per_judge(chosen)
    return Plan(
        pairs=pairs,
        loads={judge.id: int(load) for judge, load in zip(found.judges, loads, strict=True)},
        findings=tuple(remarks(case, chosen)),
        experts=int((chosen & found.expert).sum()),
        added=tuple(pair for pair in pairs if before and pair not in before),
        dropped=tuple(sorted(before - set(pairs), key=lambda pair: (pair[1], pair[0]))),
    )
