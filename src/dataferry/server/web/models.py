"""What all web processes share about callers: how much of their allowance of this minute is used."""

from __future__ import annotations

from django.db import models


class Allowance(models.Model):
    """Requests taken from the allowance of one caller in the window that starts at `started` (seconds of the clock).

    `key` is a digest of the class of request and the caller, so that neither tokens nor addresses are kept.
    """

    key = models.CharField(max_length=64, primary_key=True)
    started = models.BigIntegerField()
    used = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.started}: {self.used}"
