"""Editions and what their YAML becomes as rows: divisions, phases and rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.states import EditionState, RoundState
from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.people import City

if TYPE_CHECKING:
    from dataferry.server.challenge.edition_file import EditionFile


class Edition(models.Model):
    """One year of the challenge. `document` is the newest version of its file, as JSON; `digest` names it.

    An edition belongs to both cities: acts on the whole of it need an organiser of both (`city` is empty).
    """

    city = ""

    slug = models.SlugField(max_length=60, unique=True)
    state = models.CharField(max_length=20, choices=EditionState, default=EditionState.DRAFTED)
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    synthetic = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.slug

    @property
    def file(self) -> EditionFile:
        """The edition's file, read."""
        from dataferry.server.challenge.edition_file import EditionFile

        return EditionFile.model_validate(self.document)

    @property
    def is_public(self) -> bool:
        return self.state != EditionState.DRAFTED and not self.synthetic

    @property
    def is_locked(self) -> bool:
        """Rubrics, methods, tie-breaks and quotas are locked: they change by public amendment only."""
        return self.state != EditionState.DRAFTED


class EditionVersion(FinalRow):
    """One version of an edition's file. From version 2 of an announced edition on, a signed public amendment."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.TextField()
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    amendment = models.BooleanField(default=False)
    reason = models.TextField(blank=True, default="")
    changes = models.JSONField(default=list)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "number"], name="one_edition_version_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.edition_id} v{self.number}"


class Acceptance(models.Model):
    """An organiser takes responsibility for a value of the file that nobody has verified."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="acceptances")
    path = models.CharField(max_length=200)
    value_digest = models.CharField(max_length=80)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    accepted_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["path", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "path", "value_digest"], name="one_acceptance_per_value")
        ]

    def __str__(self) -> str:
        return self.path


class Division(models.Model):
    """A city's own contest inside an edition, with its quota of finalists and its time zone."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="divisions")
    code = models.SlugField(max_length=40)
    city = models.CharField(max_length=20, choices=City)
    quota = models.PositiveIntegerField(null=True, blank=True)
    time_zone = models.CharField(max_length=60)

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "code"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "code"], name="one_division_per_code")
        ]

    def __str__(self) -> str:
        return self.code


class Phase(models.Model):
    """A span of an edition's calendar, of one division or (without one) of all. It opens at `opens_at` exactly and
    is over at `closes_at` exactly: that instant itself is late."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="phases")
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.CASCADE, related_name="phases")
    kind = models.CharField(max_length=30)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["opens_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(closes_at__gt=models.F("opens_at")), name="phase_has_length")
        ]

    def __str__(self) -> str:
        return self.kind


class Round(models.Model):
    """One round of judging: screening of one division, or the joint final (`division` empty).

    `rules` is what the round was opened with (rubric, method, tie-breaks, quota), copied then and never changed.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="rounds")
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.CASCADE, related_name="rounds")
    code = models.SlugField(max_length=60)
    stage = models.CharField(max_length=20, choices=[("screening", "screening"), ("final", "final")])
    state = models.CharField(max_length=20, choices=RoundState, default=RoundState.PLANNED)
    rules = models.JSONField(default=dict)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "code"], name="one_round_per_code")
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def city(self) -> str:
        """The city whose organiser runs the round; empty for the joint final, which needs both."""
        return self.division.city if self.division else ""
