"""A file as an answer, whole or in ranges (Django's own file answers know no `Range`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date, parse_etags, parse_http_date_safe

from dataferry.server.web.ranges import Part, UnsatisfiableError, asked_part

CHUNK = 256 * 1024


def serve(request: HttpRequest, path: Path, sha256: str, modified: float) -> HttpResponseBase:
    """`path` as the answer to a GET or HEAD, with its sha256 as the entity tag.

    Honours If-None-Match, Range (one range; first-last, first-, -suffix) and If-Range.
    """
    etag = f'"{sha256}"'
    if not path.is_file():
        raise Http404
    size = path.stat().st_size
    if _has_it_already(request, etag):
        return _described(HttpResponseNotModified(), etag, modified)
    try:
        part = asked_part(request.headers.get("Range"), size) if _range_applies(request, etag, modified) else None
    except UnsatisfiableError:
        refused = HttpResponse(status=416)
        refused["Content-Range"] = f"bytes */{size}"
        return _described(refused, etag, modified)
    shown = part or Part(0, size - 1)
    body = iter(()) if request.method == "HEAD" else _bytes(path.open("rb"), shown)
    response = StreamingHttpResponse(body, status=206 if part else 200)
    response["Content-Length"] = str(shown.length)
    if part:
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    return _described(response, etag, modified)


def _described(response: HttpResponseBase, etag: str, modified: float) -> HttpResponseBase:
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["Last-Modified"] = http_date(modified)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
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


def _bytes(opened: BinaryIO, part: Part) -> Iterator[bytes]:
    with opened:
        opened.seek(part.first)
        left = part.length
        while left > 0 and (chunk := opened.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk
