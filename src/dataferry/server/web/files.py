"""A file as an answer, whole or in ranges (Django's own file answers know no `Range`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from dataferry.server.web.ranges import Part, UnsatisfiableError, asked_part

CHUNK = 256 * 1024
FOREVER = "public, max-age=31536000, immutable"
PRIVATE = "private, no-store"
"""For what one caller may have and the next may not, or no longer."""


def serve(
    request: HttpRequest,
    path: Path | BinaryIO,
    sha256: str,
    modified: float,
    *,
    cache_control: str = FOREVER,
    guard: Callable[[int], None] | None = None,
) -> HttpResponseBase:
    """A file as the answer to a GET or HEAD, with its sha256 as the entity tag.

    Honours If-None-Match, Range (one range; first-last, first-, -suffix) and If-Range.

    Args:
        path: where it is, or the file itself, opened; it is closed in any case.
        cache_control: who may keep it how long.
        guard: called before every chunk with its bytes, from the first on; when it raises, nothing more is sent and the
            connection ends short of its announced length.
    """
    try:
        opened = path.open("rb") if isinstance(path, Path) else path
    except OSError as error:
        raise Http404 from error
    response = _answer(request, opened, f'"{sha256}"', modified, guard)
    if not response.streaming or request.method == "HEAD":
        opened.close()
    response["ETag"] = f'"{sha256}"'
    response["Accept-Ranges"] = "bytes"
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = cache_control
    return response


def _answer(
    request: HttpRequest, opened: BinaryIO, etag: str, modified: float, guard: Callable[[int], None] | None
) -> HttpResponseBase:
    size = os.fstat(opened.fileno()).st_size
    if _has_it_already(request, etag):
        return HttpResponseNotModified()
    try:
        part = asked_part(request.headers.get("Range"), size) if _range_applies(request, etag, modified) else None
    except UnsatisfiableError:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return refused
    shown = part or Part(0, size - 1)
    body = iter(()) if request.method == "HEAD" else _bytes(opened, shown, guard)
    response = StreamingHttpResponse(body, status=206 if part else 200)
    response["Content-Length"] = str(shown.length)
    if part:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return response


def _has_it_already(request: HttpRequest, etag: str) -> bool:
    tags = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in tags or etag in {tag.removeprefix("W/") for tag in tags}


def _range_applies(request: HttpRequest, etag: str, modified: float) -> bool:
    """A range counts for GET only, and not when `If-Range` names another state of the file."""
    if request.method != "GET":
        return False
    condition = request.headers.get("If-Range", "").strip()
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    return parse_http_date_safe(condition) == int(modified)


def _bytes(opened: BinaryIO, part: Part, guard: Callable[[int], None] | None) -> Iterator[bytes]:
    with opened:
        opened.seek(part.first)
        left = part.length
        while left > 0 and (chunk := opened.read(min(CHUNK, left))):
            if guard is not None:
                guard(len(chunk))
            left -= len(chunk)
            yield chunk
