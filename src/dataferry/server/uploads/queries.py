"""Uploads as their owners see them. Somebody else's are missing."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import F, Sum

from dataferry.messages import MissingError
from dataferry.server.uploads.models import Upload

_HELD = (Upload.State.OPEN, Upload.State.COMPLETE, Upload.State.EXPIRED)


def upload_of(user: Any, upload_id: uuid.UUID | str) -> Upload:
    """This person's upload.

    Raises:
        MissingError: `server.uploads.no_such_upload`, also for another person's and for what is no id.
    """
    try:
        key = upload_id if isinstance(upload_id, uuid.UUID) else uuid.UUID(str(upload_id)[:64])
    except ValueError:
        raise MissingError("server.uploads.no_such_upload") from None
    found = Upload.objects.filter(pk=key, owner_id=user.pk).first()
    if found is None:
        raise MissingError("server.uploads.no_such_upload")
    return found


def held_by(user: Any) -> tuple[int, int]:
    """How many uploads of a person are here, and the bytes they have or will have."""
    rows = Upload.objects.filter(owner_id=user.pk, state__in=_HELD)
    return rows.count(), int(rows.aggregate(sum=Sum("length"))["sum"] or 0)


def still_to_come() -> int:
    """Bytes that were promised room and have not arrived yet."""
    open_rows = Upload.objects.filter(state=Upload.State.OPEN)
    return int(open_rows.aggregate(sum=Sum(F("length") - F("offset")))["sum"] or 0)
