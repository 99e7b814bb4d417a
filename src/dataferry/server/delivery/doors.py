"""What the machine doors have in common: the bearer token of a request, and refusals in a form that programs read."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from dataferry.messages import speaking
from dataferry.server.display.languages import tongue
from dataferry.server.web.limits import Cost, admit, count_refusal
from dataferry.server.web.middleware import asked_language
from dataferry.server.web.problems import answer_error

View = Callable[..., HttpResponseBase]


def bearer(request: HttpRequest) -> str:
    """The bearer token of a request; empty for none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def machine_door(view: View | None = None, *, cost: Cost | None = "read") -> Any:
    """A view for programs: rate limits, the caller's language, every refusal as `application/problem+json`.

    Args:
        cost: class of the rate limit; None counts nothing (files, which are read in many small stretches).
    """

    def around(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                language = asked_language(request)
            except SuspiciousOperation as error:
                # More parameters than the house reads, the language among them.
                return answer_error(request, error)
            with translation.override(language), speaking(tongue().library):
                try:
                    if cost is not None:
                        admit(request, cost)
                    response = view(request, *args, **kwargs)
                except Exception as error:  # noqa: BLE001  every failure becomes a problem
                    response = answer_error(request, error)
                if response.status_code == 401:
                    count_refusal(request)
                return response

        return csrf_exempt(door)

    return around(view) if view is not None else around
