"""A reading becomes a snapshot with its columns: the one place where these rows are written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from dataferry.messages import RefusedError
from dataferry.server import journal
from dataferry.server.catalogue.dataset_actions import locked, publish_row
from dataferry.server.catalogue.index import index_dataset
from dataferry.server.catalogue.models import Column, Dataset, Distribution, Snapshot, Upload


@dataclass(frozen=True)
class ReadColumn:
    """A column as it was read."""

    name: str
    source_name: str
    type: str
    nulls: int
    distinct: int | None
    crs: str = ""


@dataclass(frozen=True)
class StoredReading:
    """What a reading gave, its table already in the store."""

    table_sha256: str
    table_bytes: int
    rows: int
    report: Mapping[str, Any]
    profile: Mapping[str, Any]
    columns: Sequence[ReadColumn]

    @property
    def format(self) -> str:
        return str((self.report.get("format") or {}).get("value") or "")[:20]

    @property
    def schema_fingerprint(self) -> str:
        """Digest of names, types and datums of the columns in their order."""
        text = json.dumps([[column.name, column.type, column.crs] for column in self.columns], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def finish_upload(upload_id: int, reading: StoredReading, *, publish: bool = False) -> Snapshot:
    """Write the snapshot of an upload that was read. Within the caller's transaction (`running.finishing()`).

    Raises:
        RefusedError: `server.catalogue.upload_closed`, the upload is not waiting any more.
    """
    upload = Upload.objects.select_for_update().select_related("dataset").get(pk=upload_id)
    if upload.state != Upload.State.WAITING:
        raise RefusedError("server.catalogue.upload_closed", upload=upload_id)
    dataset = locked(upload.dataset)
    snapshot = register_snapshot(dataset, upload, reading)
    upload.state, upload.outcome = Upload.State.DONE, "new"
    upload.snapshot, upload.error, upload.finished_at = snapshot, None, timezone.now()
    upload.save()
    actor = "system" if upload.received_by is None else f"person:{upload.received_by}"
    payload = {"snapshot": snapshot.sha256, "table": snapshot.table_sha256, "number": snapshot.number}
    dataset.revision += 1
    dataset.save()
    index_dataset(dataset)
    journal.append(actor, "catalogue.snapshot_registered", f"dataset:{dataset.slug}", payload)
    if publish:
        publish_row(dataset, actor)
    return snapshot


def register_snapshot(dataset: Dataset, upload: Upload, reading: StoredReading) -> Snapshot:
    """The next snapshot of the upload's distribution, and its columns. The dataset's row is locked by the caller."""
    with transaction.atomic():
        distribution, _new = Distribution.objects.update_or_create(
            dataset=dataset,
            name=upload.distribution_name,
            defaults={
                "media_type": upload.media_type,
                "language": upload.language,
                "read_options": upload.read_options,
                "crs": upload.read_options.get("crs", ""),
            },
        )
        previous = Snapshot.objects.filter(distribution=distribution).order_by("-number").first()
        snapshot = Snapshot.objects.create(
            distribution=distribution,
            number=previous.number + 1 if previous else 1,
            sha256=upload.sha256,
            bytes=upload.bytes,
            file_name=upload.file_name,
            format=reading.format,
            table_sha256=reading.table_sha256,
            table_bytes=reading.table_bytes,
            rows=reading.rows,
            has_geometry=any(column.type == "geometry" for column in reading.columns),
            read_options=upload.read_options,
            read_report=storable(reading.report),
            profile=storable(reading.profile),
            schema_fingerprint=reading.schema_fingerprint,
            previous=previous,
            received_by=upload.received_by,
        )
        _write_columns(snapshot, previous, reading.columns)
    return snapshot


def _write_columns(snapshot: Snapshot, previous: Snapshot | None, columns: Sequence[ReadColumn]) -> None:
    """Columns keep the titles and units that people gave to those of the same name and type before."""
    known = {(c.name, c.type): c for c in Column.objects.filter(snapshot=previous)} if previous else {}
    rows = []
    for position, column in enumerate(columns, start=1):
        before = known.get((column.name[:300], column.type[:60]))
        rows.append(
            Column(
                snapshot=snapshot,
                position=position,
                name=storable(column.name)[:300],
                source_name=storable(column.source_name)[:300],
                type=column.type[:60],
                title=before.title if before else {},
                unit=before.unit if before else "",
                nulls=column.nulls,
                distinct=column.distinct,
                crs=column.crs,
            )
        )
    Column.objects.bulk_create(rows, batch_size=500)


def storable(value: Any) -> Any:
    """Plain JSON that every database takes: PostgreSQL keeps no NUL and no half of a surrogate pair in texts."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [storable(each) for each in value]
    return value
