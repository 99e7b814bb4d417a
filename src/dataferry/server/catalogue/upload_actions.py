"""Bytes come in, are read in the background, and become a snapshot: the changes of state on that way."""

from __future__ import annotations

import hashlib
import mimetypes
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from dataferry.messages import LANGUAGES, InputError, LimitError, RefusedError
from dataferry.server import jobs, journal, people
from dataferry.server.catalogue.dataset_actions import create_dataset, locked
from dataferry.server.catalogue.metadata import safe_file_name
from dataferry.server.catalogue.models import UPLOAD_TRANSITIONS, Dataset, Snapshot, Upload
from dataferry.server.catalogue.read_options import checked_options
from dataferry.server.catalogue.store import snapshot_store
from dataferry.server.web.problems import ConflictError

KIND = "catalogue.read_upload"
CHUNK = 1024 * 1024
_LONGEST_URL = 2000


class Readable(Protocol):
    """Anything that bytes can be read from, piece by piece."""

    def read(self, size: int = ..., /) -> bytes: ...


@dataclass(frozen=True)
class Kept:
    """Bytes in the store."""

    sha256: str
    bytes: int


def receive_upload(
    user: Any,
    dataset: Dataset | None,
    stream: Readable,
    file_name: str,
    *,
    options: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    organisation: str = "",
    slug: str = "",
    distribution: str = "",
    language: str = "",
    source: str = "",
) -> Upload:
    """Keep the bytes of `stream`, and ask for them to be read: as the first snapshot of a new dataset, or as the next.

    The same bytes as the newest snapshot, to be read with the same options, make no new one: the upload then is done at
    once with the outcome `same`.

    Args:
        dataset: None for a new one, which `metadata`, `organisation` and `slug` then describe.
        file_name: as the sender calls it; cleaned, shown, never used as a path.
        options: declared `ReadOptions` as JSON; see `read_options.checked_options`.
        distribution: name of the form within the dataset; when absent, the only one there is, or the file's name.
        source: where the file came from, such as its URL.

    Raises:
        RefusedError: not allowed. InputError: a field or an option is not usable, or the file is empty.
        LimitError: `server.catalogue.upload_too_big`.
    """
    permit_upload(user, dataset)
    declared = checked_options(options)
    if language and language not in LANGUAGES:
        raise InputError("server.catalogue.bad_field", field="language")
    name = safe_file_name(file_name)
    kept = keep_bytes(stream, name, source[:_LONGEST_URL])
    with transaction.atomic():
        if dataset is None:
            row = create_dataset(user, metadata or {}, organisation=organisation, slug=slug, file_name=name)
        else:
            row = locked(dataset)
            people.require(user, "catalogue.upload", row)
        upload = Upload(
            dataset=row,
            distribution_name=_distribution_name(row, distribution, name),
            sha256=kept.sha256,
            bytes=kept.bytes,
            file_name=name,
            source=source[:_LONGEST_URL],
            media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            language=language,
            read_options=declared,
            received_by=user.pk,
        )
        return take_in(upload, people.actor(user), user.pk)


def permit_upload(user: Any, dataset: Dataset | None) -> None:
    """Refuse before any byte is taken."""
    if dataset is None:
        people.require(user, "catalogue.create_dataset")
        return
    people.require(user, "catalogue.upload", dataset)
    if dataset.withdrawn_at is not None:
        raise RefusedError("server.catalogue.withdrawn", dataset=dataset.slug)


def keep_bytes(stream: Readable, name: str, source: str) -> Kept:
    """The bytes of a stream in the store, counted and hashed while they come in; never held in memory.

    Raises:
        LimitError: `server.catalogue.upload_too_big`. InputError: `server.catalogue.empty_file`.
    """
    work = settings.HOME / "work"
    work.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(prefix="upload-", dir=work) as file:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > settings.UPLOAD_LIMIT:
                raise LimitError("server.catalogue.upload_too_big", file=name, limit=settings.UPLOAD_LIMIT)
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        if size == 0:
            raise InputError("server.catalogue.empty_file", file=name)
        stored = snapshot_store().put(
            Path(file.name), name=name, media_type="application/octet-stream", source={"url": source} if source else {}
        )
    if stored.sha256 != digest.hexdigest():
        raise InputError("tables.changed_while_stored", file=name)
    return Kept(stored.sha256, size)


