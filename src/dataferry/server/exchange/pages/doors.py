"""What pages of the exchange make of errors, and who they are for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from dataferry.messages import MissingError, RefusedError
from dataferry.server import people
from dataferry.server.people import SignInNeeded

Page = Callable[..., HttpResponseBase]


def exchange_page(page: Page) -> Page:
    """A page for everybody; what is missing is 404."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return page(request, *args, **kwargs)
        except MissingError as error:
            raise Http404(error.code) from error

    return guarded


def signed_page(page: Page) -> Any:
    """A page for signed-in people, kept nowhere, GET and POST; what is not theirs to see is missing."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return page(request, *args, **kwargs)
        except SignInNeeded:
            raise
        except RefusedError as error:
            if error.code == "server.people.not_allowed":
                raise PermissionDenied(error.code) from error
            raise

    return people.signed_in(never_cache(require_http_methods(["GET", "HEAD", "POST"])(exchange_page(guarded))))
