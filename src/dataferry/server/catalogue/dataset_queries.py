"""Every question about datasets, each for a person: what they may not see is not there for them."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from dataferry.messages import InputError, MissingError
from dataferry.server import people
from dataferry.server.catalogue.models import Dataset, DatasetAccess, Snapshot, Upload
from dataferry.server.people.predicates import is_administrator, organisations_of

_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{8,64})")


def visible_datasets(user: Any) -> QuerySet[Dataset]:
    """Datasets that this person may open: public ones (withdrawn too), their own, those of their organisations, and
    those that they were given access to for a while.

    An administrator sees all.
    """
    rows = Dataset.objects.select_related("owner", "organisation")
    if is_administrator(user):
        return rows
    public = Q(visibility=Dataset.Visibility.PUBLIC)
    if not people.predicates.is_member(user):
        return rows.filter(public)
    lent = DatasetAccess.objects.filter(user=user.pk, until__gt=timezone.now()).values("dataset")
    return rows.filter(public | Q(owner=user.pk) | Q(organisation__in=organisations_of(user)) | Q(pk__in=lent))


def dataset_of(user: Any, slug: str) -> Dataset:
    """The dataset of this name.

    Raises:
        MissingError: `server.catalogue.no_dataset`, there is none, or not for this person.
    """
    dataset = visible_datasets(user).filter(slug=slug).first()
    if dataset is None:
        raise MissingError("server.catalogue.no_dataset", dataset=slug[:80])
    return dataset


def snapshots_of(dataset: Dataset) -> QuerySet[Snapshot]:
    """The snapshots of a dataset, newest first, without their long documents."""
    rows = Snapshot.objects.filter(distribution__dataset=dataset).select_related("distribution", "previous")
    return rows.defer("read_report", "profile", "previous__read_report", "previous__profile").order_by("-pk")


def snapshot_of(user: Any, slug: str, sha256: str | None = None) -> Snapshot:
    """One snapshot of a dataset: by its digest or the first 8 or more digits of it, else the newest.

    Bytes that were read twice, with other options, are one digest with two rows: the newer row counts.

    Raises:
        MissingError: `server.catalogue.no_dataset`, `server.catalogue.no_snapshot`.
        InputError: `server.catalogue.ambiguous_digest`, the digits begin several digests.
    """
    rows = Snapshot.objects.filter(distribution__dataset=dataset_of(user, slug)).select_related("distribution__dataset")
    if sha256:
        rows = rows.filter(sha256__startswith=_digits(slug, sha256))
        if len(set(rows.values_list("sha256", flat=True)[:50])) > 1:
            raise InputError("server.catalogue.ambiguous_digest", digits=sha256[:80])
    snapshot = rows.order_by("-pk").first()
    if snapshot is None:
        raise MissingError("server.catalogue.no_snapshot", dataset=slug[:80], snapshot=(sha256 or "")[:80])
    return snapshot


def snapshot_by_digest(user: Any, sha256: str) -> Snapshot:
    """The newest row of these bytes in any dataset that the person may see.

    Raises:
        MissingError: `server.catalogue.no_snapshot`. InputError: `server.catalogue.ambiguous_digest`.
    """
    found = Snapshot.objects.filter(sha256__startswith=_digits("", sha256)).order_by("-pk")
    rows = found.filter(distribution__dataset__in=visible_datasets(user)).select_related("distribution__dataset")
    if len(set(rows.values_list("sha256", flat=True)[:50])) > 1:
        raise InputError("server.catalogue.ambiguous_digest", digits=sha256[:80])
    snapshot = rows.first()
    if snapshot is None:
        raise MissingError("server.catalogue.no_snapshot", dataset="", snapshot=sha256[:80])
    return snapshot


def _digits(slug: str, text: str) -> str:
    match = _DIGEST.fullmatch(text)
    if match is None:
        raise MissingError("server.catalogue.no_snapshot", dataset=slug[:80], snapshot=text[:80])
    return match[1]


def may_download(user: Any, dataset: Dataset) -> bool:
    """Files of a withdrawn dataset are handed to those who look after it only."""
    return dataset.withdrawn_at is None or people.can(user, "catalogue.change_dataset", dataset)


def newest_snapshots(datasets: QuerySet[Dataset] | list[Dataset]) -> dict[int, Snapshot]:
    """The newest snapshot of each dataset by the dataset's number, in one query, without the long documents."""
    pks = [dataset.pk for dataset in datasets]
    newest = (
        Snapshot.objects.filter(distribution__dataset__in=pks)
        .order_by()
        .values("distribution__dataset")
        .annotate(newest=Max("pk"))
        .values_list("newest", flat=True)
    )
    rows = Snapshot.objects.filter(pk__in=list(newest)).select_related("distribution").defer("read_report", "profile")
    return {row.distribution.dataset_id: row for row in rows}


def uploads_of(user: Any, dataset: Dataset) -> QuerySet[Upload]:
    """Uploads of a dataset for those who look after it, newest first; nothing for others."""
    if not people.can(user, "catalogue.change_dataset", dataset):
        return Upload.objects.none()
    return dataset.uploads.select_related("job", "snapshot").defer("snapshot__read_report", "snapshot__profile")


def upload_of(user: Any, number: int) -> Upload:
    """One upload, for those who look after its dataset.

    Raises:
        MissingError: `server.catalogue.no_upload`.
    """
    upload = Upload.objects.filter(pk=number).select_related("dataset__organisation", "job", "snapshot").first()
    if upload is None or not people.can(user, "catalogue.change_dataset", upload.dataset):
        raise MissingError("server.catalogue.no_upload", upload=number)
    return upload


def own_datasets(user: Any) -> QuerySet[Dataset]:
    """What this person looks after: their own and their organisations', withdrawn ones too, newest first."""
    if not people.predicates.is_member(user):
        return Dataset.objects.none()
    mine = Q(owner=user.pk) | Q(organisation__in=organisations_of(user))
    newest = Snapshot.objects.filter(distribution__dataset=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = Dataset.objects.filter(mine).select_related("owner", "organisation")
    return rows.annotate(newest_snapshot=Subquery(newest)).order_by("-updated_at", "-pk")
