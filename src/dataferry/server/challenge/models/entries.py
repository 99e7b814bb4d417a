"""Entries, their files, what was submitted, and the data they use."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.models.editions import Division, Edition
from dataferry.server.challenge.models.teams import Team
from dataferry.server.challenge.states import EntryState
from dataferry.server.journal.final_rows import FinalRow

PERSON = settings.AUTH_USER_MODEL


class Entry(models.Model):
    """What a team enters. `code` is all that a judge of an anonymous phase knows it by; it says nothing of the team.

    `draft` is what the team is writing: title and summary per language; `revision` grows with every save.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="entries")
    team = models.OneToOneField(Team, on_delete=models.CASCADE, related_name="entry")
    division = models.ForeignKey(Division, on_delete=models.PROTECT, related_name="entries")
    code = models.CharField(max_length=20)
    subcategory = models.SlugField(max_length=60)
    state = models.CharField(max_length=20, choices=EntryState, default=EntryState.DRAFT)
    state_reason = models.TextField(blank=True, default="")
    title = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    language = models.CharField(max_length=20, blank=True, default="")
    release = models.ForeignKey("workshop.Release", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    started_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "code"], name="one_entry_per_code")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def city(self) -> str:
        return self.division.city


class Artefact(models.Model):
    """A file of an entry in a role of the edition (deck, video, ...). `place` is below the challenge's own folder.

    `facts` and `findings` are what the inspection said; `inspected` is empty until it has.
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="artefacts")
    role = models.SlugField(max_length=40)
    language = models.CharField(max_length=40, blank=True, default="")
    file_name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100, blank=True, default="")
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    place = models.CharField(max_length=200)
    job_id = models.BigIntegerField(null=True, blank=True)
    inspected_at = models.DateTimeField(null=True, blank=True)
    facts = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    leaks = models.JSONField(default=list)
    received_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["entry", "role", "pk"]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.role}"


class Submission(FinalRow):
    """One version of an entry as it was handed in: its texts, files and data use, with the second it arrived."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="submissions")
    number = models.PositiveIntegerField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    submitted_by = models.ForeignKey(
        PERSON, null=True, blank=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    submitted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["entry", "number"], name="one_submission_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.number}"


class DataUse(models.Model):
    """A dataset that an entry uses, and for what. `verified` is what the catalogue said of it: city, licence,
    freshness, findings."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="data_uses")
    dataset = models.ForeignKey("catalogue.Dataset", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(
        "catalogue.Snapshot", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    release = models.ForeignKey("workshop.Release", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outside = models.JSONField(default=dict)
    purpose = models.TextField(blank=True, default="")
    verified = models.JSONField(default=dict)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["entry", "pk"]

    def __str__(self) -> str:
        return f"{self.entry_id}/{self.pk}"


class DataGrant(models.Model):
    """Conditional-open data that a team may use for one phase, taken back after it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="grants")
    dataset = models.ForeignKey("catalogue.Dataset", on_delete=models.CASCADE, related_name="challenge_grants")
    phase = models.CharField(max_length=30)
    granted_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField()
    until = models.DateTimeField()
    taken_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-granted_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "dataset", "phase"],
                condition=models.Q(taken_back_at=None),
                name="one_open_grant_per_phase",
            )
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.dataset_id}"
