"""What delivery holds about a person: the access keys that they made, and what they called them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people


def exported(user: User) -> dict[str, Any]:
    """Keys that the person made; the tokens themselves are kept nowhere."""
    from dataferry.server.delivery.models import AccessKey

    rows = AccessKey.objects.filter(issued_by=user).select_related("entitlement").order_by("pk")
    return {
        "access_keys": [
            {
                "delivery": row.entitlement.number,
                "label": row.label,
                "begins_with": row.prefix,
                "scopes": row.scopes,
                "created_at": row.created_at.isoformat(),
                "expires_at": row.expires_at.isoformat(),
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in rows
        ]
    }


def erase(user: User) -> None:
    """Keys belong to the buyer and work on; who made them and what they called them is forgotten."""
    from dataferry.server.delivery.models import AccessKey

    AccessKey.objects.filter(issued_by=user).update(issued_by=None, label="")


people.register_personal_data("delivery", exported, erase)
