"""Judges, conflicts of interest, assignments and score sheets."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.models.editions import Edition, Round
from dataferry.server.challenge.models.entries import Entry
from dataferry.server.challenge.models.teams import Team
from dataferry.server.challenge.states import SheetState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.people import City

PERSON = settings.AUTH_USER_MODEL


class Judge(models.Model):
    """A person on the panel of a city. Only a confirmed identity may be assigned: conflicts are found by person."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="judges")
    user = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="challenge_judges")
    city = models.CharField(max_length=20, choices=City)
    languages = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    rounds = models.ManyToManyField(Round, related_name="judges", blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    appointed_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    declared_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    dropped_because = models.TextField(blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "city", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "user"], name="once_a_judge_of_an_edition")
        ]

    def __str__(self) -> str:
        return f"judge {self.pk}"


class Conflict(models.Model):
    """Why a judge may not score a team: declared by somebody, or derived from what the house knows."""

    SOURCES: ClassVar[list[tuple[str, str]]] = [
        ("self", "self"),
        ("team", "team"),
        ("organisation", "organisation"),
        ("family", "family"),
        ("mentor", "mentor"),
        ("membership", "membership"),
        ("organiser", "organiser"),
    ]
    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="conflicts")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="conflicts")
    source = models.CharField(max_length=20, choices=SOURCES)
    reason = models.TextField(blank=True, default="")
    declared_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["judge", "team", "source"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["judge", "team", "source"],
                condition=models.Q(withdrawn_at=None),
                name="one_standing_conflict_per_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.judge_id}/{self.team_id} {self.source}"


class Relation(models.Model):
    """What a judge or a team says of a relation to somebody: a relative, an employer, a client.

    `other` is an e-mail address or the name of an organisation or team. The house compares it with the confirmed people
    of the other side and tells neither what it found: judges do not see teams, teams do not see judges.
    """

    KINDS: ClassVar[list[tuple[str, str]]] = [("family", "family"), ("employer", "employer"), ("other", "other")]
    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="relations")
    judge = models.ForeignKey(Judge, null=True, blank=True, on_delete=models.CASCADE, related_name="relations")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="relations")
    kind = models.CharField(max_length=20, choices=KINDS)
    other = models.CharField(max_length=300)
    other_folded = models.CharField(max_length=600)
    declared_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    declared_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(judge=None, team__isnull=False) | models.Q(judge__isnull=False, team=None),
                name="relation_of_a_judge_or_a_team",
            )
        ]

    def __str__(self) -> str:
        return f"relation {self.pk}"


class Anchor(models.Model):
    """An entry that every judge of the round without a conflict scores, so that panels can be compared."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="anchors")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["round", "entry"], name="once_an_anchor")
        ]

    def __str__(self) -> str:
        return f"{self.round_id}/{self.entry_id}"


class ScoreSheet(models.Model):
    """A judge's sheet for one entry in one round: the assignment and the score are one thing with one life.

    `scores` is the judge's working copy ({criterion: decimal as text}); what counts is the newest `SheetRevision`.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="sheets")
    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="sheets")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="sheets")
    calibration = models.BooleanField(default=False)
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=SheetState, default=SheetState.ASSIGNED)
    scores = models.JSONField(default=dict)
    comment_team = models.TextField(blank=True, default="")
    comment_panel = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    assigned_at = models.DateTimeField()
    saved_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    recused_because = models.TextField(blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["judge", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["round", "judge", "entry", "calibration"],
                condition=~models.Q(state=SheetState.WITHDRAWN),
                name="one_sheet_per_judge_and_entry",
            )
        ]

    def __str__(self) -> str:
        return f"sheet {self.pk}"


class SheetRevision(FinalRow):
    """A signed sheet, as it was signed. The journal holds the same scores and the digest."""

    sheet = models.ForeignKey(ScoreSheet, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    scores = models.JSONField()
    comment_team = models.TextField(blank=True, default="")
    comment_panel = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=80)
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["sheet", "number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["sheet", "number"], name="one_sheet_revision_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} r{self.number}"


class Reopening(models.Model):
    """A locked sheet is opened again by two officials with a reason: the first proposes, the second confirms."""

    sheet = models.ForeignKey(ScoreSheet, on_delete=models.CASCADE, related_name="reopenings")
    reason = models.TextField()
    proposed_by = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="+")
    proposed_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-proposed_at", "-pk"]

    def __str__(self) -> str:
        return f"reopening {self.pk}"


class AnonymityReport(models.Model):
    """A judge says that an entry of an anonymous phase shows who made it."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="anonymity_reports")
    judge = models.ForeignKey(Judge, on_delete=models.CASCADE, related_name="+")
    reason = models.TextField()
    reported_at = models.DateTimeField()
    upheld = models.BooleanField(null=True, blank=True)
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entry", "judge"], name="one_anonymity_report_per_judge")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.judge_id}"


class Ballot(FinalRow):
    """A judge's choice between two tied entries in the pairwise round."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="ballots")
    judge = models.ForeignKey(Judge, on_delete=models.PROTECT, related_name="ballots")
    better = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    worse = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+")
    cast_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.better_id} > {self.worse_id}"
