"""Datasets, their distributions, the snapshots of these, and the columns of a snapshot's table.

A snapshot is a hand-over row: written once, keyed by the sha256 of its bytes, never changed. What people may still
correct about it (titles and units of columns) is kept in its columns.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from dataferry.messages import RefusedError

CITIES = (("hong-kong", "Hong Kong"), ("shanghai", "Shanghai"))
SHORT_SHA256 = 12


class Dataset(models.Model):
    """What is offered: texts per language with their provenance, whose it is, and who may see it.

    `title`, `description` and `keywords` are `{"en": {"text": ..., "provenance": ...}, "zh-Hant": ..., "zh-Hans": ...}`
    with the languages that have a value of their own. Provenance is `published` (by the source), `human` (written
    here), `machine` or `converted` (between the scripts). Keywords are one text with commas between them.
    """

    class Visibility(models.TextChoices):
        PRIVATE = "private"
        PUBLIC = "public"

    slug = models.SlugField(max_length=80, unique=True)
    title = models.JSONField(default=dict)
    description = models.JSONField(default=dict)
    keywords = models.JSONField(default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="datasets")
    organisation = models.ForeignKey(
        "people.Organisation", null=True, blank=True, on_delete=models.PROTECT, related_name="datasets"
    )
    city = models.CharField(max_length=20, choices=CITIES, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    licence = models.CharField(max_length=64, default="unknown")
    source = models.CharField(max_length=2000, blank=True)
    attribution = models.CharField(max_length=1000, blank=True)
    synthetic = models.BooleanField(default=False)
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE)
    revision = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-updated_at"], name="datasets_of_owner"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def is_public(self) -> bool:
        """Whether everybody may find it. A withdrawn one is seen by address only, with its history."""
        return self.visibility == self.Visibility.PUBLIC and self.withdrawn_at is None


class DatasetAccess(models.Model):
    """A person may open a dataset that is not public, for a while. `about` says on whose account (`team:12`)."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="accesses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="dataset_accesses")
    about = models.CharField(max_length=80)
    until = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["dataset", "user"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "user", "about"], name="one_access_per_account")
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} {self.user_id}"


class Distribution(models.Model):
    """One form in which a dataset is offered (a file that is updated), and how it is to be read.

    `read_options` are the declared `ReadOptions` as plain JSON; what is not declared is detected at each reading.
    """

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="distributions")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=120, default="application/octet-stream")
    language = models.CharField(max_length=10, blank=True)
    read_options = models.JSONField(default=dict)
    crs = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dataset", "name"], name="one_distribution_per_name")
        ]

    def __str__(self) -> str:
        return f"{self.dataset.slug}/{self.name}"


class ImmutableRows(models.QuerySet):
    """Rows that may be added and read."""

    def update(self, **_changes: Any) -> NoReturn:
        raise RefusedError("server.catalogue.snapshot_is_final")

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.catalogue.snapshot_is_final")

    def delete(self) -> NoReturn:
        raise RefusedError("server.catalogue.snapshot_is_final")


class Snapshot(models.Model):
    """One state of a distribution: bytes by their sha256, and what reading them gave.

    `table_sha256` names the reading as GeoParquet in the same store. `number` counts from 1 within the distribution.
    `received_by` is the number of a person, no key: a snapshot outlives the account that brought it.
    """

    distribution = models.ForeignKey(Distribution, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    bytes = models.BigIntegerField()
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=20)
    table_sha256 = models.CharField(max_length=64)
    table_bytes = models.BigIntegerField()
    rows = models.BigIntegerField()
    has_geometry = models.BooleanField(default=False)
    read_options = models.JSONField(default=dict)
    read_report = models.JSONField()
    profile = models.JSONField()
    schema_fingerprint = models.CharField(max_length=64)
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    received_at = models.DateTimeField(auto_now_add=True)
    received_by = models.BigIntegerField(null=True)

    objects = ImmutableRows.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-received_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["distribution", "number"], name="snapshots_in_one_row")
        ]

    def __str__(self) -> str:
        return self.short

    @property
    def short(self) -> str:
        """The beginning of the digest, as addresses show it."""
        return self.sha256[:SHORT_SHA256]

    @property
    def id_text(self) -> str:
        """The digest as product.yaml writes it."""
        return f"sha256:{self.sha256}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RefusedError("server.catalogue.snapshot_is_final")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.catalogue.snapshot_is_final")


class Column(models.Model):
    """One column of a snapshot's table. `title` (values per language as in Dataset) and `unit` may be corrected."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="columns")
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=300)
    source_name = models.CharField(max_length=300, blank=True)
    type = models.CharField(max_length=60)
    title = models.JSONField(default=dict)
    unit = models.CharField(max_length=60, blank=True)
    nulls = models.BigIntegerField()
    distinct = models.BigIntegerField(null=True)
    crs = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["snapshot", "position"], name="one_column_per_position")
        ]

    def __str__(self) -> str:
        return self.name


class Upload(models.Model):
    """Bytes that were received and are to become a snapshot: waiting, being read, done, or failed with the reason.

    `distribution` is empty until the first reading of a new dataset succeeds. `outcome` is `new` for a new snapshot and
    `same` where the bytes and options were those of the newest one.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="uploads")
    distribution_name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    file_name = models.CharField(max_length=200)
    source = models.CharField(max_length=2000, blank=True)
    media_type = models.CharField(max_length=120, default="application/octet-stream")
    language = models.CharField(max_length=10, blank=True)
    read_options = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    outcome = models.CharField(max_length=10, blank=True)
    error = models.JSONField(null=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="uploads")
    received_by = models.BigIntegerField(null=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.dataset.slug} {self.file_name} ({self.state})"


UPLOAD_TRANSITIONS: dict[str, frozenset[str]] = {
    Upload.State.WAITING: frozenset({Upload.State.DONE, Upload.State.FAILED}),
    Upload.State.FAILED: frozenset({Upload.State.WAITING}),
    Upload.State.DONE: frozenset(),
}
"""From each state of an upload, where it may go. A failed one may be tried again with other options."""


class SearchEntry(models.Model):
    """What search needs of a dataset, in one narrow row: facets, visibility, order. Written with the dataset.

    The words stand beside it, in the index of the database (see `index.py`).
    """

    dataset = models.OneToOneField(Dataset, primary_key=True, on_delete=models.CASCADE, related_name="search_entry")
    public = models.BooleanField()
    owner_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    city = models.CharField(max_length=20, blank=True)
    format = models.CharField(max_length=20, blank=True)
    licence = models.CharField(max_length=64)
    geometry = models.BooleanField(default=False)
    publisher = models.CharField(max_length=300, blank=True)
    language = models.CharField(max_length=10, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            # Partial indexes: SQLite does not use a boolean as the first column of an index.
            models.Index(fields=["-changed_at", "-dataset"], condition=models.Q(public=True), name="search_newest"),
            models.Index(fields=["-changed_at", "-dataset"], condition=models.Q(public=False), name="search_private"),
            models.Index(fields=["owner_id"], condition=models.Q(public=False), name="search_of_owner"),
            models.Index(fields=["organisation_id"], condition=models.Q(public=False), name="search_of_organisation"),
            *(
                models.Index(
                    fields=[facet, "-changed_at", "-dataset"],
                    condition=models.Q(public=True),
                    name=f"search_by_{facet}",
                )
                for facet in ("city", "format", "licence", "publisher", "organisation_id", "language")
            ),
        ]

    def __str__(self) -> str:
        return str(self.dataset_id)


class SearchRevision(models.Model):
    """One row that counts the changes of the search index, so that counts may be kept until the next change."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)
