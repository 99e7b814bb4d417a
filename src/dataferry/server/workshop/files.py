"""Files of a release: only what its record lists, and a report that can do nothing but show itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from dataferry.server.web.files import serve
from dataferry.server.workshop.models import Release
from dataferry.server.workshop.queries import release_file, release_of

# A report was made from hostile text; it may show itself, and nothing else.
REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SHOWN_IN_PLACE = frozenset({"text/html", "application/json"})


@require_safe
def download(request: HttpRequest, slug: str, version: str, name: str) -> HttpResponseBase:
    """One file of a release. Only files that its record lists exist here."""
    release = release_of(request.user, slug, version)
    if release is None:
        raise Http404
    return file_answer(request, release, name)


def file_answer(request: HttpRequest, release: Release, name: str) -> HttpResponseBase:
    """A file of a release that the caller may see, by the name that its record lists.

    Raises:
        Http404: no such file.
    """
    found = release_file(release, name)
    if found is None:
        raise Http404
    entry, path = found
    response = serve(request, Path(path), str(entry["sha256"]), release.registered_at.timestamp())
    if not hasattr(release, "publication"):
        # What one person may see must not lie in a cache between them and others.
        response["Cache-Control"] = "private, no-cache"
    if response.status_code in {200, 206}:
        _describe(response, release, entry, name)
    return response


def _describe(response: HttpResponseBase, release: Release, entry: Mapping[str, object], name: str) -> None:
    media_type = str(entry["media_type"])
    inline = media_type.partition(";")[0] in SHOWN_IN_PLACE
    response["Content-Type"] = f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
    file_name = f"{release.product.slug}-{release.version}-{Path(name).name}"
    response["Content-Disposition"] = content_disposition_header(not inline, file_name) or "inline"
    if inline:
        response["Content-Security-Policy"] = REPORT_POLICY
