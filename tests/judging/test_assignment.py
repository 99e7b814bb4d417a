"""Assignment: never a conflict, every demand met, or a way out that really is one; the same plan in any order."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataferry.judging import Assessor, Demand, Item, Plan, Problem, assign, reassign, relaxations_of
from dataferry.messages import LANGUAGES, Finding, InputError, RefusedError

PANELS = ("HK", "SH")
TOPICS = ("air", "transport", "health")


@st.composite
def problems(draw: st.DrawFn, most_entries: int = 8, most_judges: int = 6) -> Problem:
    """Small problems of every kind, most of them with something that hurts."""
    languages = st.sampled_from(["", "en", "zh-Hans", "en+zh-Hans"])
    entries = [
        Item(f"E{number}", draw(st.sampled_from(PANELS)), draw(languages), draw(st.sampled_from(TOPICS)))
        for number in range(draw(st.integers(1, most_entries)))
    ]
    reads = st.sampled_from([frozenset(), frozenset({"en"}), frozenset({"zh"}), frozenset({"en", "zh-Hans"})])
    judges = [
        Assessor(
            f"J{number}",
            draw(st.sampled_from(PANELS)),
            draw(reads),
            draw(st.frozensets(st.sampled_from(TOPICS))),
            draw(st.one_of(st.none(), st.integers(0, 8))),
        )
        for number in range(draw(st.integers(1, most_judges)))
    ]
    pairs = st.tuples(st.sampled_from([one.id for one in judges]), st.sampled_from([item.id for item in entries]))
    per_entry = draw(st.integers(1, 3))
    return Problem(
        entries,
        judges,
        per_entry=per_entry,
        conflicts=draw(st.frozensets(pairs, max_size=6)),
        per_panel_minimum=draw(st.sampled_from([{}, {"HK": 1}] + [{"HK": 1, "SH": 1}] * (per_entry > 1))),
        anchors=draw(st.frozensets(st.sampled_from([item.id for item in entries]), max_size=2)),
        load_tolerance=draw(st.integers(0, 2)),
        locked=draw(st.frozensets(pairs, max_size=2)),
        closed=draw(st.frozensets(st.sampled_from([one.id for one in judges]), max_size=1)),
        reserved=draw(st.sampled_from([{}, {}, {"HK": {"HK"}, "SH": {"SH"}}, {"HK": {"HK"}}])),
        linked=draw(st.booleans()),
    )


def may_meet(problem: Problem, judge: Assessor, item: Item) -> bool:
    """The definition, word by word."""
    pair = (judge.id, item.id)
    if pair in problem.conflicts:
        return False
    if pair in problem.locked:
        return True
    if judge.id in problem.closed or not judge.reads(item.language):
        return False
    is_open = item.division not in problem.reserved or judge.panel in problem.reserved[item.division]
    return item.id in problem.anchors or is_open


def faults(problem: Problem, plan: Plan) -> list[str]:
    """Every demand that the plan breaks and that no relaxation has taken back."""
    agreed = {one.about: one for one in problem.relaxations}
    judges = {one.id: one for one in problem.judges}
    items = {item.id: item for item in problem.entries}
    found = [f"{j} {e} may not meet" for j, e in plan.pairs if not may_meet(problem, judges[j], items[e])]
    locked = {(j, e) for j, e in problem.locked if j in judges and (j, e) not in problem.conflicts}
    found += [f"{pair} was scored" for pair in sorted(locked - set(plan.pairs))]
    for item in problem.entries:
        mine = plan.judges_of(item.id)
        about = agreed.get((Demand.SCORES, item.id, "", ""))
        wanted = max(about.accepted if about else problem.per_entry, sum(entry == item.id for _, entry in locked))
        if item.id in problem.anchors:
            skipped = {one.judge for one in problem.relaxations if (one.demand, one.entry) == (Demand.ANCHOR, item.id)}
            everybody = {one.id for one in problem.judges if may_meet(problem, one, item)}
            found += [f"anchor {item.id} not scored by {judge}" for judge in sorted(everybody - skipped - set(mine))]
            found += [f"anchor {item.id} has {len(mine)} of {wanted}"] * (len(mine) < wanted)
        elif len(mine) != wanted:
            found.append(f"{item.id} has {len(mine)} of {wanted}")
        for panel, minimum in problem.per_panel_minimum.items():
            relaxed = agreed.get((Demand.PANEL, item.id, "", panel))
            least = relaxed.accepted if relaxed else minimum
            is_open = item.id in problem.anchors or problem.allows(panel, item.division)
            if is_open and sum(judges[judge].panel == panel for judge in mine) < least:
                found.append(f"{item.id} lacks {panel}")
    return found + load_faults(problem, plan)


def load_faults(problem: Problem, plan: Plan) -> list[str]:
    """Loads that no level explains: all of a circle lie between it and it plus the tolerance, or where a judge can take
    fewer, within the tolerance of that."""
    agreed = {one.judge for one in problem.relaxations if one.demand in (Demand.LOAD, Demand.CAPACITY)}
    scored = Counter(judge for judge, entry in problem.locked if (judge, entry) in plan.pairs)
    found, rows = [], {panel: [] for panel in PANELS}
    for judge in problem.judges:
        load = plan.loads[judge.id]
        room = sum(may_meet(problem, judge, item) for item in problem.entries)
        most = room if judge.capacity is None else min(room, judge.capacity)
        if judge.id in problem.closed:
            found += [f"{judge.id} is closed"] * (load != scored[judge.id])
        elif judge.id not in agreed:
            rows[judge.panel].append((load, most, scored[judge.id]))
    are_joined = any(all(problem.allows(panel, item.division) for panel in PANELS) for item in problem.entries)
    circles = [rows["HK"] + rows["SH"]] if are_joined else list(rows.values())
    return found + [f"loads {circle}" for circle in circles if not has_level(circle, problem.load_tolerance)]


def has_level(circle: list[tuple[int, int, int]], tolerance: int) -> bool:
    def fits(load: int, most: int, scored: int, level: int) -> bool:
        is_enough = load >= level if most >= level else load >= most - tolerance
        return is_enough and load <= max(scored, min(most, level + tolerance))

    return any(all(fits(*row, level) for row in circle) for level in range(20))


def pieces(plan: Plan) -> int:
    """Pieces of the judge-entry graph, by merging."""
    group: dict[tuple[str, str], int] = {}
    for number, (judge, entry) in enumerate(plan.pairs):
        old = {group.get(("j", judge), number), group.get(("e", entry), number)}
        group |= {("j", judge): number, ("e", entry): number}
        group = {node: number if which in old else which for node, which in group.items()}
    return len(set(group.values()))


def check(problem: Problem, plan: Plan) -> None:
    assert faults(problem, plan) == []
    assert list(plan.pairs) == sorted(set(plan.pairs), key=lambda pair: (pair[1], pair[0]))
    assert dict(plan.loads) == {one.id: sum(j == one.id for j, _ in plan.pairs) for one in problem.judges}
    is_linked = problem.linked and all(one.demand != Demand.LINKED for one in problem.relaxations)
    if is_linked and (not problem.reserved or problem.anchors):
        assert pieces(plan) <= 1


def solved(problem: Problem) -> tuple[Problem, Plan, RefusedError | None]:
    """A plan for the problem, or for the problem with what its refusal proposes."""
    try:
        return problem, assign(problem), None
    except RefusedError as error:
        relaxed = problem.relaxed(relaxations_of(error))
        return relaxed, assign(relaxed), error


@settings(max_examples=60)
@given(problems())
def test_a_plan_meets_every_demand_or_the_way_out_is_one(problem: Problem) -> None:
    relaxed, plan, error = solved(problem)
    check(relaxed, plan)
    if error is not None:
        findings = [Finding.from_json(one) for one in error.data["findings"]]
        assert error.code == "judging.infeasible"
        assert len(findings) == error.data["count"] > 0
        assert not [text for one in findings for language in LANGUAGES if "?" in (text := one.text(language))]


@settings(max_examples=40)
@given(problems(most_entries=3, most_judges=3))
def test_what_is_called_impossible_is_impossible(problem: Problem) -> None:
    """Against every subset of the pairs that may meet."""
    problem = replace(problem, reserved={})
    if solved(problem)[2] is None:
        return
    pairs = [(j.id, e.id) for e in problem.entries for j in problem.judges if may_meet(problem, j, e)]
    for chosen in chain.from_iterable(combinations(pairs, size) for size in range(len(pairs) + 1)):
        loads = {one.id: sum(judge == one.id for judge, _ in chosen) for one in problem.judges}
        plan = Plan(chosen, loads)
        assert faults(problem, plan) or (problem.linked and pieces(plan) > 1), chosen


@settings(max_examples=40)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(problem: Problem, shuffle: random.Random) -> None:
    entries, judges = list(problem.entries), list(problem.judges)
    shuffle.shuffle(entries)
    shuffle.shuffle(judges)

    def outcome(case: Problem) -> object:
        try:
            return assign(case).document()
        except RefusedError as error:
            return error.to_json()

    assert outcome(replace(problem, entries=entries, judges=judges)) == outcome(problem)


def small(**changes: object) -> Problem:
    """Twelve entries of two cities, six judges, three scores each."""
    entries = [Item(f"{city}-{number:03}", city, topic=TOPICS[number % 3]) for city in PANELS for number in range(6)]
    judges = [
        Assessor(f"{city}-judge-{number}", city, topics=frozenset(TOPICS[:number]))
        for city in PANELS
        for number in range(3)
    ]
    return replace(Problem(entries, judges), **changes)


def test_expertise_is_used() -> None:
    blind = small(judges=[replace(one, topics=frozenset()) for one in small().judges])
    topics = {one.id: one.topics for one in small().judges}
    by_chance = sum(item.topic in topics[judge] for item in blind.entries for judge in assign(blind).judges_of(item.id))
    assert assign(small()).experts > by_chance


def test_a_late_judge_and_a_drop_out_change_as_little_as_can_be() -> None:
    plan = assign(small())
    scored = [(judge, entry) for judge, entry in plan.pairs if judge == "HK-judge-0"][:2]
    late = small(judges=[*small().judges, Assessor("SH-judge-9", "SH")])
    joined = reassign(late, plan, scored=scored)
    # 36 scores of seven judges: five each, and one more for one of them.
    assert joined.loads["SH-judge-9"] == len(joined.added) == len(joined.dropped) == 5
    assert set(scored) <= set(joined.pairs)
    left = reassign(small(), plan, scored=scored, gone=["HK-judge-0"])
    assert left.entries_of("HK-judge-0") == tuple(sorted(entry for _, entry in scored))
    assert {judge for judge, _ in left.dropped} == {"HK-judge-0"}
    assert len(left.dropped) == plan.loads["HK-judge-0"] - 2


def test_a_conflict_found_after_scoring_ends_the_pair_and_is_told() -> None:
    plan = assign(small())
    pair = plan.pairs[0]
    again = reassign(small(conflicts={pair}), plan, scored=[pair])
    assert pair not in again.pairs
    assert Finding("judging.scored_in_conflict", "attention", {"judge": pair[0], "entry": pair[1]}) in again.findings


def test_a_city_that_is_short_of_judges_for_one_entry_is_named() -> None:
    conflicts = {("HK-judge-0", "HK-003"), ("HK-judge-1", "HK-003")}
    problem = small(per_entry=4, per_panel_minimum={"HK": 2, "SH": 2}, conflicts=conflicts)
    with pytest.raises(RefusedError) as caught:
        assign(problem)
    texts = [Finding.from_json(one).text("en") for one in caught.value.data["findings"]]
    short = (
        "Entry HK-003 has 1 judges of panel HK who may score it (2 in conflict, 0 who do not read it); 2 are demanded"
    )
    assert [text for text in texts if text.startswith(short)]
    assert len(assign(problem.relaxed(relaxations_of(caught.value))).judges_of("HK-003")) == 4


def test_in_a_final_everybody_scores_everything_but_conflicts() -> None:
    conflicts = {("HK-judge-0", "HK-003"), ("SH-judge-2", "SH-001")}
    problem = small(anchors={item.id for item in small().entries}, conflicts=conflicts)
    assert len(assign(problem).pairs) == 12 * 6 - 2


def test_panels_that_share_nothing_are_linked_by_anchors() -> None:
    apart = {"HK": {"HK"}, "SH": {"SH"}}
    assert pieces(assign(small(reserved=apart))) == 2
    linked = assign(small(reserved=apart, anchors={"HK-000", "SH-000"}))
    assert pieces(linked) == 1
    assert len(linked.judges_of("HK-000")) == 6


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (Problem([], []), "judging.nothing_to_assign"),
        (Problem([Item("A"), Item("A")], [Assessor("J")]), "judging.id_twice"),
        (Problem([Item("A")], [Assessor("J")], anchors={"B"}), "judging.unknown_anchor"),
        (Problem([Item("A")], [Assessor("J")], per_entry=0), "judging.negative_demand"),
        (Problem([Item("A")], [Assessor("J", "HK")], 1, per_panel_minimum={"HK": 2}), "judging.minimum_over_scores"),
    ],
)
def test_what_is_no_problem_is_refused(problem: Problem, code: str) -> None:
    with pytest.raises(InputError) as caught:
        assign(problem)
    assert caught.value.code == code
