"""Who calls the API: a bearer token or the site's own session."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from dataferry.messages import RefusedError
from dataferry.server.people.models import ApiToken
from dataferry.server.people.permissions import SignInNeeded
from dataferry.server.people.predicates import is_member
from dataferry.server.people.roles import Scope
from dataferry.server.people.tokens import digest_of, step_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
USE_NOTED_EVERY = timedelta(minutes=1)


def token_of(request: HttpRequest) -> ApiToken | None:
    """The token of the request, if it carries one.

    Raises:
        SignInNeeded: `server.people.bad_token`: unknown, expired or revoked, or its owner may not sign in.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != "bearer":
        raise SignInNeeded("server.people.bad_token")
    token = ApiToken.objects.select_related("user").filter(digest=digest_of(secret.strip())).first()
    if token is None or not token.usable or not token.user.is_active:
        raise SignInNeeded("server.people.bad_token")
    _note_use(token)
    return token


def _note_use(token: ApiToken) -> None:
    """Note the last use, once a minute at most: reading must not become writing."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def _session_user(request: HttpRequest) -> User | AnonymousUser:
    user = request.user
    if user.is_authenticated and request.method not in SAFE_METHODS and check_csrf(request) is not None:
        raise RefusedError("server.people.csrf")
    return user


class _Anyone:
    """A token, a session, or nobody. A token that is not good is refused all the same."""

    def __call__(self, request: HttpRequest) -> Any:
        token = token_of(request)
        if token is not None:
            _allow_scope(token, Scope.READ)
            request.user = token.user
            return token
        return _session_user(request)


class _Member(AuthBase):
    """A token with the scope, or a session (with Django's CSRF token on anything that changes)."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        token = token_of(request)
        if token is not None:
            _allow_scope(token, self.scope)
            request.user = token.user
        elif not _session_user(request).is_authenticated:
            raise SignInNeeded("server.people.sign_in")
        if not is_member(request.user):
            raise RefusedError("server.people.verify_first")
        return token or request.user


class _Session(AuthBase):
    """Shown in the OpenAPI document beside the token; the token's object does the work for both."""

    openapi_type = "apiKey"
    openapi_in = "cookie"
    openapi_name: ClassVar[str] = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        return None


def _allow_scope(token: ApiToken, scope: str) -> None:
    if step_of(token.scopes) < step_of([scope]):
        raise RefusedError("server.people.scope_missing", scope=scope)


anyone = _Anyone()


@cache
def member(scope: str) -> list[AuthBase]:
    """For `auth=` of an endpoint: a member, whose token (if it is one) has this scope."""
    return [_Member(Scope(scope).value), _Session()]
