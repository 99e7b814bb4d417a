"""Products, builds and releases. A release is a hand-over row: written once, never changed."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models

from dataferry.messages import RefusedError


class Product(models.Model):
    """A data product: a name under which releases appear."""

    slug = models.SlugField(max_length=80, unique=True)
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


class Build(models.Model):
    """One try to turn a product folder into a release: a row in a queue, with a lease and a count of attempts."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    slug = models.CharField(max_length=80, db_index=True)
    version = models.CharField(max_length=60)
    source = models.CharField(max_length=4096)
    title = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED, db_index=True)
    attempts = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    task_id = models.CharField(max_length=64, blank=True)
    step = models.CharField(max_length=300, blank=True)
    share = models.FloatField(null=True)
    error = models.JSONField(null=True)
    release = models.ForeignKey(Release, null=True, on_delete=models.PROTECT, related_name="builds")
    requested_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["slug", "version"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_open_build_per_version",
            )
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.version} ({self.state})"


TRANSITIONS: dict[str, frozenset[str]] = {
    Build.State.QUEUED: frozenset({Build.State.RUNNING, Build.State.FAILED}),
    Build.State.RUNNING: frozenset({Build.State.DONE, Build.State.FAILED, Build.State.QUEUED}),
    Build.State.DONE: frozenset(),
    Build.State.FAILED: frozenset(),
}
"""From each state of a build, where it may go. Back to the queue is for a lost lease."""
