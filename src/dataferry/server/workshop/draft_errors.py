"""What pages make of errors: what a person may not see is not there, what they may not do is told, the rest is said."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from dataferry.messages import DataferryError, MissingError, RefusedError
from dataferry.server import people
from dataferry.server.display.languages import page_language
from dataferry.server.web.problems import ConflictError

Page = Callable[..., HttpResponseBase]


def draft_page(page: Page) -> Page:
    """A page for signed-in people: missing is 404, refused is 403; conflicts and wrong input are its own affair."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return page(request, *args, **kwargs)
        except MissingError as error:
            raise Http404(error.code) from error
        except ConflictError:
            raise
        except RefusedError as error:
            raise PermissionDenied(error.code) from error

    return people.signed_in(guarded)


def tell(request: HttpRequest, error: DataferryError) -> None:
    """Say an error at the top of the next page."""
    messages.error(request, error.text(page_language()))
