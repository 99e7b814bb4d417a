"""A letter is a row from the moment it is posted; a campaign is many letters of one template."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from dataferry.messages import say


class Campaign(models.Model):
    """Bulk mail. `subject` and `body` are the template, a text by language; `digest` tells templates apart."""

    key = models.CharField(max_length=120, unique=True)
    about = models.CharField(max_length=200, blank=True)
    subject = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    asked_by = models.BigIntegerField(null=True)
    posted_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]

    def __str__(self) -> str:
        return self.key

    @property
    def job_key(self) -> str:
        return f"campaign:{self.pk}"


class Letter(models.Model):
    """One letter to one person, in their language. Its text goes with the account.

    `job` is the job that holds it while it is being sent. `failure` is a message code with its data: why it was not
    sent, or not yet.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        FAILED = "failed"
        WITHHELD = "withheld"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="letters")
    key = models.CharField(max_length=200, unique=True)
    about = models.CharField(max_length=200, blank=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="letters")
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    job = models.BigIntegerField(null=True)
    failure = models.CharField(max_length=80, blank=True)
    failure_data = models.JSONField(default=dict)
    posted_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "id"], name="letters_of_a_state"),
            models.Index(fields=["user", "id"], name="letters_to_a_person"),
            models.Index(fields=["campaign", "state", "id"], name="letters_of_a_campaign"),
        ]

    def __str__(self) -> str:
        return f"letter {self.pk} ({self.state})"

    @property
    def job_key(self) -> str:
        return f"letter:{self.pk}"

    @property
    def reason(self) -> str:
        """Why it was not sent, in words."""
        return say(self.failure, self.failure_data) if self.failure else ""


def _states(*states: str) -> frozenset[str]:
    return frozenset(states)


State = Letter.State
TRANSITIONS: dict[str, frozenset[str]] = {
    State.QUEUED: _states(State.SENDING, State.FAILED, State.WITHHELD),
    State.SENDING: _states(State.SENT, State.QUEUED, State.FAILED, State.WITHHELD, State.SENDING),
    State.FAILED: _states(State.QUEUED, State.SENDING),
    State.WITHHELD: _states(State.QUEUED),
    State.SENT: _states(),
}
"""From each state of a letter, where it may go. Sending to sending: the job that had it is gone, another has it now.
Withheld: nobody may get it (no verified address, account gone, campaign cancelled)."""

WAITING = (State.QUEUED.value, State.SENDING.value)


def sources(to: str) -> list[str]:
    """The states from which a letter may come there."""
    return [state for state, targets in TRANSITIONS.items() if to in targets]


def changed(letter_id: int, to: str, **changes: Any) -> bool:
    """Move a letter in one conditional UPDATE. False where it is elsewhere, or gone with its account."""
    where = changes.pop("held_by", None)
    rows = Letter.objects.filter(pk=letter_id, state__in=sources(to))
    if where is not None:
        rows = rows.filter(job=where)
    return bool(rows.update(state=to, **changes))
