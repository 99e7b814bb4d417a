"""Files of a request: received on disk, never in memory, and no further than the limit of this site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

from dataferry.messages import InputError, LimitError

_OVERHEAD = 1024 * 1024
_TOO_BIG = "_upload_too_big"


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Stops reading a request when it is longer than `settings.UPLOAD_LIMIT`; `received_file` then says so."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803  Django's name
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        self._received = 0
        if content_length > settings.UPLOAD_LIMIT + _OVERHEAD:
            self._stop()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._received += len(raw_data)
        if self._received > settings.UPLOAD_LIMIT:
            self._stop()
        super().receive_data_chunk(raw_data, start)

    def _stop(self) -> None:
        setattr(self.request, _TOO_BIG, True)
        raise StopUpload(connection_reset=True)


def received_file(request: HttpRequest, field: str = "file") -> UploadedFile:
    """The file that a request brought.

    Raises:
        LimitError: `server.catalogue.upload_too_big`. InputError: `server.catalogue.file_missing`.
    """
    file = request.FILES.get(field)
    if getattr(request, _TOO_BIG, False):
        raise LimitError("server.catalogue.upload_too_big", file=field, limit=settings.UPLOAD_LIMIT)
    if not isinstance(file, UploadedFile):
        raise InputError("server.catalogue.file_missing", field=field)
    return file
