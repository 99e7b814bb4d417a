"""The life of an upload until it is complete: begun, its bytes taken in by one writer at a time, finished."""

from __future__ import annotations

import contextlib
import secrets
import time
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from dataferry.messages import InputError, LimitError, MissingError
from dataferry.server import people
from dataferry.server.uploads import files, queries
from dataferry.server.uploads.errors import GoneError, LockedError, StorageFullError
from dataferry.server.uploads.headers import clean_media_type, clean_name
from dataferry.server.uploads.models import Upload
from dataferry.server.uploads.purposes import purpose_of
from dataferry.server.web.problems import ConflictError

KEPT = timedelta(days=3)
LEASE = timedelta(seconds=15)
"""How long a writer may be silent before another request of the same person may go on in its place."""
STEP = 4 * 1024 * 1024
PIECE = 64 * 1024
TELL_EVERY = 3.0
MOST_AT_ONCE = 40


class Readable(Protocol):
    """Anything that bytes can be read from, piece by piece."""

    def read(self, size: int = ..., /) -> bytes: ...


def begin(user: Any, *, purpose: str, length: int, file_name: str, media_type: str = "") -> Upload:
    """Promise room for a file, before any byte of it is taken.

    Raises:
        UsageError: the purpose is unknown. RefusedError: not allowed. InputError: `server.uploads.empty`.
        LimitError: `server.uploads.too_big`, `server.uploads.quota`, `server.uploads.too_many`.
        StorageFullError: `server.uploads.disk_full`.
    """
    wanted = purpose_of(purpose)
    people.require(user, wanted.permission)
    if length == 0:
        raise InputError("server.uploads.empty")
    if length > wanted.limit:
        raise LimitError("server.uploads.too_big", bytes=length, limit=wanted.limit)
    with transaction.atomic():
        # Two beginnings of one person at the same time must not both find the last free bytes.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        count, held = queries.held_by(user)
        if count >= MOST_AT_ONCE:
            raise LimitError("server.uploads.too_many", limit=MOST_AT_ONCE)
        if held + length > settings.UPLOAD_QUOTA:
            raise LimitError("server.uploads.quota", bytes=length, held=held, limit=settings.UPLOAD_QUOTA)
        require_room(length + queries.still_to_come())
        return Upload.objects.create(
            owner_id=user.pk,
            purpose=purpose,
            file_name=clean_name(file_name),
            media_type=clean_media_type(media_type),
            length=length,
            expires_at=timezone.now() + KEPT,
        )


def require_room(wanted: int) -> None:
    """Refuse what would fill the disk.

    Raises:
        StorageFullError: `server.uploads.disk_full`.
    """
    if files.free_bytes() - wanted < settings.DISK_RESERVE:
        raise StorageFullError("server.uploads.disk_full", retry=True)


def safe_offset(upload: Upload) -> Upload:
    """The upload with its offset put right where the disk holds less than was counted (another disk, a restore)."""
    path = files.incoming(upload.pk)
    on_disk = path.stat().st_size if path.exists() else 0
    if upload.state in (Upload.State.OPEN, Upload.State.COMPLETE) and on_disk < upload.offset:
        lost = Upload.objects.filter(pk=upload.pk, offset=upload.offset, state=upload.state)
        if not files.handed_over(upload.pk).exists():
            lost.update(offset=on_disk, state=Upload.State.OPEN, sha256="")
            upload.refresh_from_db()
    return upload


def receive(upload: Upload, offset: int, body: Readable, announced: int | None = None) -> Upload:
    """Take in the next bytes, as many as come: what arrived before a break is kept and counted.

    Args:
        offset: where the sender believes to be.
        announced: how many bytes it says it sends, where it says so.

    Raises:
        GoneError: expired or taken. LockedError: another request writes. ConflictError: `server.uploads.wrong_offset`.
        LimitError: `server.uploads.more_than_said`; nothing of this request is kept.
        StorageFullError: what fitted is kept.
    """
    upload = safe_offset(upload)
    if upload.state == Upload.State.COMPLETE:
        return _nothing_more(upload, offset, announced)
    with files.opened(files.incoming(upload.pk)) as handle:
        row = _take_lease(upload, offset, handle)
        try:
            if announced is not None and announced > row.length - row.offset:
                raise LimitError("server.uploads.more_than_said", length=row.length)
            require_room(announced or 0)
            _Writer(row, handle).take_in(body)
        finally:
            Upload.objects.filter(pk=row.pk, writer=row.writer).update(writer="", lease_until=None)
    return finish(row) if row.offset == row.length else row


