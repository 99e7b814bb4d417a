"""What the organisers' desk adds: mentors, training, mail to many, and what is offered to the exchange."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from dataferry.server.challenge.models.editions import Division, Edition
from dataferry.server.challenge.models.entries import Entry
from dataferry.server.challenge.models.teams import Team

PERSON = settings.AUTH_USER_MODEL


class Mentorship(models.Model):
    """A person who helps a team, until `until` where that is set. A mentor never scores it."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="mentorships")
    mentor = models.ForeignKey(PERSON, null=True, on_delete=models.SET_NULL, related_name="challenge_mentorships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["team", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["team", "mentor"], condition=models.Q(ended_at=None), name="once_a_mentor_of_a_team"
            )
        ]

    def __str__(self) -> str:
        return f"{self.team_id}/{self.mentor_id}"


class TrainingSession(models.Model):
    """A training, a mentor's hour or a rehearsal that teams can book."""

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="sessions")
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(
        max_length=20, choices=[("training", "training"), ("mentoring", "mentoring"), ("rehearsal", "rehearsal")]
    )
    title = models.JSONField(default=dict)
    location = models.CharField(max_length=300, blank=True, default="")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField(null=True, blank=True)
    finalists_only = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="session_has_length")
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"


class SessionBooking(models.Model):
    """A team's place in a session."""

    session = models.ForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="bookings")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="bookings")
    booked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["session", "team"], name="one_booking_per_team")
        ]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.team_id}"


class MailCampaign(models.Model):
    """One letter to many: its words in three languages, whom it is for, and how far it is.

    A draft until `confirmed_at`: from then on `addressees` (numbers of people, in order) are fixed, and `written` says
    for how many of them the letter stands in the post. `sent_at` is when that was done for all.
    """

    edition = models.ForeignKey(Edition, on_delete=models.CASCADE, related_name="campaigns")
    division = models.ForeignKey(Division, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=40)
    subject = models.JSONField()
    body = models.JSONField()
    written_by = models.ForeignKey(PERSON, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    recipients = models.PositiveIntegerField(default=0)
    addressees = models.JSONField(default=list)
    written = models.PositiveIntegerField(default=0)
    job = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return f"campaign {self.pk}"


class ListingDraft(models.Model):
    """A finalist's release offered to the exchange, with its data-use dossier filled. The exchange takes it up."""

    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="listing_draft")
    release = models.ForeignKey("workshop.Release", on_delete=models.PROTECT, related_name="+")
    dossier = models.JSONField()
    digest = models.CharField(max_length=80)
    offered_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-offered_at"]

    def __str__(self) -> str:
        return f"listing draft {self.pk}"
