"""An upload is a row: whose file, what for, how many of its bytes are safely on disk."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class Upload(models.Model):
    """A file on its way in. `offset` never says more than what is on disk and synced.

    `writer` and `lease_until` name the request that writes now; whoever lost the lease changes nothing any more.
    `media_type` is what the sender says, not to be believed.
    """

    class State(models.TextChoices):
        OPEN = "open"
        COMPLETE = "complete"
        TAKEN = "taken"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="resumable_uploads")
    purpose = models.CharField(max_length=80)
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=120, blank=True)
    length = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    sha256 = models.CharField(max_length=64, blank=True)
    writer = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-created_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(length__gt=0) & Q(offset__gte=0) & Q(offset__lte=F("length")), name="offset_within_length"
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "expires_at"], name="uploads_by_expiry"),
            models.Index(fields=["owner", "state"], name="uploads_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.state})"


TRANSITIONS: dict[str, frozenset[str]] = {
    Upload.State.OPEN: frozenset({Upload.State.COMPLETE, Upload.State.EXPIRED}),
    Upload.State.COMPLETE: frozenset({Upload.State.TAKEN, Upload.State.EXPIRED}),
    Upload.State.EXPIRED: frozenset({Upload.State.OPEN, Upload.State.COMPLETE}),
    Upload.State.TAKEN: frozenset(),
}
"""From each state of an upload, where it may go. An expired one comes back when only the clock had jumped."""
