"""Tables as they are served: a release cut to the rows and columns of a contract, once for all with the same cut."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.workshop.models import Release


class ServedTable(FinalRow):
    """One release under one cut. `files` are [{"name", "sha256", "bytes", "rows", "stats"}] below the data home."""

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="served")
    cut = models.CharField(max_length=80)
    files = models.JSONField()
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["release", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["release", "cut"], name="one_served_table_per_cut")
        ]

    def __str__(self) -> str:
        return f"{self.release_id} {self.cut[:12]}"
