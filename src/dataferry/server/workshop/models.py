"""Drafts, products, builds and releases. A release is a hand-over row: written once, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models

from dataferry.messages import RefusedError

if TYPE_CHECKING:
    from datetime import datetime


class Product(models.Model):
    """A data product: a name under which releases appear.

    `owner` is empty for products of this house (its examples) and where the owner's account is gone. `newest` is the
    newest published release and `words` its texts, folded for search; both are empty while nothing is published.
    """

    slug = models.SlugField(max_length=80, unique=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="products"
    )
    newest = models.ForeignKey("Release", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["slug"]

    def __str__(self) -> str:
        return self.slug


class ImmutableRows(models.QuerySet):
    """Rows that may be added and read."""

    def update(self, **_changes: Any) -> NoReturn:
        raise RefusedError("server.workshop.release_is_final")

    def bulk_update(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.workshop.release_is_final")

    def delete(self) -> NoReturn:
        raise RefusedError("server.workshop.release_is_final")


class Release(models.Model):
    """One immutable build of a product. `document` is its release.json; `folder` is below the data home."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="releases")
    version = models.CharField(max_length=60)
    digest = models.CharField(max_length=80, db_index=True)
    folder = models.CharField(max_length=300)
    document = models.JSONField()
    registered_at = models.DateTimeField(auto_now_add=True)

    objects = ImmutableRows.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["-registered_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["product", "version"], name="one_release_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.product.slug} {self.version}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise RefusedError("server.workshop.release_is_final")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_arguments: Any, **_options: Any) -> NoReturn:
        raise RefusedError("server.workshop.release_is_final")


class Publication(models.Model):
    """That a release is open to everybody. Without it only its owner and the people its draft is shared with see it."""

    release = models.OneToOneField(Release, on_delete=models.PROTECT, related_name="publication")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.release)


class Draft(models.Model):
    """A product being written: the texts of product.yaml and recipe.sql. `revision` grows with every save."""

    slug = models.SlugField(max_length=80, unique=True)
    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="draft")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    title = models.JSONField(default=dict)
    manifest = models.TextField()
    recipe = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-updated_at", "-pk"]

    def __str__(self) -> str:
        return self.slug


class DraftInput(models.Model):
    """A table of a draft's recipe: a snapshot of a dataset, or a release of another product (`upstream`)."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="inputs")
    name = models.CharField(max_length=63)
    snapshot = models.ForeignKey("catalogue.Snapshot", null=True, on_delete=models.CASCADE, related_name="+")
    upstream = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["draft", "name"], name="one_draft_input_per_name"),
            models.CheckConstraint(
                condition=models.Q(snapshot__isnull=True) ^ models.Q(upstream__isnull=True),
                name="draft_input_is_snapshot_or_release",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class DraftShare(models.Model):
    """A person who sees a draft, its builds and the releases made of it; with `may_edit`, who also changes it."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="draft_shares")
    may_edit = models.BooleanField(default=False)
    shared_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["draft", "user"], name="one_share_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.draft_id} {self.user_id}"


class Build(models.Model):
    """One product to be turned into a release: a draft as it was when the build was asked for, or a folder.

    What happens to it is the life of its job (room `jobs`), which goes some time after its end. `manifest`, `recipe`
    and `inputs` are the draft's own at `revision`; `inputs` maps a table to {"snapshot": key} or {"release": key}.
    `source` is the folder otherwise.
    """

    draft = models.ForeignKey(Draft, null=True, on_delete=models.SET_NULL, related_name="builds")
    product = models.ForeignKey(Product, null=True, on_delete=models.SET_NULL, related_name="builds")
    revision = models.PositiveIntegerField(null=True)
    slug = models.CharField(max_length=80, db_index=True)
    version = models.CharField(max_length=60)
    source = models.CharField(max_length=4096, blank=True, default="")
    manifest = models.TextField(blank=True, default="")
    recipe = models.TextField(blank=True, default="")
    inputs = models.JSONField(default=dict)
    title = models.JSONField(default=dict)
    job = models.OneToOneField("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="build")
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="builds")
    requested_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.slug} {self.version} ({self.state})"

    @property
    def state(self) -> str:
        """queued, running, done, failed or cancelled."""
        if self.job is not None:
            return str(self.job.state)
        return "done" if self.release_id is not None else "failed"

    @property
    def is_open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN

    @property
    def step(self) -> dict[str, Any] | None:
        """What is being done: code and data of a message."""
        return self.job.step if self.job is not None else None

    @property
    def share(self) -> float | None:
        return self.job.share if self.job is not None else None

    @property
    def error(self) -> dict[str, Any] | None:
        return self.job.error if self.job is not None else None

    @property
    def attempts(self) -> int:
        return self.job.attempts if self.job is not None else 0

    @property
    def started_at(self) -> datetime | None:
        return self.job.started_at if self.job is not None else None

    @property
    def finished_at(self) -> datetime | None:
        return self.job.finished_at if self.job is not None else None


OPEN = frozenset({"queued", "running"})
"""States of a job that has not ended."""
