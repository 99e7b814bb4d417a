"""API tokens: issued with a secret that is shown once, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from dataferry.messages import InputError, MissingError, RefusedError
from dataferry.server import journal
from dataferry.server.people.models import ApiToken
from dataferry.server.people.permissions import actor, require
from dataferry.server.people.queries import own_tokens
from dataferry.server.people.roles import Scope
from dataferry.server.people.texts import one_line
from dataferry.server.people.tokens import digest_of, new_secret, prefix_of, step_of

LONGEST_NAME = 80
LONGEST_LIFE = 366
MOST_TOKENS = 50


def issue_token(
    user: User, name: str, scopes: Iterable[str], days: int, *, within: Iterable[str] | None = None
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is never to be had again.

    Args:
        days: how long it is good for, 1 to 366.
        within: the scopes of the token that asks, where a token does; the new one may not go beyond them.

    Raises:
        RefusedError: the person's e-mail address is not verified; or they hold as many tokens as anyone may.
        InputError: a name, scope or life that is not allowed.
    """
    require(user, "people.use_tokens")
    name = one_line(name, "name", LONGEST_NAME)
    scopes = set(scopes)
    wanted = [scope for scope in Scope.values if scope in scopes]
    unknown = sorted(scopes - set(Scope.values))
    if unknown or not wanted:
        raise InputError("server.people.not_offered", field="scopes", value=unknown)
    if within is not None and step_of(wanted) > step_of(within):
        raise RefusedError("server.people.scope_missing", scope=wanted[-1])
    if not 1 <= days <= LONGEST_LIFE:
        raise InputError("server.people.bad_life", longest=LONGEST_LIFE)
    secret = new_secret()
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        if own_tokens(user).filter(revoked_at__isnull=True, expires_at__gt=timezone.now()).count() >= MOST_TOKENS:
            raise RefusedError("server.people.too_many_tokens", most=MOST_TOKENS)
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=prefix_of(secret),
            digest=digest_of(secret),
            scopes=wanted,
            expires_at=timezone.now() + timedelta(days=days),
        )
        journal.append(actor(user), "people.token_issued", f"token:{token.pk}", {"scopes": wanted})
    return token, secret


def revoke_token(user: User, token_id: int) -> ApiToken:
    """Make a token useless, now and for good; the same again changes nothing.

    Raises:
        MissingError: this person has no such token.
    """
    require(user, "people.use_account")
    with transaction.atomic():
        token = own_tokens(user).select_for_update().filter(pk=token_id).first()
        if token is None:
            raise MissingError("server.people.no_token")
        if token.revoked_at is None:
            token.revoked_at = timezone.now()
            token.save(update_fields=["revoked_at"])
            journal.append(actor(user), "people.token_revoked", f"token:{token.pk}", {})
    return token
