"""Who may do what: the front of all permission questions, and this room's own permissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

import rules
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from dataferry.messages import RefusedError
from dataferry.server.people import predicates

if TYPE_CHECKING:
    from django.contrib.auth.models import User

rules.add_perm("people.use_account", predicates.is_signed_in)
rules.add_perm("people.use_tokens", predicates.is_member)
rules.add_perm("people.create_organisation", predicates.is_member)
rules.add_perm("people.see_organisation", predicates.belongs_to_organisation | predicates.is_administrator_somewhere)
rules.add_perm("people.manage_organisation", predicates.manages_organisation)
rules.add_perm("people.verify_organisation", predicates.is_administrator)
rules.add_perm("people.grant_role", predicates.is_administrator)
rules.add_perm("people.see_roles", predicates.is_administrator_somewhere)


class SignInNeeded(RefusedError):  # noqa: N818 - rooms say what is needed, not that it is an error
    """Only a signed-in person could be allowed this. Pages lead to the sign-in page, the API answers 401."""

    http_status = 401


def can(user: Any, permission: str, obj: Any = None) -> bool:
    """Whether the person may do this.

    Raises:
        KeyError: no room declares this permission (a fault of ours).
    """
    if not rules.perm_exists(permission):
        raise KeyError(permission)
    return bool(rules.has_perm(permission, user, obj))


def require(user: Any, permission: str, obj: Any = None) -> None:
    """Do nothing when the person may do this.

    Raises:
        SignInNeeded: nobody is signed in.
        RefusedError: `server.people.not_allowed`, or `server.people.verify_first` where a verified e-mail is missing.
    """
    if can(user, permission, obj):
        return
    if not predicates.is_signed_in(user):
        raise SignInNeeded("server.people.sign_in")
    if not predicates.is_member(user):
        raise RefusedError("server.people.verify_first")
    raise RefusedError("server.people.not_allowed")


def actor(user: Any) -> str:
    """How the journal names a person: by number, never by name."""
    return f"person:{user.pk}"


def sign_in_address(request: HttpRequest) -> str:
    """The sign-in page, which leads back to where the visitor is now."""
    return f"{reverse('account_login')}?{urlencode({'next': request.get_full_path()})}"


def signed_in_person(request: HttpRequest) -> User:
    """The person of a request that `signed_in` has let through."""
    return cast("User", request.user)


Page = Callable[..., HttpResponseBase]


def signed_in(page: Page) -> Page:
    """For pages: a visitor is led to sign in, and back to this page afterwards."""

    @wraps(page)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not predicates.is_signed_in(request.user):
            return HttpResponseRedirect(sign_in_address(request))
        return page(request, *args, **kwargs)

    return guarded
