"""What the pages of drafts ask of the rows: shelves, inputs with their columns, newer snapshots. A fixed number of
questions each, however many rows there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Max
from django.db.models.fields.json import KeyTransform

from dataferry.server.catalogue.models import Snapshot
from dataferry.server.workshop.models import Build, Draft, DraftInput, Release

_LONG_TEXTS = ("manifest", "recipe")


def newest_builds(drafts: Iterable[Draft]) -> dict[int, Build]:
    """The newest build of each draft, by the draft's number, without its texts."""
    of_drafts = Build.objects.filter(draft__in=[draft.pk for draft in drafts]).order_by()
    newest = of_drafts.values("draft").annotate(newest=Max("pk")).values_list("newest", flat=True)
    rows = Build.objects.filter(pk__in=list(newest)).select_related("job", "release__product")
    rows = rows.defer(*_LONG_TEXTS, "inputs", "release__document")
    return {row.draft_id: row for row in rows if row.draft_id is not None}


def newest_own_releases(user: Any) -> list[tuple[Release, Any, int]]:
    """The newest release of each of the person's products, with the title and the rows of its document."""
    newest = Release.objects.filter(product__owner=user.pk).order_by().values("product").annotate(newest=Max("pk"))
    rows = Release.objects.filter(pk__in=list(newest.values_list("newest", flat=True)))
    told = {"title": F("document__title"), "rows": KeyTransform("rows", KeyTransform("output", "document"))}
    rows = rows.select_related("product", "publication").defer("document").annotate(**told)
    return [(row, getattr(row, "title", None), int(getattr(row, "rows", 0) or 0)) for row in rows]


def inputs_of(draft: Draft) -> list[DraftInput]:
    """The inputs of a draft with their datasets and columns."""
    rows = draft.inputs.select_related("snapshot__distribution__dataset", "upstream__product")
    return list(rows.defer("snapshot__read_report", "snapshot__profile").prefetch_related("snapshot__columns"))


def newer_snapshots(inputs: Iterable[DraftInput]) -> dict[int, Snapshot]:
    """For inputs whose distribution has a newer snapshot with other bytes: the newest one, by the input's number."""
    held = {each.pk: each.snapshot for each in inputs if each.snapshot is not None}
    of_distributions = Snapshot.objects.filter(distribution__in={each.distribution_id for each in held.values()})
    newest = of_distributions.order_by().values("distribution").annotate(newest=Max("pk"))
    rows = Snapshot.objects.filter(pk__in=list(newest.values_list("newest", flat=True)))
    by_distribution = {row.distribution_id: row for row in rows.defer("read_report", "profile")}
    return {
        pk: by_distribution[snapshot.distribution_id]
        for pk, snapshot in held.items()
        if by_distribution[snapshot.distribution_id].sha256 != snapshot.sha256
    }


def builds_page(draft: Draft, most: int = 100) -> list[Build]:
    """The builds of a draft, newest first, without their texts."""
    rows = draft.builds.select_related("job", "release__product", "release__publication")
    return list(rows.defer(*_LONG_TEXTS, "inputs", "release__document").order_by("-pk")[:most])
