"""What pages of editions make of errors: what a person may not see is not there, what they may not do is told."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from dataferry.messages import MissingError
from dataferry.server import people

Page = Callable[..., HttpResponseBase]


def public_page(page: Page) -> Page:
    """A page for everybody; what is missing is 404."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return page(request, *args, **kwargs)
        except MissingError as error:
            raise Http404(error.code) from error

    return guarded


def organisers_page(permission: str) -> Callable[[Page], Page]:
    """A page for signed-in people who hold the permission somewhere; the acts on it ask again for the thing itself."""

    def around(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not people.can(request.user, permission):
                raise PermissionDenied(permission)
            return page(request, *args, **kwargs)

        return people.signed_in(public_page(guarded))

    return around
