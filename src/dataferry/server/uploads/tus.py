"""The door of resumable uploads: tus 1.0 (core, creation, expiration, termination) for sessions and bearer tokens.

    POST   /uploads/        Upload-Length, Upload-Metadata (purpose, filename, filetype) -> 201 with Location
    HEAD   /uploads/{id}    -> Upload-Offset
    PATCH  /uploads/{id}    Upload-Offset, application/offset+octet-stream -> 204 with the new Upload-Offset
    DELETE /uploads/{id}    -> 204

Refusals are `application/problem+json`. A session sends Django's CSRF token in `X-CSRFToken`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date
from django.views.decorators.csrf import csrf_exempt

from dataferry.messages import UsageError, speaking
from dataferry.server.display.languages import tongue
from dataferry.server.people.authentication import member
from dataferry.server.uploads import actions, handing_over, headers, purposes, queries
from dataferry.server.uploads.models import Upload
from dataferry.server.web.limits import admit, count_refusal
from dataferry.server.web.middleware import asked_language
from dataferry.server.web.problems import PreconditionError, answer_error, problem_with_status

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
BODY = "application/offset+octet-stream"
_OVERRIDDEN = frozenset({"PATCH", "DELETE", "HEAD"})

View = Callable[..., HttpResponse]


def _door(*methods: str) -> Callable[[View], View]:
    """A view of the protocol: the version, who comes, how often, the language of refusals, and the common headers."""

    def around(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            method = _method_of(request)
            with translation.override(asked_language(request)), speaking(tongue().library):
                answer = _answered(request, method, lambda: view(request, method, *args, **kwargs))
            answer["Tus-Resumable"] = VERSION
            answer["Cache-Control"] = "no-store"
            patch_vary_headers(answer, ("Accept-Language", "Authorization", "Cookie"))
            return answer

        def _answered(request: HttpRequest, method: str, run: Callable[[], HttpResponse]) -> HttpResponse:
            if method == "OPTIONS":
                return _abilities()
            if method not in methods:
                refused = problem_with_status(request, 405)
                refused["Allow"] = ", ".join(("OPTIONS", *methods))
                return refused
            try:
                _require_version(request)
                # The bytes themselves are bounded by quota and disk; here only how often somebody knocks is.
                admit(request, "write" if method in {"POST", "DELETE"} else "read")
                member("write")[0](request)
                return run()
            except Exception as error:  # noqa: BLE001  every failure becomes a problem
                answer = answer_error(request, error)
                if answer.status_code == 412:
                    answer["Tus-Version"] = VERSION
                if answer.status_code == 401 and "Authorization" in request.headers:
                    count_refusal(request)
                return answer

        return guarded

    return around


def _method_of(request: HttpRequest) -> str:
    """Some networks let only GET and POST through; the protocol then names the method in a header."""
    asked = request.headers.get("X-HTTP-Method-Override", "").upper()
    return asked if request.method == "POST" and asked in _OVERRIDDEN else str(request.method)


def _require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise PreconditionError("server.uploads.wrong_version", version=VERSION)


def _abilities() -> HttpResponse:
    answer = HttpResponse(status=204)
    answer["Tus-Version"] = VERSION
    answer["Tus-Extension"] = EXTENSIONS
    answer["Tus-Max-Size"] = str(purposes.largest())
    return answer


@_door("POST")
def collection(request: HttpRequest, _method: str) -> HttpResponse:
    """Begin an upload."""
    length = headers.number_of("Upload-Length", request.headers.get("Upload-Length"))
    told = headers.metadata_of(request.headers.get("Upload-Metadata", ""))
    upload = actions.begin(
        request.user,
        purpose=told.get("purpose", ""),
        length=length,
        file_name=told.get("filename") or told.get("name") or "",
        media_type=told.get("filetype") or told.get("type") or "",
    )
    answer = HttpResponse(status=201)
    answer["Location"] = reverse("uploads_one", args=[upload.pk])
    return _stamped(answer, upload)


@_door("HEAD", "PATCH", "DELETE")
def one(request: HttpRequest, method: str, upload_id: uuid.UUID) -> HttpResponse:
    """How far an upload is; its next bytes; its end."""
    upload = queries.upload_of(request.user, upload_id)
    if method == "DELETE":
        handing_over.discard(request.user, upload.pk)
        return HttpResponse(status=204)
    actions.require_alive(upload)
    if method == "HEAD":
        return _told(actions.safe_offset(upload))
    if (request.content_type or "").lower() != BODY:
        return problem_with_status(request, 415)
    offset = headers.number_of("Upload-Offset", request.headers.get("Upload-Offset"))
    announced = _announced(request)
    return _stamped(HttpResponse(status=204), actions.receive(upload, offset, _body(request, announced), announced))


def _body(request: HttpRequest, announced: int | None) -> actions.Readable:
    """Where the bytes come from. Django reads nothing of a body whose length is not told; the web server can."""
    stream = request.META.get("wsgi.input")
    return stream if announced is None and request.META.get("wsgi.input_terminated") and stream else request


def _announced(request: HttpRequest) -> int | None:
    """How many bytes the request says it brings.

    Raises:
        UsageError: `server.uploads.bad_number`.
    """
    text = request.META.get("CONTENT_LENGTH") or ""
    if not text:
        return None
    if not text.isascii() or not text.isdigit():
        raise UsageError("server.uploads.bad_number", header="Content-Length", value=text[:40])
    return int(text)


def _told(upload: Upload) -> HttpResponse:
    answer = _stamped(HttpResponse(), upload)
    answer["Upload-Length"] = str(upload.length)
    about = {"filename": upload.file_name, "filetype": upload.media_type, "purpose": upload.purpose}
    answer["Upload-Metadata"] = headers.written({key: value for key, value in about.items() if value})
    return answer


def _stamped(answer: HttpResponse, upload: Upload) -> HttpResponse:
    answer["Upload-Offset"] = str(upload.offset)
    if upload.state == Upload.State.OPEN:
        answer["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return answer