def _nothing_more(upload: Upload, offset: int, announced: int | None) -> Upload:
    """A complete upload takes no byte; to be told its end once more does no harm."""
    if announced:
        raise LimitError("server.uploads.more_than_said", length=upload.length)
    if offset != upload.offset:
        raise ConflictError("server.uploads.wrong_offset", retry=True, offset=upload.offset, given=offset)
    return upload


def _take_lease(upload: Upload, offset: int, handle: int) -> Upload:
    """The row, in this request's hands, with the file as long as the row says."""
    with files.locked(handle), transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            raise MissingError("server.uploads.no_such_upload")
        require_alive(row)
        now = timezone.now()
        if row.writer and _holds(row.lease_until, now):
            raise LockedError("server.uploads.another_writes", retry=True)
        row.writer, row.lease_until = "", None
        row.offset = min(row.offset, files.size(handle))
        if offset == row.offset and row.state == Upload.State.OPEN:
            files.cut(handle, row.offset)
            row.writer, row.lease_until = secrets.token_hex(16), now + LEASE
            row.expires_at = now + KEPT
        row.save()
    if not row.writer:
        raise ConflictError("server.uploads.wrong_offset", retry=True, offset=row.offset, given=offset)
    return row


def _holds(until: datetime | None, now: datetime) -> bool:
    """Whether a lease is good: a clock that was put back must not make one last for ever."""
    return until is not None and now < until <= now + LEASE


def require_alive(upload: Upload) -> None:
    """Refuse what was taken or is too old.

    Raises:
        GoneError: `server.uploads.taken_already`, `server.uploads.expired`.
    """
    if upload.state == Upload.State.TAKEN:
        raise GoneError("server.uploads.taken_already")
    if upload.state == Upload.State.EXPIRED:
        raise GoneError("server.uploads.expired")


class _Writer:
    """One request that writes: gathers a step, makes it safe, counts it."""

    def __init__(self, row: Upload, handle: int) -> None:
        self._row, self._handle = row, handle
        self._gathered = bytearray()
        self._began = row.offset

    def take_in(self, body: Readable) -> None:
        told = time.monotonic()
        try:
            while piece := body.read(PIECE):
                self._gathered += piece
                if self._row.offset + len(self._gathered) > self._row.length:
                    self._refuse_surplus()
                if len(self._gathered) >= STEP or time.monotonic() - told > TELL_EVERY:
                    self._keep()
                    told = time.monotonic()
        except OSError as error:
            if isinstance(error, BlockingIOError) or error.errno in files.FULL:
                raise
            # The connection broke: what came is as good as if the sender had stopped there.
        self._keep()

    def _keep(self) -> None:
        """Safe on disk first, counted second, both only while the lease is ours."""
        row = self._row
        mine = Upload.objects.filter(pk=row.pk, writer=row.writer, offset=row.offset)
        with files.locked(self._handle):
            if not mine.exists():
                raise LockedError("server.uploads.another_writes", retry=True)
            try:
                files.append(self._handle, row.offset, self._gathered)
            except OSError as error:
                if error.errno in files.FULL:
                    raise StorageFullError("server.uploads.disk_full", retry=True) from error
                raise
            now, offset = timezone.now(), row.offset + len(self._gathered)
            if not mine.update(offset=offset, lease_until=now + LEASE, expires_at=now + KEPT):
                raise LockedError("server.uploads.another_writes", retry=True)
        row.offset, row.expires_at = offset, now + KEPT
        self._gathered.clear()

    def _refuse_surplus(self) -> None:
        """More than was said at the beginning: this is not that file, so nothing of the request is kept."""
        mine = Upload.objects.filter(pk=self._row.pk, writer=self._row.writer)
        with files.locked(self._handle), contextlib.suppress(OSError):
            if mine.update(offset=self._began):
                files.cut(self._handle, self._began)
        raise LimitError("server.uploads.more_than_said", length=self._row.length)


def finish(upload: Upload) -> Upload:
    """Close an upload whose bytes are all there, with their sha256. Doing it twice changes nothing.

    Raises:
        ConflictError: `server.uploads.incomplete`.
    """
    if upload.state == Upload.State.COMPLETE:
        return upload
    path = files.incoming(upload.pk)
    if upload.offset != upload.length or not path.exists():
        raise ConflictError("server.uploads.incomplete", retry=True, offset=upload.offset, length=upload.length)
    sha256, size = files.digest(path)
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            raise MissingError("server.uploads.no_such_upload")
        if row.state == Upload.State.OPEN and row.offset == row.length == size:
            row.state, row.sha256, row.writer, row.lease_until = Upload.State.COMPLETE, sha256, "", None
            row.expires_at = timezone.now() + KEPT
            row.save()
    return row