def _distribution_name(dataset: Dataset, wanted: str, file_name: str) -> str:
    """The form of the dataset that a file belongs to: the named one, the only one, or a new one of the file's name."""
    if wanted:
        return " ".join(wanted.split())[:120]
    known = list(dataset.distributions.values_list("name", flat=True)[:2])
    return known[0] if len(known) == 1 else file_name


def take_in(upload: Upload, actor: str, asked_by: int | None, *, publish: bool = False) -> Upload:
    """Save an upload and ask for its reading where it brings anything new, within the caller's transaction."""
    newest = newest_snapshot(upload)
    if newest is not None and newest.sha256 == upload.sha256 and newest.read_options == upload.read_options:
        upload.state, upload.outcome = Upload.State.DONE, "same"
        upload.snapshot, upload.finished_at = newest, timezone.now()
    upload.save()
    if upload.state == Upload.State.WAITING:
        _ask(upload, asked_by, publish=publish)
    payload = {"upload": upload.pk, "sha256": upload.sha256, "outcome": upload.outcome or "reading"}
    journal.append(actor, "catalogue.file_received", f"dataset:{upload.dataset.slug}", payload)
    return upload


def newest_snapshot(upload: Upload) -> Snapshot | None:
    """The newest snapshot of the form that an upload belongs to."""
    rows = Snapshot.objects.filter(distribution__dataset=upload.dataset_id, distribution__name=upload.distribution_name)
    return rows.order_by("-number").first()


def _ask(upload: Upload, asked_by: int | None, *, publish: bool = False) -> None:
    payload = {"upload": upload.pk, "publish": publish}
    subject = f"dataset:{upload.dataset.slug}"
    upload.job = jobs.enqueue(KIND, subject=subject, payload=payload, asked_by=asked_by, key=f"upload:{upload.pk}")
    upload.save(update_fields=["job"])


def retry_upload(user: Any, upload: Upload, options: Mapping[str, Any] | None = None) -> Upload:
    """Read the bytes of a failed upload again, with other options.

    Raises:
        RefusedError: not theirs, or `server.catalogue.upload_not_failed`. InputError: an option is not usable.
    """
    permit_upload(user, upload.dataset)
    declared = checked_options(options) if options is not None else None
    with transaction.atomic():
        row = Upload.objects.select_for_update().select_related("dataset").get(pk=upload.pk)
        _move(row, Upload.State.WAITING)
        row.error, row.finished_at, row.outcome = None, None, ""
        if declared is not None:
            row.read_options = declared
        row.save()
        _ask(row, user.pk)
        payload = {"upload": row.pk, "sha256": row.sha256}
        journal.append(people.actor(user), "catalogue.reading_retried", f"dataset:{row.dataset.slug}", payload)
    return row


def read_again(user: Any, snapshot: Snapshot, options: Mapping[str, Any] | None) -> Upload:
    """Read bytes that are a snapshot already with other options: a correction is a new snapshot of the same bytes.

    Raises:
        RefusedError: not theirs. InputError: an option is not usable.
    """
    dataset = snapshot.distribution.dataset
    permit_upload(user, dataset)
    declared = checked_options(options)
    with transaction.atomic():
        upload = Upload(
            dataset=locked(dataset),
            distribution_name=snapshot.distribution.name,
            sha256=snapshot.sha256,
            bytes=snapshot.bytes,
            file_name=snapshot.file_name,
            media_type=snapshot.distribution.media_type,
            language=snapshot.distribution.language,
            read_options=declared,
            received_by=user.pk,
        )
        return take_in(upload, people.actor(user), user.pk)


def _move(upload: Upload, to: Upload.State) -> None:
    if to not in UPLOAD_TRANSITIONS[upload.state]:
        raise ConflictError("server.catalogue.upload_not_failed", upload=upload.pk, state=upload.state)
    upload.state = to


def fail_upload(upload_id: int, error: Mapping[str, Any]) -> None:
    """Close an upload that could not be read, with the reason its owner will see. Within the caller's transaction."""
    upload = Upload.objects.select_for_update().filter(pk=upload_id, state=Upload.State.WAITING).first()
    if upload is None:
        return
    _move(upload, Upload.State.FAILED)
    upload.error, upload.finished_at = dict(error), timezone.now()
    upload.save(update_fields=["state", "error", "finished_at"])
