"""Results and what follows from them: awards, appeals, nominations, certificates."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.models.editions import Edition, Round
from dataferry.server.challenge.models.entries import Entry
from dataferry.server.challenge.states import AppealState, NominationState, ResultState

PERSON = settings.AUTH_USER_MODEL


class Result(models.Model):
    """One revision of the result of a round. `document` is its canonical JSON text: inputs, method, ranking.

    Only `state` and its instants change afterwards; a correction is revision n + 1, the old one stays readable.
    """

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="results")
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=20, choices=ResultState, default=ResultState.COMPUTED)
    document = models.TextField()
    digest = models.CharField(max_length=80)
    inputs_digest = models.CharField(max_length=80)
    seal = models.JSONField(default=dict)
    reason = models.TextField(blank=True, default="")
    computed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    computed_at = models.DateTimeField()
    provisional_at = models.DateTimeField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["round", "-revision"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["round", "revision"], name="one_result_per_revision")
        ]

    def __str__(self) -> str:
        return f"{self.round_id} r{self.revision}"


class Deliberation(models.Model):
    """What people decided where the rules leave it to them: the chair's word on a tie, a special award, a vacancy."""

    result_round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="deliberations")
    kind = models.CharField(max_length=20, choices=[("tie", "tie"), ("award", "award")])
    entries = models.JSONField(default=list)
    award = models.CharField(max_length=60, blank=True, default="")
    reason = models.TextField()
    signed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["signed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Award(models.Model):
    """An award of the edition in one revision of the result. Without an entry it is vacant."""

    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="awards")
    code = models.SlugField(max_length=60)
    kind = models.CharField(max_length=20)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.PROTECT, related_name="awards")
    place = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar[list[str]] = ["result", "code", "place"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["result", "code", "place"], name="one_award_per_place")
        ]

    def __str__(self) -> str:
        return self.code


class Slot(models.Model):
    """The final's running order: when an entry presents, and how its timer stands."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="slots")
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    starts_at = models.DateTimeField(null=True, blank=True)
    present_seconds = models.PositiveIntegerField(default=480)
    question_seconds = models.PositiveIntegerField(default=300)
    began_at = models.DateTimeField(null=True, blank=True)
    questions_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["round", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["round", "entry"], name="one_slot_per_entry")
        ]

    def __str__(self) -> str:
        return f"{self.position}"


class Appeal(models.Model):
    """A team appeals against a provisional result: procedure, eligibility or arithmetic, not taste."""

    GROUNDS: ClassVar[list[tuple[str, str]]] = [
        ("procedure", "procedure"),
        ("eligibility", "eligibility"),
        ("arithmetic", "arithmetic"),
    ]
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="appeals")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="appeals")
    grounds = models.CharField(max_length=20, choices=GROUNDS)
    statement = models.TextField()
    state = models.CharField(max_length=20, choices=AppealState, default=AppealState.FILED)
    filed_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    filed_at = models.DateTimeField()
    decision = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-filed_at", "-pk"]

    def __str__(self) -> str:
        return f"appeal {self.pk}"

    @property
    def city(self) -> str:
        return self.entry.city


class Nomination(models.Model):
    """An entry proposed to a track of the national contest."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="nominations")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="nomination")
    track = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=20, choices=NominationState, default=NominationState.SELECTED)
    package = models.CharField(max_length=200, blank=True, default="")
    package_digest = models.CharField(max_length=80, blank=True, default="")
    selected_at = models.DateTimeField()
    consented_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "pk"]

    def __str__(self) -> str:
        return f"nomination {self.pk}"

    @property
    def city(self) -> str:
        return self.entry.city


class Certificate(models.Model):
    """A certificate that was given out. Its words are made again from `credential`, to the same bytes."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="certificates")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="certificates")
    award = models.ForeignKey(Award, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    serial = models.CharField(max_length=60, unique=True)
    status_index = models.PositiveIntegerField()
    credential = models.JSONField()
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["edition", "serial"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["edition", "status_index"], name="one_certificate_per_status")
        ]

    def __str__(self) -> str:
        return self.serial
