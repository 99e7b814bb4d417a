"""Anonymity reports and pairwise ballots: what was said, and what may still be said."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.db.models import Count, QuerySet

from dataferry.server.challenge.models import AnonymityReport, Edition, Entry, Judge, Result, Round
from dataferry.server.challenge.queries import sheets
from dataferry.server.challenge.states import ResultState

Pair = frozenset[str]


def reports_of(entry: Entry) -> QuerySet[AnonymityReport]:
    """Every judge's report on an entry."""
    return AnonymityReport.objects.filter(entry=entry).order_by("pk")


def threshold(round_: Round) -> int:
    """More judges than this must report an entry; 0 where the edition does not say, so that one is enough."""
    stated = sheets.standing_rules(round_)["leak_more_than"]
    return 0 if stated is None else int(stated)


def threshold_of(entry: Entry) -> int:
    stated = entry.edition.file.anonymity.leak_more_than
    return 0 if stated is None else int(stated)


def reported_entries(edition: Edition) -> list[dict[str, Any]]:
    """Entries with open reports, those with most first: how many judges, and whether that passes the threshold."""
    open_ones = AnonymityReport.objects.filter(entry__edition=edition, decided_at=None)
    counted = open_ones.values("entry").annotate(judges=Count("judge")).order_by("-judges", "entry")
    entries = Entry.objects.in_bulk([each["entry"] for each in counted])
    stated = edition.file.anonymity.leak_more_than or 0
    reasons = {key: list(group) for key, group in itertools.groupby(open_ones.order_by("entry"), lambda r: r.entry_id)}
    return [
        {
            "entry": entries[each["entry"]],
            "judges": each["judges"],
            "passed": each["judges"] > stated,
            "reasons": [report.reason for report in reasons[each["entry"]]],
        }
        for each in counted
    ]


def open_pairs(round_: Round) -> set[Pair]:
    """Pairs of entries that the newest result leaves tied, while the rules ask for a pairwise round."""
    rules = round_.rules
    if not rules or "pairwise" not in rules.get("ties", ()):
        return set()
    newest = Result.objects.filter(round=round_).order_by("-revision").first()
    if newest is None or newest.state != ResultState.COMPUTED:
        return set()
    ties = json.loads(newest.document)["outcome"].get("unresolved", ())
    return {frozenset(pair) for tie in ties for pair in itertools.combinations(tie, 2)}


def ballots_of(round_: Round, judge: Judge) -> set[Pair]:
    """The pairs that a judge has voted on."""
    cast = round_.ballots.filter(judge=judge).values_list("better__code", "worse__code")
    return {frozenset(pair) for pair in cast}
