"""What the two registers hold about a person: for the copy of their data and for the end of their account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from dataferry.server import people, uploads


def register() -> None:
    from dataferry.server.exchange.actions.listing_drafts import MOST_PAPER, PURPOSE

    people.register_personal_data("exchange-registers", exported, erase)
    uploads.register_purpose(PURPOSE, most_bytes=MOST_PAPER, permission="exchange.hand_in")


def exported(user: User) -> dict[str, Any]:
    """Objections that the person filed, and what they signed."""
    from dataferry.server.exchange.models import Objection, Undertaking

    return {
        "objections": [
            {
                "number": each.number,
                "registration": each.registration.number,
                "grounds": each.grounds,
                "statement": each.statement,
                "state": each.state,
                "filed_at": each.filed_at.isoformat(),
            }
            for each in Objection.objects.filter(filed_by=user).select_related("registration")
        ],
        "undertakings": [
            {"listing": each.listing.number, "digest": each.digest, "signed_at": each.signed_at.isoformat()}
            for each in Undertaking.objects.filter(signed_by=user).select_related("listing")
        ],
    }


def erase(user: User) -> None:
    """Take the words of the person's objections away. Signatures stay: others rely on them; they name a number."""
    from dataferry.server.exchange.models import Objection

    Objection.objects.filter(filed_by=user).update(statement="–")


register()
