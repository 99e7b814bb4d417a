"""Entity tags of JSON answers: what a caller has already is not sent again, what it did not see is not overwritten."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from dataferry.server.web.problems import PreconditionError, PreconditionNeededError

DEPENDS_ON = ("Accept-Language", "Authorization", "Cookie")
_KEPT_WITH_304 = ("Cache-Control", "Content-Language", "ETag", "Expires", "Vary")


def etag_of(revision: object) -> str:
    """The strong tag of a row that counts its revisions, as answers carry it and `If-Match` names it."""
    return f'"r{revision}"'


def stamp(response: HttpResponse, revision: object) -> None:
    """Put the tag of a revision on an answer (the `response` argument of an operation)."""
    response["ETag"] = etag_of(revision)


def require_match(request: HttpRequest, revision: object, *, needed: bool = True) -> None:
    """Go on only when the caller changes the state it saw.

    Raises:
        PreconditionError: `server.web.changed_meanwhile` (412), `If-Match` names another revision.
        PreconditionNeededError: `server.web.if_match_needed` (428), there is no `If-Match` though it is needed.
    """
    asked = request.headers.get("If-Match", "")
    if not asked.strip():
        if needed:
            raise PreconditionNeededError("server.web.if_match_needed")
        return
    tags = parse_etags(asked)
    # RFC 9110: If-Match compares strongly, so a weak tag matches nothing.
    if "*" not in tags and etag_of(revision) not in tags:
        raise PreconditionError("server.web.changed_meanwhile", revision=revision)


def conditional(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """A GET answer with its tag (a weak one of its content where the operation gave none), or 304."""
    patch_vary_headers(response, DEPENDS_ON)
    if request.method not in {"GET", "HEAD"} or response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    if not response.has_header("ETag"):
        # The tag of a 200 does not have to differ between representations byte by byte: weak is honest after gzip.
        response["ETag"] = f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    if not response.has_header("Cache-Control"):
        response["Cache-Control"] = "private, no-cache"
    if not same(request, str(response["ETag"])):
        return response
    unchanged = HttpResponseNotModified()
    for name in _KEPT_WITH_304:
        if response.has_header(name):
            unchanged[name] = response[name]
    return unchanged


def same(request: HttpRequest, etag: str) -> bool:
    """Whether `If-None-Match` names this tag (compared weakly, as RFC 9110 wants it)."""
    tags = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    return "*" in tags or etag.removeprefix("W/") in tags
