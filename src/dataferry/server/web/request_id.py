"""Every request has an id: it is in the answer's header, in every log line of the request, and on error pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-Id"
_SOUND = re.compile(r"[A-Za-z0-9_-]{8,64}")
_current: ContextVar[str] = ContextVar("dataferry_request_id", default="")


def request_id() -> str:
    """The id of the request being answered; empty outside one."""
    return _current.get()


def with_request_id(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Middleware: give each request its id. An id from outside counts only where a proxy of ours sets it."""

    def layer(request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "") if settings.BEHIND_PROXY else ""
        token = _current.set(given if _SOUND.fullmatch(given) else uuid.uuid4().hex)
        try:
            response = get_response(request)
            response[HEADER] = _current.get()
            return response
        finally:
            _current.reset(token)

    return layer
