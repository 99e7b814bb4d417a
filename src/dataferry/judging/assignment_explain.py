"""What a plan, or the want of one, means in words: findings with the entries and judges concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from dataferry.judging.assignment_problem import Assessor, Demand, Item, Problem, Relaxation
from dataferry.judging.assignment_solve import Case
from dataferry.messages import DataferryError, Finding, RefusedError

_SHOWN = 12


def infeasible(case: Case, relaxations: Iterable[Relaxation]) -> RefusedError:
    """The refusal that says which demands fail; `relaxations_of` gives back the way out."""
    ordered = sorted(relaxations)
    findings = [explained(case.problem, one) for one in ordered]
    return RefusedError(
        "judging.infeasible",
        count=len(ordered),
        families=dict(sorted(Counter(one.demand.value for one in ordered).items())),
        relaxations=[one.to_json() for one in ordered],
        findings=[finding.to_json() for finding in findings],
    )


def relaxations_of(error: DataferryError) -> frozenset[Relaxation]:
    """The cheapest relaxation that a refusal `judging.infeasible` carries, for `Problem.relaxed`."""
    return frozenset(Relaxation.from_json(one) for one in error.data.get("relaxations", ()))


def explained(problem: Problem, relaxation: Relaxation) -> Finding:
    """One relaxation as a finding: what is demanded, what there is, what to do."""
    data = {name: value for name, value in relaxation.to_json().items() if value != ""}
    entry = next((item for item in problem.entries if item.id == relaxation.entry), None)
    judge = next((one for one in problem.judges if one.id == relaxation.judge), None)
    match relaxation.demand:
        case Demand.PANEL if entry is not None:
            return Finding("judging.panel_short", "blocked", data | _who_may(problem, entry, relaxation.panel))
        case Demand.SCORES if entry is not None:
            data |= _who_may(problem, entry)
            if relaxation.accepted > relaxation.wanted:
                return Finding("judging.scores_more", "blocked", data)
            return Finding("judging.scores_short", "blocked", data)
        case Demand.CAPACITY:
            return Finding("judging.capacity_short", "blocked", data)
        case Demand.LOAD:
            room = _room(problem, judge) if judge is not None else 0
            return Finding("judging.load_uneven", "blocked", data | {"available": room})
        case Demand.ANCHOR:
            return Finding("judging.anchor_skipped", "blocked", data)
        case _:
            return Finding("judging.not_linked", "blocked", data)


def _who_may(problem: Problem, item: Item, panel: str | None = None) -> dict[str, object]:
    """How many judges (of a panel) may score the entry, and why the others may not."""
    judges = [one for one in problem.judges if panel is None or one.panel == panel]
    if panel is None and item.id not in problem.anchors:
        judges = [one for one in judges if problem.allows(one.panel, item.division)]
    conflicted = sorted(one.id for one in judges if (one.id, item.id) in problem.conflicts)
    unread = sorted(one.id for one in judges if one.id not in conflicted and not one.reads(item.language))
    closed = sorted(one.id for one in judges if one.id in problem.closed and one.id not in {*conflicted, *unread})
    return {
        "available": len(judges) - len(conflicted) - len(unread) - len(closed),
        "conflicted": len(conflicted),
        "unread": len(unread),
        "conflicted_judges": conflicted[:_SHOWN],
        "unread_judges": unread[:_SHOWN],
        "language": item.language,
    }


def _room(problem: Problem, judge: Assessor) -> int:
    """Entries that a judge may score."""
    return sum(
        (judge.id, item.id) not in problem.conflicts
        and judge.reads(item.language)
        and (item.id in problem.anchors or problem.allows(judge.panel, item.division))
        for item in problem.entries
    )


def remarks(case: Case, chosen: np.ndarray) -> Iterator[Finding]:
    """What a person should know about a plan that was found."""
    problem, found = case.problem, case.found
    for one in sorted(problem.relaxations):
        yield Finding(explained(problem, one).code, "attention", explained(problem, one).data)
    yield from _lost_pairs(problem)
    for item in case.found.entries:
        unread = sorted(
            one.id
            for one in found.judges
            if item.id in problem.anchors
            and not one.reads(item.language)
            and (one.id, item.id) not in problem.conflicts
        )
        if unread:
            data = {"entry": item.id, "judges": unread[:_SHOWN], "count": len(unread)}
            yield Finding("judging.anchor_unread", "attention", data)
    topics = np.array([bool(item.topic) for item in found.entries])
    expert = np.bincount(found.entry[chosen & found.expert], minlength=len(found.entries))
    if topics.any() and any(one.topics for one in found.judges):
        without = [found.entries[index].id for index in np.flatnonzero(topics & (expert == 0))]
        if without:
            yield Finding("judging.no_expert", "attention", {"count": len(without), "entries": without[:_SHOWN]})
    pieces = [piece for pieces in case.links.pieces(chosen) for piece in pieces]
    if pieces:
        yield Finding("judging.plan_not_linked", "attention", {"count": len(pieces)})


def _lost_pairs(problem: Problem) -> Iterator[Finding]:
    """Scored pairs that the plan cannot hold."""
    judges, entries = {one.id for one in problem.judges}, {item.id for item in problem.entries}
    for judge, entry in sorted(problem.locked):
        data = {"judge": judge, "entry": entry}
        if judge not in judges or entry not in entries:
            yield Finding("judging.scored_gone", "attention", data)
        elif (judge, entry) in problem.conflicts:
            yield Finding("judging.scored_in_conflict", "attention", data)
