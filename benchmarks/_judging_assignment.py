"""Assigning judges to entries: processor seconds at three sizes beside their limits, and what the plans hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dataferry.judging import Assessor, Item, Plan, Problem, assign, reassign, relaxations_of
from dataferry.messages import RefusedError

# Entries, judges, scores of an entry, and the seconds that a plan may take.
SIZES = {"80x10x3": (80, 10, 3, 0.2), "300x30x3": (300, 30, 3, 1.0), "1200x60x4": (1200, 60, 4, 3.0)}
ROUNDS = {"small": 1, "full": 3}
TOPICS = [f"topic {number}" for number in range(13)]


def problem(entries: int, judges: int, per_entry: int) -> Problem:
    """Two cities, thirteen topics, two languages, one pair in twenty in conflict."""
    random = np.random.default_rng(entries)
    cities, languages = ["HK", "SH"], ["zh-Hans", "en+zh-Hans"]
    items = [
        Item(f"E{n:04}", cities[random.integers(2)], languages[random.integers(2)], TOPICS[random.integers(13)])
        for n in range(entries)
    ]
    reads = [frozenset({"en", "zh-Hans"}), frozenset({"zh-Hans"})]
    panel = [
        Assessor(f"J{n:02}", cities[n % 2], reads[random.integers(2)], frozenset(random.choice(TOPICS, 4).tolist()))
        for n in range(judges)
    ]
    conflicts = {
        (f"J{random.integers(judges):02}", f"E{random.integers(entries):04}") for _ in range(entries * judges // 20)
    }
    return Problem(items, panel, per_entry, conflicts, {"HK": 1, "SH": 1})


def fastest(rounds: int, work: Callable[[], Plan]) -> tuple[float, Plan]:
    best, plan = float("inf"), None
    for _ in range(rounds):
        start = time.process_time()
        plan = work()
        best = min(best, time.process_time() - start)
    assert plan is not None
    return best, plan


def facts(case: Problem, plan: Plan) -> dict[str, Any]:
    return {
        "conflicts_assigned": len(set(plan.pairs) & set(case.conflicts)),
        "loads": f"{min(plan.loads.values())}-{max(plan.loads.values())}",
        "experts_share": plan.experts / len(plan.pairs),
    }


def explained(case: Problem) -> dict[str, Any]:
    """One entry that all judges of a city but one may not score, and two of the city demanded."""
    entry = case.entries[0].id
    mine = sorted(one.id for one in case.judges if one.panel == "HK")[1:]
    conflicts = frozenset(case.conflicts) | {(judge, entry) for judge in mine}
    short = replace(case, conflicts=conflicts, per_panel_minimum={"HK": 2, "SH": 1})
    start = time.process_time()
    try:
        assign(short)
    except RefusedError as error:
        spent = time.process_time() - start
        assign(short.relaxed(relaxations_of(error)))
        return {"seconds_to_explain": spent, "demands_to_relax": error.data["count"]}
    return {"seconds_to_explain": 0.0, "demands_to_relax": 0}


def assignment(scale: str) -> dict[str, Any]:
    """Processor seconds of a plan and of a late judge, limits, and whether the promises hold."""
    table: dict[str, Any] = {}
    for name, (entries, judges, per_entry, limit) in SIZES.items():
        case = problem(entries, judges, per_entry)
        spent, plan = fastest(ROUNDS[scale], lambda case=case: assign(case))  # type: ignore[misc]
        late = replace(case, judges=[*case.judges, Assessor("late", "HK")])
        again, changed = fastest(1, lambda late=late, plan=plan: reassign(late, plan))  # type: ignore[misc]
        table[name] = {
            "seconds": spent,
            "limit": limit,
            **facts(case, plan),
            "late_judge": {"seconds": again, "changed": len(changed.added), "load": changed.loads["late"]},
            **explained(case),
        }
    return table
