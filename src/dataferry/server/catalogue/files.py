"""Files of a snapshot, by digest: the bytes as they were received, and the table they were read into."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server.catalogue import queries
from dataferry.server.catalogue.store import bytes_of, table_of
from dataferry.server.people.authentication import anyone
from dataferry.server.web.files import serve

_KINDS = {"raw": (bytes_of, "sha256"), "table": (table_of, "table_sha256")}


@require_safe
def download(request: HttpRequest, slug: str, sha256: str, name: str, kind: str) -> HttpResponseBase:
    """One of the two files of a snapshot. `name` is for people; the digest alone says what is answered.

    What was received may be anything, so it is handed over to be saved, never shown in place.
    """
    try:
        anyone(request)
    except RefusedError as error:
        return _told(error)
    try:
        snapshot = queries.snapshot_of(request.user, slug, sha256)
        dataset = snapshot.distribution.dataset
        if not queries.may_download(request.user, dataset):
            raise PermissionDenied
        opened, digest = _KINDS[kind]
        with opened(snapshot) as path:
            response = serve(request, path, getattr(snapshot, digest), snapshot.received_at.timestamp())
    except (MissingError, InputError) as error:
        raise Http404(error.code) from error
    if response.status_code in {200, 206}:
        response["Content-Type"] = "application/octet-stream"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Disposition"] = content_disposition_header(True, name[-120:]) or "attachment"
    if not dataset.is_public:
        response["Cache-Control"] = "private, no-store"
    return response


def _told(error: RefusedError) -> HttpResponse:
    """A token that is not good: programs read one line of text."""
    return HttpResponse(error.text(), status=error.http_status, content_type="text/plain; charset=utf-8")
