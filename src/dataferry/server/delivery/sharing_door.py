"""The door of Delta Sharing: who asks, and refusals in the protocol's own form, `{"errorCode", "message"}`.

The client asks up to ten times again after 429 and 5xx and gives up at once after any other status, so a refusal is
never one of those.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from dataferry.formats.delta_sharing import error_json
from dataferry.formats.wire_json import write_json
from dataferry.messages import MissingError
from dataferry.server.delivery import gate, versions
from dataferry.server.delivery.doors import bearer, machine_door
from dataferry.server.delivery.gate import Door
from dataferry.server.delivery.models import AccessKey
from dataferry.server.delivery.versions import Version
from dataferry.server.web.problems import MEDIA_TYPE as PROBLEM
from dataferry.server.web.problems import problem_with_status

JSON = "application/json; charset=utf-8"
ERROR_CODES = {
    400: "INVALID_PARAMETER_VALUE",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "RESOURCE_DOES_NOT_EXIST",
    405: "METHOD_NOT_ALLOWED",
    429: "RESOURCE_EXHAUSTED",
    503: "TEMPORARILY_UNAVAILABLE",
}
_MALFORMED = {406, 412, 413, 415, 422, 428}
"""The protocol has one status for a request that is not as it should be: 400."""
_KEPT = ("Retry-After", "WWW-Authenticate", "Content-Language", "Allow")

View = Callable[..., HttpResponseBase]


def sharing_door(*methods: str) -> Callable[[View], View]:
    """A view of the protocol that takes these methods."""

    def around(view: View) -> View:
        @machine_door
        def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in methods:
                refused = problem_with_status(request, 405)
                refused["Allow"] = ", ".join(methods)
                return refused
            return view(request, *args, **kwargs)

        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            response = in_protocol(asked(request, *args, **kwargs))
            # What is here for one recipient is nobody else's to keep.
            response["Cache-Control"] = "private, no-store"
            if request.method == "HEAD" and isinstance(response, HttpResponse):
                # Not left to the web server: addresses in an answer that was not counted would be free.
                response.content = b""
            return response

        return csrf_exempt(door)

    return around


def in_protocol(response: HttpResponseBase) -> HttpResponseBase:
    """The answer itself, or a problem of ours in the protocol's words; `reason` is our message code."""
    if response.status_code < 400 or not isinstance(response, HttpResponse) or response["Content-Type"] != PROBLEM:
        return response
    problem = json.loads(response.content)
    status = 400 if response.status_code in _MALFORMED else response.status_code
    told = error_json(ERROR_CODES.get(status, "INTERNAL_ERROR"), problem["detail"]) | {"reason": problem["code"]}
    answer = HttpResponse(write_json(told), status=status, content_type=JSON)
    for name in _KEPT:
        if response.has_header(name):
            answer[name] = response[name]
    return answer


def holder(request: HttpRequest) -> AccessKey:
    """The key that a request brings, if what it is for may be had through this door at all.

    Raises:
        KeyRefusedError: no such key (401).
        RefusedError: what stands in the way (403).
    """
    key = gate.known_key(bearer(request))
    gate.admit(key, Door.SHARE)
    return key


def shared(key: AccessKey, share: str) -> AccessKey:
    """The key, if it opens the share of this name; the protocol does not tell capitals from small letters.

    Raises:
        MissingError: it opens another.
    """
    if share.lower() != key.entitlement.share.lower():
        raise MissingError("server.delivery.no_such_share", share=share[:80])
    return key


def opened(request: HttpRequest, share: str, schema: str, table: str) -> tuple[AccessKey, list[Version]]:
    """The key of a request and the versions of the table that it names, oldest first. No version is admitted yet.

    Raises:
        KeyRefusedError: no such key (401).
        RefusedError: what stands in the way (403); said before anything is told of what there is.
        MissingError: the key opens no such share or table.
    """
    key = shared(gate.known_key(bearer(request)), share)
    gate.check_trade(key.entitlement)
    if (schema.lower(), table.lower()) != (versions.SCHEMA, versions.table_of(key.entitlement).lower()):
        raise MissingError("server.delivery.no_such_table", table=f"{schema}.{table}"[:80])
    return key, versions.versions_of(key.entitlement)
