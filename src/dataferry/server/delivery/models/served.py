"""Tables as they are served: a release cut to the rows and columns of a contract, once for all with the same cut.

Beside each: the one file of it that people download, and what changed from one release to the next.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from dataferry.server.journal.final_rows import FinalRow
from dataferry.server.workshop.models import Release


class ServedTable(FinalRow):
    """One release under one cut. `files` are [{"name", "sha256", "bytes", "rows"}], kept by their sha256.

    `ordered_by` are the key columns whose values rise strictly from row to row (empty: no such order): the row door
    pages by them.
    """

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="served")
    cut = models.CharField(max_length=80)
    files = models.JSONField()
    ordered_by = models.JSONField(default=list)
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


class ServedExport(FinalRow):
    """A served table as one file for people: parquet, csv, geojson or fgb. `file` is as in `ServedTable.files`."""

    served = models.ForeignKey(ServedTable, on_delete=models.PROTECT, related_name="exports")
    kind = models.CharField(max_length=12)
    file = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["served", "kind"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["served", "kind"], name="one_export_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.served_id} {self.kind}"


class Remade(FinalRow):
    """Files that were made again and are not, byte by byte, those that a row names and that are gone.

    `kind` and `holder` name the row: table, export or change, and its number. The last one made counts.
    """

    kind = models.CharField(max_length=12)
    holder = models.PositiveBigIntegerField()
    files = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-pk"]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["kind", "holder"], name="remade_of_a_row")]

    def __str__(self) -> str:
        return f"{self.kind} {self.holder}"


class ServedChange(FinalRow):
    """What turns one served table into the next, under the same cut (`formats.changes`). `files` as in `ServedTable`.

    Each file also names its `kind`: `insert`, `delete`, or `cdf` for rows that say themselves what befell them.
    """

    before = models.ForeignKey(ServedTable, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(ServedTable, on_delete=models.PROTECT, related_name="+")
    files = models.JSONField()
    rows = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["before", "after"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["before", "after"], name="one_served_change_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.before_id} -> {self.after_id}"
