"""The end of an upload: handed over to a room exactly once, given up by its owner, or swept away."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from dataferry.messages import MissingError
from dataferry.server.uploads import files
from dataferry.server.uploads.actions import finish, require_alive, safe_offset
from dataferry.server.uploads.models import Upload
from dataferry.server.uploads.queries import upload_of
from dataferry.server.web.problems import ConflictError

LEFT_LYING = timedelta(days=1)
"""How long a room may leave a file that it took where it found it."""


@dataclass(frozen=True)
class Taken:
    """A whole file, now the caller's: to be moved away or deleted within a day.

    Args:
        name: as the sender calls it, cleaned; never to be used as a path.
    """

    path: Path
    name: str
    bytes: int
    sha256: str


def take(user: Any, upload_id: uuid.UUID | str, purpose: str) -> Taken:
    """The complete file of this person's upload, exactly once.

    Inside the caller's transaction: when that is rolled back, the upload can be taken again, as long as the file was
    not moved. So ask everything that may refuse inside the same transaction, and move the file last.

    Raises:
        MissingError: not theirs, or for another purpose. GoneError: taken already, or expired.
        ConflictError: `server.uploads.incomplete`.
    """
    upload = upload_of(user, upload_id)
    if upload.purpose != purpose:
        raise MissingError("server.uploads.no_such_upload")
    require_alive(upload)
    finish(safe_offset(upload))
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        require_alive(row)
        if row.state != Upload.State.COMPLETE:
            raise ConflictError("server.uploads.incomplete", retry=True, offset=row.offset, length=row.length)
        row.state, row.taken_at = Upload.State.TAKEN, timezone.now()
        row.save(update_fields=["state", "taken_at"])
        target = files.handed_over(row.pk)
        if not target.exists():
            files.move(files.incoming(row.pk), target)
    return Taken(target, row.file_name, row.length, row.sha256)


def discard(user: Any, upload_id: uuid.UUID | str) -> None:
    """Give an upload up: its row at once, its bytes when that is certain.

    Raises:
        MissingError: not theirs. GoneError: `server.uploads.taken_already`.
    """
    upload = upload_of(user, upload_id)
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=upload.pk).first()
        if row is None:
            raise MissingError("server.uploads.no_such_upload")
        if row.state == Upload.State.TAKEN:
            require_alive(row)
        row.delete()
        transaction.on_commit(partial(files.remove, upload.pk))


def sweep() -> Mapping[str, int]:
    """Forget what is too old, in two goes: marked in one, deleted in the next.

    A clock that jumped forward for a while has marked too much; the next go sees that and takes the marks back.
    """
    now, states = timezone.now(), Upload.State
    marked = Upload.objects.filter(state=states.EXPIRED)
    back = marked.filter(expires_at__gt=now)
    restored = back.filter(sha256="").update(state=states.OPEN) + back.exclude(sha256="").update(state=states.COMPLETE)
    over = Q(state=states.EXPIRED) | Q(state=states.TAKEN, taken_at__lt=now - LEFT_LYING)
    gone = 0
    for key in list(Upload.objects.filter(over).values_list("pk", flat=True)):
        with transaction.atomic():
            gone += Upload.objects.filter(over, pk=key).delete()[0]
            transaction.on_commit(partial(files.remove, key))
    old = Upload.objects.filter(state__in=(states.OPEN, states.COMPLETE), expires_at__lt=now)
    return {"marked": old.update(state=states.EXPIRED), "restored": restored, "gone": gone, "strays": _strays()}


def _strays() -> int:
    """Files without a row: left by a process that died between the two."""
    found = 0
    before = (timezone.now() - LEFT_LYING).timestamp()
    for place in (files.folder(), files.folder(files.HANDED_OVER)):
        for path in place.glob(f"*{files.SUFFIX}"):
            try:
                key = uuid.UUID(path.stem)
                is_old = path.stat().st_mtime < before
            except (ValueError, OSError):
                continue
            if is_old and not Upload.objects.filter(pk=key).exists():
                path.unlink(missing_ok=True)
                found += 1
    return found
