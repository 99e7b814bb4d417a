"""The chain of events, its head, the signed anchors, and how far each subscriber has read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

from django.db import models

from dataferry.messages import RefusedError


class AppendOnly(models.QuerySet):
    """Rows that may be added and read."""

    def update(self, **_changes: Any) -> NoReturn:
        raise RefusedError("server.journal.append_only")

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.journal.append_only")

    def delete(self) -> NoReturn:
        raise RefusedError("server.journal.append_only")


class AppendOnlyRow(models.Model):
    """A row that is written once. Triggers in the database refuse what comes past this class."""

    objects = AppendOnly.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RefusedError("server.journal.append_only")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.journal.append_only")


class Event(AppendOnlyRow):
    """One act that binds. Instant and payload are kept as the very text that the hash was taken of."""

    sequence = models.BigIntegerField(primary_key=True)
    instant = models.CharField(max_length=27)
    actor = models.CharField(max_length=40)
    act = models.CharField(max_length=100)
    object = models.CharField(max_length=320)
    payload_text = models.TextField(db_column="payload")
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["sequence"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["act", "sequence"], name="journal_by_act"),
            models.Index(fields=["object", "sequence"], name="journal_by_object"),
            models.Index(fields=["actor", "sequence"], name="journal_by_actor"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(sequence__gt=0), name="journal_from_one")
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.act} {self.object}"

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.payload_text)

    @property
    def at(self) -> datetime:
        """The instant, in UTC."""
        return datetime.strptime(self.instant, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


class Chain(models.Model):
    """The head of the one chain: a single row, and the lock that puts appends in order."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    instance = models.UUIDField()
    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(id=1), name="journal_one_chain")
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"


class Anchor(AppendOnlyRow):
    """A head that was signed. `document` is the whole anchor as it stands in its file."""

    sequence = models.BigIntegerField(db_index=True)
    key = models.CharField(max_length=40)
    document = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-sequence", "-pk"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.key}"


class Cursor(models.Model):
    """The last event that a subscriber has dealt with, and the one it could not deal with."""

    subscriber = models.CharField(max_length=120, primary_key=True)
    sequence = models.BigIntegerField(default=0)
    failed_at = models.BigIntegerField(null=True)
    failures = models.PositiveIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["subscriber"]

    def __str__(self) -> str:
        return f"{self.subscriber} {self.sequence}"


class NumberSeries(models.Model):
    """The last number given in a series and year: `L` in 2026. See `numbers`."""

    series = models.CharField(max_length=40)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["series", "year"], name="one_number_series_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.year}"
