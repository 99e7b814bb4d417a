"""What the organisers of an edition look at first: what needs a person today, and the figures of every phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q

from dataferry.server import journal, people
from dataferry.server.challenge import clock
from dataferry.server.challenge.models import (
    Appeal,
    Artefact,
    Division,
    Edition,
    EligibilityCheck,
    Entry,
    Judge,
    Nomination,
    Phase,
    Result,
    Round,
    ScoreSheet,
    Team,
)
from dataferry.server.challenge.queries import judges as judge_queries
from dataferry.server.challenge.queries import panels as panel_queries
from dataferry.server.challenge.states import (
    AppealState,
    CheckState,
    EntryState,
    NominationState,
    ResultState,
    RoundState,
)

SOON = timedelta(days=2)
ROOM = "challenge"


@dataclass(frozen=True)
class Task:
    """Something that a person has to do: what, how many, where, and how pressing (blocked, attention, unknown)."""

    code: str
    count: int
    state: str
    place: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DivisionFigures:
    """One division in numbers."""

    division: Division
    teams: int
    entries: dict[str, int]
    checks: dict[str, int]
    complete: int


def divisions_for(user: Any, edition: Edition) -> list[Division]:
    """The divisions that this person looks after."""
    return [each for each in edition.divisions.all() if people.can(user, "challenge.organise", each)]


def figures_of(division: Division) -> DivisionFigures:
    """The numbers of one division."""
    teams = Team.objects.filter(division=division, withdrawn_at=None)
    entries = Counter(Entry.objects.filter(division=division).values_list("state", flat=True))
    checks = Counter(
        EligibilityCheck.objects.filter(team__in=teams, member__left_at=None).values_list("state", flat=True)
    )
    handed_in = Entry.objects.filter(division=division).annotate(versions=Count("submissions")).filter(versions__gt=0)
    return DivisionFigures(division, teams.count(), dict(entries), dict(checks), handed_in.count())


def tasks_of(edition: Edition, divisions: list[Division]) -> list[Task]:
    """What needs a person, the most pressing first."""
    found = [
        *_eligibility(divisions),
        *_entries(divisions),
        *_judges(edition),
        *_rounds(edition),
        *_after(edition, divisions),
    ]
    order = ("blocked", "attention", "unknown", "clear")
    return sorted((task for task in found if task.count), key=lambda task: (order.index(task.state), task.code))


def _eligibility(divisions: list[Division]) -> list[Task]:
    waiting = (CheckState.DECLARED, CheckState.DOCUMENTED)
    tasks = []
    for division in divisions:
        checks = EligibilityCheck.objects.filter(team__division=division, team__withdrawn_at=None, member__left_at=None)
        tasks.append(Task("checks_to_decide", checks.filter(state__in=waiting).count(), "attention", division.code))
    return tasks


def _entries(divisions: list[Division]) -> list[Task]:
    tasks = []
    for division in divisions:
        rows = Entry.objects.filter(division=division)
        undecided = rows.filter(state__in=(EntryState.LOCKED, EntryState.QUERIED)).count()
        tasks.append(Task("entries_to_decide", undecided, "attention", division.code))
        closed = Phase.objects.filter(edition=division.edition, kind="submission", closes_at__lte=clock.now())
        closed = closed.filter(Q(division=division) | Q(division=None))
        if closed.exists():
            unlocked = rows.filter(state=EntryState.SUBMITTED).count()
            tasks.append(Task("entries_to_lock", unlocked, "attention", division.code))
        uninspected = Artefact.objects.filter(entry__division=division, removed_at=None, inspected_at=None).count()
        tasks.append(Task("files_waiting", uninspected, "unknown", division.code))
    return tasks


def _judges(edition: Edition) -> list[Task]:
    panel = Judge.objects.filter(edition=edition, dropped_at=None)
    return [
        Task("judges_unconfirmed", panel.filter(confirmed_at=None).count(), "attention"),
        Task("judges_undeclared", panel.exclude(confirmed_at=None).filter(declared_at=None).count(), "attention"),
        Task("sheets_in_conflict", len(judge_queries.flagged(edition)), "blocked"),
        Task("entries_reported", len(panel_queries.reported_entries(edition)), "attention"),
    ]


def _rounds(edition: Edition) -> list[Task]:
    tasks = []
    for round_ in Round.objects.filter(edition=edition):
        unsigned = ScoreSheet.objects.filter(round=round_, calibration=False, state__in=judge_queries.TO_SIGN)
        if round_.state == RoundState.OPEN and unsigned.exists():
            late = _is_due(edition, round_)
            judges = unsigned.values("judge").distinct().count()
            tasks.append(
                Task(
                    "judges_overdue",
                    judges,
                    "blocked" if late else "attention",
                    round_.code,
                    {"sheets": unsigned.count()},
                )
            )
        newest = Result.objects.filter(round=round_).order_by("-revision").first()
        if round_.state == RoundState.CLOSED and newest is None:
            tasks.append(Task("result_to_compute", 1, "attention", round_.code))
        elif newest is not None and newest.state == ResultState.COMPUTED:
            tasks.append(Task("result_to_publish", 1, "attention", round_.code))
    return tasks


def _is_due(edition: Edition, round_: Round) -> bool:
    """Whether the phase of the round ends soon, or has ended."""
    kind = "screening" if round_.stage == "screening" else "final"
    phases = Phase.objects.filter(edition=edition, kind=kind).filter(Q(division=round_.division) | Q(division=None))
    last = phases.aggregate(at=Max("closes_at"))["at"]
    return last is not None and last - clock.now() < SOON


def _after(edition: Edition, divisions: list[Division]) -> list[Task]:
    appeals = Appeal.objects.filter(
        entry__division__in=divisions, state__in=(AppealState.FILED, AppealState.ADMITTED)
    ).count()
    returned = Nomination.objects.filter(edition=edition, state=NominationState.RETURNED).count()
    return [
        Task("appeals_to_decide", appeals, "blocked"),
        Task("nominations_returned", returned, "attention"),
    ]


def audit(edition: Edition, since: datetime, until: datetime) -> list[Any]:
    """The journal's events of an edition between two instants, oldest first."""
    span = journal.Event.objects.filter(instant__gte=_instant(since), instant__lt=_instant(until))
    rows = span.filter(act__startswith=f"{ROOM}.").order_by("sequence")
    teams = set(Team.objects.filter(edition=edition).values_list("pk", flat=True))
    return [event for event in rows.iterator() if concerns(event, edition, teams)]


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def concerns(event: Any, edition: Edition, teams: Collection[int]) -> bool:
    """Whether an event is of this edition: by its object, or by what it says."""
    kind, _, name = event.object.partition(":")
    if kind in ("entry", "round", "result", "edition", "division", "listing_draft"):
        return name.partition("/")[0] == edition.slug
    if event.payload.get("edition") == edition.slug:
        return True
    return kind == "team" and name.isdecimal() and int(name) in teams
