"""The one clock of the challenge. Every act that depends on the time asks here."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def now() -> datetime:
    """This instant, in UTC."""
    return timezone.now()
