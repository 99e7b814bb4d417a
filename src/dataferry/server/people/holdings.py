"""What this room holds about a person, for the export."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User

from dataferry.server.people.models import Invitation


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value is not None else None


def export(user: User) -> dict[str, Any]:
    """Account, addresses, profile, organisations, roles, keys and sessions. Secrets are named, never written out."""
    return {**_account(user), **_standing(user), **_keys(user)}


def _account(user: User) -> dict[str, Any]:
    profile = getattr(user, "profile", None)
    return {
        "account": {
            "user_name": user.username,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "joined_at": _instant(user.date_joined),
            "last_login_at": _instant(user.last_login),
        },
        "email_addresses": [
            {"email": row.email, "verified": row.verified, "primary": row.primary}
            for row in EmailAddress.objects.filter(user=user)
        ],
        "profile": {field: getattr(profile, field, "") for field in ("display_name", "language", "time_zone", "city")},
    }


def _standing(user: User) -> dict[str, Any]:
    addresses = [address.lower() for address in EmailAddress.objects.filter(user=user).values_list("email", flat=True)]
    return {
        "organisations": [
            {
                "organisation": row.organisation.slug,
                "name": row.organisation.name,
                "manager": row.is_manager,
                "joined_at": _instant(row.joined_at),
            }
            for row in user.memberships.select_related("organisation")
        ],
        "invitations": [
            {"organisation": row.organisation.slug, "email": row.email, "invited_at": _instant(row.invited_at)}
            for row in Invitation.objects.filter(email__in=addresses).select_related("organisation")
        ],
        "roles": [
            {
                "role": row.role,
                "city": row.city,
                "granted_at": _instant(row.granted_at),
                "until": _instant(row.until),
            }
            for row in user.role_grants.all()
        ],
    }


def _keys(user: User) -> dict[str, Any]:
    return {
        "api_tokens": [
            {
                "name": row.name,
                "prefix": row.prefix,
                "scopes": row.scopes,
                "created_at": _instant(row.created_at),
                "expires_at": _instant(row.expires_at),
                "last_used_at": _instant(row.last_used_at),
                "revoked_at": _instant(row.revoked_at),
            }
            for row in user.api_tokens.all()
        ],
        "authenticators": [
            {
                "kind": row.type,
                "name": row.data.get("name", ""),
                "created_at": _instant(row.created_at),
                "last_used_at": _instant(row.last_used_at),
            }
            for row in Authenticator.objects.filter(user=user)
        ],
        "sessions": [
            {
                "started_at": _instant(row.created_at),
                "internet_address": row.ip,
                "browser": row.user_agent,
            }
            for row in UserSession.objects.filter(user=user)
        ],
    }
