"""What the assignment of a round is asked, from the round's rules and rows. The solving is `dataferry.judging`."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from dataferry import judging
from dataferry.server.challenge.models import Entry, Judge, Round, ScoreSheet
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import sheets
from dataferry.server.challenge.states import RoundState, SheetState

SCORED = (SheetState.SAVED, *judge_queries.SIGNED)
"""Pairs that stay whatever comes: somebody has put work into them."""
UNTOUCHED = (SheetState.ASSIGNED, SheetState.OPENED)


def problem_of(round_: Round, relaxations: Sequence[Mapping[str, Any]] = ()) -> judging.Problem:
    """The assignment of a round as a problem: what exists is kept where it can be, what is scored is locked.

    Judges of another city score the anchors of a screening round, and nothing else of it.
    """
    rules = sheets.standing_rules(round_)
    entries = list(sheets.entries_of(round_))
    panel = ready_judges(round_)
    gone = _gone_with_scores(round_, panel)
    existing = ScoreSheet.objects.filter(round=round_, calibration=False).exclude(state__in=sheets.OFF_THE_DESK)
    pairs = {state: set[tuple[str, str]]() for state in (*UNTOUCHED, *SCORED)}
    codes = {entry.pk: entry.code for entry in entries}
    for judge_id, entry_id, state in existing.values_list("judge_id", "entry_id", "state"):
        if entry_id in codes:
            pairs[SheetState(state)].add((str(judge_id), codes[entry_id]))
    barred = sheets.conflicting_pairs(round_)
    everything = rules["per_entry"] is None
    return judging.Problem(
        entries=[_item(entry) for entry in entries],
        judges=[_assessor(judge) for judge in (*panel, *gone)],
        per_entry=1 if everything else int(rules["per_entry"]),
        conflicts={(str(judge), codes[entry]) for judge, entry in barred if entry in codes},
        per_panel_minimum=sheets.least_per_city(round_, rules),
        anchors=set(codes.values()) if everything else anchors_of(round_),
        keep=set().union(*(pairs[state] for state in UNTOUCHED)),
        locked=set().union(*(pairs[state] for state in SCORED)),
        closed={str(judge.pk) for judge in gone},
        reserved=_reserved(round_),
        linked=len(panel) > 1,
        relaxations=frozenset(judging.Relaxation.from_json(each) for each in relaxations),
    )


def ready_judges(round_: Round) -> list[Judge]:
    """Judges who may be given entries: confirmed, and (once the round is open) with all their conflicts declared."""
    panel = judge_queries.panel_of(round_).select_related("user", "edition")
    planned = round_.state == RoundState.PLANNED
    return [judge for judge in panel if judge.confirmed_at and (judge.declared_at or planned)]


def _gone_with_scores(round_: Round, panel: Sequence[Judge]) -> list[Judge]:
    """Judges who left but whose scores count."""
    scored = ScoreSheet.objects.filter(round=round_, calibration=False, state__in=SCORED)
    return list(Judge.objects.filter(sheets__in=scored).exclude(pk__in=[judge.pk for judge in panel]).distinct())


def _item(entry: Entry) -> judging.Item:
    return judging.Item(entry.code, entry.division.code, entry.language, entry.subcategory)


def _assessor(judge: Judge) -> judging.Assessor:
    return judging.Assessor(str(judge.pk), judge.city, frozenset(judge.languages), _topics(judge), judge.capacity)


def _topics(judge: Judge) -> frozenset[str]:
    """The judge's sub-categories: a theme stands for all of its own."""
    themes = judge.edition.file.themes
    found = set(judge.topics)
    for code in judge.topics:
        if code in themes:
            found |= set(themes[code].subcategories)
    return frozenset(found)


def _reserved(round_: Round) -> dict[str, frozenset[str]]:
    """In a screening each division is judged by its own city; the final is everybody's."""
    if round_.stage != "screening":
        return {}
    divisions = [round_.division] if round_.division else list(round_.edition.divisions.all())
    return {division.code: frozenset({division.city}) for division in divisions}


def anchors_of(round_: Round) -> set[str]:
    """Codes of the anchors that the round still judges."""
    chosen = set(round_.anchors.values_list("entry__code", flat=True))
    return chosen & set(sheets.entries_of(round_).values_list("code", flat=True))


def proposed_anchors(round_: Round, per_division: int) -> list[Entry]:
    """Anchors spread over the topics of each division, as far from conflicts as possible. The same at every asking."""
    barred: dict[int, int] = defaultdict(int)
    for _judge, entry_id in sheets.conflicting_pairs(round_):
        barred[entry_id] += 1
    by_division: dict[str, list[Entry]] = defaultdict(list)
    for entry in sheets.entries_of(round_):
        by_division[entry.division.code].append(entry)
    chosen = []
    for code, entries in sorted(by_division.items()):
        mixed = sorted(entries, key=lambda entry: entry.code)
        # Not security: the same draw whoever asks, so that nobody chooses by asking again.
        random.Random(f"{round_.edition.slug}/{round_.code}/{code}").shuffle(mixed)  # noqa: S311
        mixed.sort(key=lambda entry: barred[entry.pk])
        chosen += _spread(mixed, per_division)
    return chosen


def _spread(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Entries in their order, one of each topic before a second of any."""
    waiting: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        waiting[entry.subcategory].append(entry)
    taken: list[Entry] = []
    while len(taken) < count and any(waiting.values()):
        for topic in list(waiting):
            if waiting[topic] and len(taken) < count:
                taken.append(waiting[topic].pop(0))
    return taken
