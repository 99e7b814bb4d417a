"""What every page of the catalogue does with a refusal: missing is 404, not signed in leads there, the rest is 403."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server.people import SignInNeeded
from dataferry.server.people.permissions import sign_in_address

Page = Callable[..., HttpResponseBase]


def door(page: Page) -> Page:
    """A page whose refusals become the site's own designed answers."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return page(request, *args, **kwargs)
        except SignInNeeded:
            return HttpResponseRedirect(sign_in_address(request))
        except MissingError as error:
            raise Http404(error.code) from error
        except InputError as error:
            if error.code == "server.catalogue.ambiguous_digest":
                raise Http404(error.code) from error
            raise
        except RefusedError as error:
            raise PermissionDenied(error.code) from error

    return guarded


def is_partial(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for one part of the page only."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Target") == target
