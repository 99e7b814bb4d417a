"""Border decisions a second beside a hand-written chain of ifs, and heads added a second beside a Python set."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import islice, product
from typing import Any

from dataferry.border import Facts, HeadSketch, Outcome, decide

DESCRIPTION = "Border: decisions a second beside a chain of ifs over four counts; heads a second beside a Python set"

DAY = date(2026, 11, 22)
DECISIONS = {"small": 100, "full": 1_000}
HEADS = {"small": 20_000, "full": 1_000_000}
ROUNDS = {"small": 2, "full": 3}
LOADS = (1, 10, 100)
COUNTS = (1, 9_999, 10_000, 99_999, 100_000, 999_999, 1_000_000)
BASE = {
    "direction": "shanghai-to-hong-kong",
    "exporter_place": "shanghai",
    "exporter_ciio": "no",
    "exporter_ftz": "no",
    "exporter_state_organ": "no",
    "recipient_place": "hong-kong",
    "has_pi": "yes",
    "important_data": "no",
    "origin": "shanghai",
    "domains": [],
    "contents": [],
    "basis": "consent",
    "activity": "trade",
    "sector": "other",
    "approval": "none",
    "source_terms": "none",
}


def cases() -> list[Facts]:
    """Every mix of general and sensitive people around the thresholds."""
    counts = product(COUNTS, (0, *COUNTS), (0, 1))
    return [
        Facts.parse(
            {
                **BASE,
                "people_general": general,
                "people_general_so_far": before,
                "people_sensitive": sensitive,
                "people_sensitive_so_far": 0,
                "has_sensitive_pi": "yes" if sensitive else "no",
            }
        )
        for general, sensitive, before in counts
    ]


def chain(facts: Facts) -> Outcome:
    """The head counts alone, as one writes them by hand: no reasons, no dates, no unknown."""
    general = int(facts.people_general) + int(facts.people_general_so_far)
    sensitive = int(facts.people_sensitive) + int(facts.people_sensitive_so_far)
    if facts.exporter_ciio == "yes" or general >= 1_000_000 or sensitive >= 10_000:
        return Outcome.SECURITY_ASSESSMENT
    if general >= 100_000 or sensitive > 0:
        return Outcome.CONTRACT_OR_CERTIFICATION
    return Outcome.FREE


def seconds(rounds: int, work: Callable[[], Any]) -> float:
    """CPU seconds, best of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def repeated(facts: Sequence[Facts], count: int) -> list[Facts]:
    return list(islice((one for _ in range(count // len(facts) + 1) for one in facts), count))


def decisions(scale: str) -> dict[str, Any]:
    known, rounds, base = cases(), ROUNDS[scale], DECISIONS[scale]
    assert [decide(facts, DAY).outcome for facts in known] == [chain(facts) for facts in known]
    figures: dict[str, Any] = {"cases_that_agree_with_the_chain": len(known)}
    for load in LOADS:
        asked = repeated(known, base * load)
        once = 1 if load == LOADS[-1] else rounds
        ours = seconds(once, lambda asked=asked: [decide(facts, DAY) for facts in asked])  # type: ignore[misc]
        plain = seconds(rounds, lambda asked=asked: [chain(facts) for facts in asked])  # type: ignore[misc]
        figures[f"load_{load}x"] = {
            "decisions": len(asked),
            "per_cpu_s": len(asked) / ours,
            "times_cost_of_chain": ours / plain,
        }
    unknown = [Facts()] * base
    figures["all_unknown_per_cpu_s"] = base / seconds(rounds, lambda: [decide(facts, DAY) for facts in unknown])
    document = decide(known[0], DAY)
    figures["documents_per_cpu_s"] = base / seconds(rounds, lambda: [document.to_bytes() for _ in range(base)])
    return figures


def heads(scale: str) -> dict[str, Any]:
    ids, rounds = [f"+852 {number:09}" for number in range(HEADS[scale])], ROUNDS[scale]
    sketch = HeadSketch(b"a salt of sixteen bytes")

    def add() -> None:
        nonlocal sketch
        sketch = HeadSketch(b"a salt of sixteen bytes")
        sketch.add(ids)

    ours, plain = seconds(rounds, add), seconds(rounds, lambda: set(ids))
    found = sketch.count()
    assert found.low <= len(ids) <= found.high
    return {
        "ids": len(ids),
        "million_per_cpu_s": len(ids) / ours / 1e6,
        "times_cost_of_set": ours / plain,
        "bytes_kept": len(sketch.to_bytes()),
        "error_of_best": abs(found.best - len(ids)) / len(ids),
        "width_of_bound": (found.high - found.low) / len(ids),
    }


def run(scale: str) -> dict[str, Any]:
    """Rates in CPU seconds of one process, and ratios to the peer in the same run."""
    return {"decisions": decisions(scale), "heads": heads(scale)}
