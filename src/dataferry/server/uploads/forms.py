"""The file of a form, whichever way it came: sent in parts beforehand, or within the form itself."""

from __future__ import annotations

import hashlib
import os
import uuid
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from dataferry.messages import InputError, LimitError
from dataferry.server import people
from dataferry.server.uploads import files
from dataferry.server.uploads.actions import require_room
from dataferry.server.uploads.errors import StorageFullError
from dataferry.server.uploads.handing_over import Taken, take
from dataferry.server.uploads.headers import clean_name
from dataferry.server.uploads.purposes import Purpose, purpose_of

ID_SUFFIX = "_upload"
"""The hidden field beside the file's own carries the id of the upload."""


def from_form(request: HttpRequest, field: str, purpose: str) -> Taken:
    """The file that a form brought, as `uploads.take` gives it.

    Raises:
        Everything that `take` raises, and
        InputError: `server.uploads.no_file`, `server.uploads.empty`. LimitError: `server.uploads.too_big`.
        RefusedError: not allowed. StorageFullError: no room.
    """
    wanted = purpose_of(purpose)
    people.require(request.user, wanted.permission)
    sent_before = request.POST.get(field + ID_SUFFIX, "").strip()
    if sent_before:
        return take(request.user, sent_before, purpose)
    file = request.FILES.get(field)
    # The upload handler of the site stops reading a request that is too long, and leaves this mark on it.
    if getattr(request, "_upload_too_big", False):
        raise LimitError("server.uploads.too_big", bytes="", limit=wanted.limit)
    if not isinstance(file, UploadedFile):
        raise InputError("server.uploads.no_file", field=field)
    return _kept(file, wanted)


def _kept(file: UploadedFile[Any], wanted: Purpose) -> Taken:
    size = int(file.size or 0)
    if size == 0:
        raise InputError("server.uploads.empty")
    if size > wanted.limit:
        raise LimitError("server.uploads.too_big", bytes=size, limit=wanted.limit)
    require_room(size)
    path, sha256, offset = files.handed_over(uuid.uuid4()), hashlib.sha256(), 0
    try:
        with files.opened(path) as handle:
            for piece in file.chunks(files.PIECE):
                sha256.update(piece)
                while piece:
                    written = os.write(handle, piece)
                    piece, offset = piece[written:], offset + written
            os.fsync(handle)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in files.FULL:
            raise StorageFullError("server.uploads.disk_full", retry=True) from error
        raise
    return Taken(path, clean_name(str(file.name)), offset, sha256.hexdigest())
