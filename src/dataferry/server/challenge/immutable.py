"""Rows that are written once: hand-overs that others rely on. A correction is a new row."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from dataferry.messages import RefusedError


class WrittenOnce(models.QuerySet):
    """Rows that may be added and read."""

    def update(self, **_changes: Any) -> NoReturn:
        raise RefusedError("server.challenge.row_is_final")

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.challenge.row_is_final")

    def delete(self) -> NoReturn:
        raise RefusedError("server.challenge.row_is_final")


class ImmutableModel(models.Model):
    """A row that is inserted and never changed; triggers in the database hold what goes past Django."""

    objects = WrittenOnce.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RefusedError("server.challenge.row_is_final")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.challenge.row_is_final")
